//! `switchyardd config check`: what the configuration names is read as the start reads it, and nobody is asked.

use std::error::Error as StdError;

use crate::access;
use crate::config::{Config, SourceName};
use crate::credentials::{self, CredentialFile, Opened};
use crate::dependencies::Dependencies;
use crate::inventory::{Inventory, PartFile, Source};
use crate::smd;
use crate::tls::Certificate;
use crate::webhooks;

/// What is wrong with something that the configuration names.
pub type Failed = Box<dyn StdError + Send + Sync>;

/// Reads the files that a configuration names. Gives one line of text for each kind of them. Blocks.
///
/// # Errors
/// When the service could not start with one of them.
pub fn files(config: &Config) -> Result<Vec<String>, Failed> {
    let mut lines = vec![inventory(config)?];
    if let (Some(connection), _) = smd::read_settings(&config.smd)? {
        lines.push(format!("SMD: {}, which was not asked", connection.url));
    }
    access::Settings::read(&config.access, config.tls.is_some())?;
    if let Some(files) = config.tls.clone() {
        lines.push(format!("certificate: {}", files.cert_file.display()));
        Certificate::read(files)?;
    }
    webhooks::Settings::read(config)?;
    lines.push(format!("webhooks: {}", config.webhooks.len()));
    Opened::new(&config.credentials, &Dependencies::default())?;
    for source in &config.credentials.sources {
        let said = match source {
            SourceName::File => credential_file(config)?,
            SourceName::Vault => "Vault, which was not asked".to_owned(),
            SourceName::Environment => {
                format!(
                    "{} logins of the environment",
                    config.credentials.environment.len()
                )
            }
        };
        lines.push(format!("credentials: {said}"));
    }
    Ok(lines)
}

fn inventory(config: &Config) -> Result<String, Failed> {
    let Some(part) = PartFile::of(config).read()? else {
        return Ok("inventory: no file; SMD says what there is".to_owned());
    };
    let inventory = Inventory::merged([(Source::File, &part)]).inventory;
    let (controllers, components) = (inventory.controllers().len(), inventory.components().len());
    Ok(format!(
        "inventory: {controllers} controllers, {components} components"
    ))
}

/// A service to which SMD shows the logins of its controllers needs no file.
fn credential_file(config: &Config) -> Result<String, Failed> {
    let file = CredentialFile::new(&config.credentials.file, config.credentials.key.clone());
    let of_smd = config.smd.url.is_some() && config.smd.credentials_from_smd;
    match file.list() {
        Ok(logins) => Ok(format!("{} logins", logins.len())),
        Err(credentials::Error::NoFile { .. } | credentials::Error::NoKey { .. })
            if of_smd && !file.path().exists() =>
        {
            Ok("no file; SMD shows logins".to_owned())
        }
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests;
