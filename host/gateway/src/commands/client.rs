//! How the commands ask the running service.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use switchyard_gateway::config::Config;
use switchyard_gateway::tls::presented;

use super::Failed;

/// The URL of the running service: the one that was given, or the address that the configuration names.
pub(super) fn server(config: &Config, given: Option<&str>) -> String {
    if let Some(server) = given {
        return server.trim_end_matches('/').to_owned();
    }
    let scheme = if config.tls.is_some() { "https" } else { "http" };
    format!("{scheme}://{}", reachable(config.listen.address))
}

/// Where a service is reached on its own machine that listens at this address.
fn reachable(listening: SocketAddr) -> SocketAddr {
    let ip = match listening.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, listening.port())
}

/// A client that waits so long for an answer. A service that was not named is known by its own certificate, in which the address of
/// this machine need not be.
pub(super) fn new(config: &Config, given: Option<&str>, within: Duration) -> Result<reqwest::Client, Failed> {
    let tls = match &config.tls {
        Some(files) if given.is_none() => {
            presented::exactly(CertificateDer::from_pem_file(&files.cert_file)?)?
        }
        _ => by_authorities()?,
    };
    Ok(reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .timeout(within)
        .build()?)
}

fn by_authorities() -> Result<rustls::ClientConfig, rustls::Error> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Ok(rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_that_listens_everywhere_is_reached_on_its_own_machine() {
        for (listening, reached) in [
            ("0.0.0.0:28007", "127.0.0.1:28007"),
            ("[::]:28007", "[::1]:28007"),
            ("10.1.2.3:443", "10.1.2.3:443"),
        ] {
            assert_eq!(reachable(listening.parse().unwrap()).to_string(), reached);
        }
    }
}
