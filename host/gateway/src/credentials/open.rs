//! From the configuration to what hands logins out.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::sources::{Lookup, Source, Standings};
use super::vault::SetupError;
use super::{CredentialFile, FileCredentials, Vault};
use crate::config::{self, SourceName};
use crate::dependencies::{Dependencies, Dependency};

/// The sources of a configuration.
#[derive(Debug)]
pub struct Opened {
    /// What hands logins out.
    pub lookup: Arc<Lookup>,
    vault: Option<Arc<Vault>>,
}

impl Opened {
    /// Opens the sources of a configuration, which say in the registry how they stand. Nobody is asked anything yet. Blocks.
    pub fn new(config: &config::Credentials, dependencies: &Dependencies) -> Result<Self, SetupError> {
        let standings = Standings::new(dependencies.handle(Dependency::SecretStore));
        let vault = config.vault.clone().map(|vault| {
            let config::credentials::Vault {
                connection,
                authentication,
                keeping,
            } = vault;
            Vault::new(connection, authentication, keeping, standings.clone()).map(Arc::new)
        });
        let vault = vault.transpose()?;
        let mut sources: Vec<Arc<dyn Source>> = Vec::new();
        for name in &config.sources {
            match name {
                SourceName::File => {
                    let file = CredentialFile::new(&config.file, config.key.clone());
                    sources.push(Arc::new(FileCredentials::new(file).reporting(standings.clone())));
                }
                SourceName::Vault => sources.extend(vault.clone().map(|vault| vault as Arc<dyn Source>)),
                SourceName::Environment => {
                    standings.ok("environment");
                    sources.push(Arc::new(config.environment.clone()));
                }
            }
        }
        Ok(Self {
            lookup: Arc::new(Lookup::new(sources)),
            vault,
        })
    }

    /// Does what has to be done now and then, until cancelled. Run it as a task beside the service.
    pub fn upkeep(&self, stop: CancellationToken) -> impl Future<Output = ()> + Send + use<> {
        let vault = self.vault.clone();
        async move {
            if let Some(vault) = vault {
                vault.keep(stop).await;
            }
        }
    }
}
