//! What the operator says of drivers: whom to trust, and what each may use.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::digest::ComponentDigest;
use crate::grants::Grants;
use crate::signature::PublicKey;

/// What the operator says of drivers. The default trusts nobody and grants nothing.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// The keys whose signature on a driver counts.
    pub trusted_keys: Vec<PublicKey>,
    /// Whether a driver without a signature is taken too, as in a laboratory. A signature that is there must be right all the same.
    pub allow_unsigned: bool,
    /// What drivers may use for which nothing else is said.
    pub grants: Grants,
    /// What is said of single drivers, by id.
    pub drivers: BTreeMap<String, DriverPolicy>,
}

/// What the operator says of one driver.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DriverPolicy {
    /// What it may use, in place of [`Policy::grants`].
    pub grants: Option<Grants>,
    /// The one component that is taken.
    pub sha256: Option<ComponentDigest>,
    /// Settings that its calls see.
    pub settings: Arc<BTreeMap<String, String>>,
}

impl Policy {
    /// For development and tests: every driver is taken, and may use everything that this host lends.
    pub fn permissive() -> Self {
        Self {
            allow_unsigned: true,
            grants: Grants::all(),
            ..Self::default()
        }
    }

    /// What a driver may use, as far as the operator is concerned.
    pub fn grants_of(&self, id: &str) -> &Grants {
        self.drivers
            .get(id)
            .and_then(|driver| driver.grants.as_ref())
            .unwrap_or(&self.grants)
    }

    /// The one component that is taken for a driver.
    pub fn pin_of(&self, id: &str) -> Option<ComponentDigest> {
        self.drivers.get(id)?.sha256
    }

    /// The settings of a driver.
    pub fn settings_of(&self, id: &str) -> Arc<BTreeMap<String, String>> {
        self.drivers
            .get(id)
            .map(|driver| Arc::clone(&driver.settings))
            .unwrap_or_default()
    }
}
