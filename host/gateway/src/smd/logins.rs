//! The logins that SMD shows in clear where it has no Vault, for laboratories.

use std::sync::Arc;

use arc_swap::ArcSwap;
use switchyard_core::ControllerId;
use switchyard_transport::{Credentials, LoginError, LoginFuture};

use super::snapshot::Logins;

/// Logins from elsewhere, and those of SMD where elsewhere knows none.
pub(super) struct LaboratoryLogins {
    pub(super) first: Arc<dyn Credentials>,
    pub(super) of_smd: Arc<ArcSwap<Logins>>,
}

impl Credentials for LaboratoryLogins {
    fn login<'a>(&'a self, controller: &'a ControllerId, credential: &'a str) -> LoginFuture<'a> {
        Box::pin(async move {
            match self.first.login(controller, credential).await {
                Err(LoginError::Unknown(name)) => {
                    let known = self.of_smd.load().get(controller).cloned();
                    known.ok_or(LoginError::Unknown(name))
                }
                found => found,
            }
        })
    }

    fn refused(&self, controller: &ControllerId, credential: &str) {
        self.first.refused(controller, credential);
    }
}
