//! Where logins are looked for: one place after another, the first that has it wins.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use switchyard_core::ControllerId;
use switchyard_transport::{Credentials, Login, LoginError, LoginFuture};

use crate::dependencies::Handle;

/// A place where logins are kept.
#[async_trait]
pub trait Source: fmt::Debug + Send + Sync {
    /// The login of this name; nothing when it is sure that there is none. Fails when that cannot be found out now.
    async fn find(&self, name: &str) -> Result<Option<Arc<Login>>, LoginError>;

    /// A controller has refused the login of this name: what is cached of it is looked up anew before it is handed out again.
    fn refused(&self, name: &str);
}

/// Looks a login up under the id of the controller first, then under the name in the inventory; each in every source in turn.
///
/// A source that does not answer ends the lookup: what it may hold comes before what the next one does, and a login that is
/// not the right one locks accounts.
#[derive(Debug)]
pub struct Lookup {
    sources: Vec<Arc<dyn Source>>,
}

impl Lookup {
    /// A lookup in these sources, the strongest first.
    pub fn new(sources: Vec<Arc<dyn Source>>) -> Self {
        Self { sources }
    }

    async fn find(&self, name: &str) -> Result<Option<Arc<Login>>, LoginError> {
        for source in &self.sources {
            if let Some(login) = source.find(name).await? {
                return Ok(Some(login));
            }
        }
        Ok(None)
    }
}

impl Credentials for Lookup {
    fn login<'a>(&'a self, controller: &'a ControllerId, credential: &'a str) -> LoginFuture<'a> {
        Box::pin(async move {
            if let Some(login) = self.find(controller.as_str()).await? {
                return Ok(login);
            }
            self.find(credential)
                .await?
                .ok_or_else(|| LoginError::Unknown(credential.to_owned()))
        })
    }

    fn refused(&self, controller: &ControllerId, credential: &str) {
        for source in &self.sources {
            source.refused(controller.as_str());
            source.refused(credential);
        }
    }
}

/// What the sources of one service say of themselves, as one dependency.
#[derive(Debug, Clone)]
pub struct Standings {
    handle: Handle,
    troubles: Arc<Mutex<Vec<(&'static str, Trouble)>>>,
}

/// Why a source does not stand well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// Its cache serves meanwhile.
    Cached(String),
    /// It hands out nothing.
    Away(String),
}

impl Standings {
    /// Standings that are reported here.
    pub fn new(handle: Handle) -> Self {
        Self {
            handle,
            troubles: Arc::default(),
        }
    }

    /// The source of this name has answered.
    pub(super) fn ok(&self, source: &'static str) {
        self.note(source, None);
    }

    /// The source of this name has not.
    pub(super) fn trouble(&self, source: &'static str, trouble: Trouble) {
        self.note(source, Some(trouble));
    }

    fn note(&self, source: &'static str, trouble: Option<Trouble>) {
        let mut troubles = self.troubles.lock().unwrap_or_else(PoisonError::into_inner);
        troubles.retain(|(name, _)| *name != source);
        troubles.extend(trouble.map(|trouble| (source, trouble)));
        let away = troubles.iter().find_map(|(_, trouble)| match trouble {
            Trouble::Away(reason) => Some(reason),
            Trouble::Cached(_) => None,
        });
        let cached = troubles.iter().find_map(|(_, trouble)| match trouble {
            Trouble::Cached(reason) => Some(reason),
            Trouble::Away(_) => None,
        });
        match (away, cached) {
            (Some(reason), _) => self.handle.away(reason),
            (None, Some(reason)) => self.handle.degraded(reason),
            (None, None) => self.handle.ok(),
        }
    }
}
