//! TLS: by authority, by pin, and what is counted.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use bmc_sim::{Sim, SimConfig, Tls};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, IpAddr, ServerName};
use rustls::{ClientConfig, RootCertStore};
use sha2::{Digest as _, Sha256};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::client::{Connection, Failure};

async fn connect(pem: &str, address: SocketAddr) -> Result<TlsStream<TcpStream>, Failure> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(pem.as_bytes())?)?;
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(address).await?;
    let name = ServerName::IpAddress(IpAddr::from(address.ip()));
    Ok(TlsConnector::from(Arc::new(config)).connect(name, stream).await?)
}

fn fingerprint(stream: &TlsStream<TcpStream>) -> String {
    let certificate = &stream.get_ref().1.peer_certificates().unwrap()[0];
    let mut digits = String::new();
    for byte in Sha256::digest(certificate) {
        write!(digits, "{byte:02x}").unwrap();
    }
    digits
}

#[tokio::test]
async fn each_bmc_has_a_certificate_for_its_address() {
    let sim = Sim::start(SimConfig::default().count(3).tls(Tls::PerBmc))
        .await
        .unwrap();
    let pem = sim.ca_pem().unwrap();
    let mut seen = Vec::new();
    for bmc in 0..sim.count() {
        assert!(sim.base_url(bmc).starts_with("https://127.16.0."));
        let stream = connect(pem, sim.address(bmc)).await.unwrap();
        assert_eq!(Some(fingerprint(&stream)), sim.fingerprint(bmc).unwrap());
        seen.push(fingerprint(&stream));
        let mut connection = Connection::over(stream).await.unwrap();
        assert_eq!(
            connection.get(&sim.system_path(bmc, 0)).await.unwrap().json()["PowerState"],
            "On"
        );
        assert_eq!((sim.counts(bmc).tls_handshakes, sim.counts(bmc).gets), (1, 1));
    }
    seen.dedup();
    assert_eq!(seen.len(), 3);
}

#[tokio::test]
async fn a_shared_certificate_names_the_first_addresses() {
    let sim = Sim::start(SimConfig::default().count(20).tls(Tls::Shared))
        .await
        .unwrap();
    let pem = sim.ca_pem().unwrap();
    let first = connect(pem, sim.address(0)).await.unwrap();
    assert_eq!(Some(fingerprint(&first)), sim.fingerprint(19).unwrap());
    assert!(connect(pem, sim.address(15)).await.is_ok());
    assert!(connect(pem, sim.address(19)).await.is_err(), "not named");
}

#[tokio::test]
async fn a_stranger_to_the_authority_is_not_trusted() {
    let config = SimConfig::default().tls(Tls::PerBmc);
    let sim = Sim::start(config.clone()).await.unwrap();
    let other = Sim::start(config).await.unwrap();
    assert!(connect(other.ca_pem().unwrap(), sim.address(0)).await.is_err());
    assert_eq!(sim.counts(0).tls_handshakes, 0);
}

#[tokio::test]
async fn a_restarted_fleet_keeps_ports_and_certificates() {
    let config = SimConfig::default()
        .count(2)
        .first_address(Ipv4Addr::new(127, 18, 0, 1))
        .tls(Tls::PerBmc);
    let sim = Sim::start(config).await.unwrap();
    let before = (
        sim.address(1),
        sim.fingerprint(1).unwrap(),
        sim.ca_pem().map(str::to_owned),
    );
    let config = sim.stop().await;
    assert!(TcpStream::connect(before.0).await.is_err());
    let sim = Sim::start(config).await.unwrap();
    assert_eq!(
        (
            sim.address(1),
            sim.fingerprint(1).unwrap(),
            sim.ca_pem().map(str::to_owned)
        ),
        before
    );
    assert!(connect(sim.ca_pem().unwrap(), sim.address(1)).await.is_ok());
}
