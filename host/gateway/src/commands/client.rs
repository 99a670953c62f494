//! How the commands ask the running service.

use std::sync::Arc;
use std::time::Duration;

use switchyard_gateway::config::Config;

use super::Failed;

/// The URL of the running service: the one that was given, or the address that the configuration names.
pub(super) fn server(config: &Config, given: Option<&str>) -> String {
    match given {
        Some(server) => server.trim_end_matches('/').to_owned(),
        None => format!("http://{}", config.listen.address),
    }
}

/// A client that waits so long for an answer.
pub(super) fn new(within: Duration) -> Result<reqwest::Client, Failed> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(within)
        .build()?)
}
