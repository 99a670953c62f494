//! What is configured, with the keys that it names.

use rustls::{ClientConfig, RootCertStore};
use std::sync::Arc;

use super::key::{KeyError, Signer};
use super::pattern::EventPattern;
use super::reach::Reach;
use super::retry::Retry;
use super::url::ReceiverUrl;
use crate::config::{self, Config};

/// Why webhooks cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The key of a webhook cannot be used.
    #[error("the webhook {name:?} cannot be signed for")]
    Webhook {
        /// Its name.
        name: String,
        /// Why.
        #[source]
        source: KeyError,
    },
    /// The key of callbacks cannot be used.
    #[error("callbacks cannot be signed for")]
    Callbacks(#[source] KeyError),
}

/// Receivers and how they are told.
#[derive(Debug, Default)]
pub struct Settings {
    pub(super) hooks: Vec<HookSettings>,
    pub(super) callbacks: Option<CallbackSettings>,
    pub(super) retry: Retry,
}

/// A configured webhook.
#[derive(Debug)]
pub(super) struct HookSettings {
    pub(super) name: String,
    pub(super) url: ReceiverUrl,
    pub(super) events: Vec<EventPattern>,
    pub(super) signer: Signer,
    pub(super) reach: Reach,
}

/// How the callbacks of requests are told.
#[derive(Debug)]
pub(super) struct CallbackSettings {
    pub(super) signer: Signer,
    pub(super) reach: Reach,
}

impl Settings {
    /// Reads the keys that the configuration names. Blocks.
    pub fn read(config: &Config) -> Result<Self, SettingsError> {
        let hooks = config.webhooks.iter().map(HookSettings::read);
        let callbacks = &config.callbacks;
        let signer = callbacks
            .key
            .as_ref()
            .map(|key| Signer::read(key, callbacks.former_key.as_ref()))
            .transpose()
            .map_err(SettingsError::Callbacks)?;
        let reach = Reach {
            private: false,
            networks: callbacks.allow.clone(),
        };
        Ok(Self {
            hooks: hooks.collect::<Result<_, _>>()?,
            callbacks: signer.map(|signer| CallbackSettings { signer, reach }),
            retry: Retry::default(),
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.hooks.is_empty() && self.callbacks.is_none()
    }
}

impl HookSettings {
    fn read(config: &config::Webhook) -> Result<Self, SettingsError> {
        let signer = Signer::read(&config.key, config.former_key.as_ref());
        Ok(Self {
            name: config.name.clone(),
            url: config.url.clone(),
            events: config.events.clone(),
            signer: signer.map_err(|source| SettingsError::Webhook {
                name: config.name.clone(),
                source,
            })?,
            reach: Reach {
                private: config.allow_private,
                networks: Vec::new(),
            },
        })
    }
}

/// TLS that trusts the authorities of the system. Without any, only `http://` is of use. Blocks.
pub(super) fn tls() -> Result<ClientConfig, rustls::Error> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        tracing::warn!(
            "the operating system offers no certificate authorities: webhooks over https:// will fail; install its CA bundle"
        );
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth())
}
