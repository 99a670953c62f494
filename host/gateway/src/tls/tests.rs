//! Handshakes over real sockets.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use axum::serve::ListenerExt as _;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{Certificate, TlsListener};
use crate::config::Tls;

const PATIENCE: Duration = Duration::from_secs(30);

struct Site {
    folder: tempfile::TempDir,
    address: std::net::SocketAddr,
    stop: CancellationToken,
}

/// Writes a certificate, and gives it as a client knows it.
fn renew(folder: &std::path::Path) -> CertificateDer<'static> {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(folder.join("tls.crt"), cert.pem()).unwrap();
    std::fs::write(folder.join("tls.key"), signing_key.serialize_pem()).unwrap();
    cert.der().clone()
}

async fn start() -> (Site, CertificateDer<'static>) {
    let folder = tempfile::tempdir().unwrap();
    let known = renew(folder.path());
    let files = Tls {
        cert_file: folder.path().join("tls.crt"),
        key_file: folder.path().join("tls.key"),
    };
    let certificate = Certificate::read(files).unwrap();
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
    tasks.spawn(certificate.clone().keep(stop.clone()).unwrap());
    let listener = TlsListener::start(socket, certificate, &tasks, stop.clone()).unwrap();
    let router = Router::new().route("/", get(|| async { "hello" }));
    tokio::spawn(async move { axum::serve(listener.tap_io(|_| {}), router).await });
    (
        Site {
            folder,
            address,
            stop,
        },
        known,
    )
}

async fn connect(site: &Site, known: &CertificateDer<'static>) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(known.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(site.address).await?;
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

/// Asks once over a connection that is kept.
async fn ask(stream: &mut TlsStream<TcpStream>) -> String {
    stream
        .write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .await
        .unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"hello") {
        let mut some = [0; 512];
        let read = tokio::time::timeout(PATIENCE, stream.read(&mut some))
            .await
            .unwrap()
            .unwrap();
        assert!(read > 0, "the connection was closed");
        answer.extend_from_slice(&some[..read]);
    }
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn a_new_certificate_is_taken_up_and_open_connections_go_on() {
    let (site, first) = start().await;
    let mut open = connect(&site, &first).await.unwrap();
    assert!(ask(&mut open).await.starts_with("HTTP/1.1 200"));
    std::fs::write(site.folder.path().join("tls.crt"), "no certificate").unwrap();
    let deadline = tokio::time::Instant::now() + PATIENCE;
    assert!(
        connect(&site, &first).await.is_ok(),
        "one that cannot be used changes nothing"
    );
    let second = renew(site.folder.path());
    while connect(&site, &second).await.is_err() {
        assert!(
            tokio::time::Instant::now() < deadline,
            "the new certificate was not taken up"
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert!(connect(&site, &first).await.is_err());
    assert!(
        ask(&mut open).await.starts_with("HTTP/1.1 200"),
        "the old connection serves on"
    );
    site.stop.cancel();
}

#[tokio::test]
async fn who_never_shakes_hands_holds_up_nobody() {
    let (site, known) = start().await;
    let mut silent = Vec::new();
    for _ in 0..20 {
        silent.push(TcpStream::connect(site.address).await.unwrap());
    }
    let mut plain = TcpStream::connect(site.address).await.unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    let read = tokio::time::timeout(PATIENCE, plain.read_to_end(&mut answer))
        .await
        .unwrap();
    assert!(
        read.is_err() || !answer.starts_with(b"HTTP"),
        "HTTP without TLS is not answered"
    );
    let mut open = connect(&site, &known).await.unwrap();
    assert!(ask(&mut open).await.starts_with("HTTP/1.1 200"));
    // After the deadline of a handshake those who said nothing are let go.
    let one = silent.last_mut().unwrap();
    let closed = tokio::time::timeout(PATIENCE, one.read(&mut [0; 1]))
        .await
        .unwrap();
    assert!(matches!(closed, Ok(0) | Err(_)));
    site.stop.cancel();
}

#[test]
fn files_that_hold_something_else_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    renew(folder.path());
    let file = |name: &str| folder.path().join(name);
    let read = |cert: &str, key: &str| {
        let files = Tls {
            cert_file: file(cert),
            key_file: file(key),
        };
        Certificate::read(files).unwrap_err().to_string()
    };
    assert!(read("tls.key", "tls.key").contains("no certificate"));
    assert!(read("tls.crt", "tls.crt").contains("no private key"));
    assert!(read("none", "tls.key").contains("cannot be read"));
    let other = tempfile::tempdir().unwrap();
    renew(other.path());
    std::fs::copy(other.path().join("tls.key"), file("other.key")).unwrap();
    assert!(read("tls.crt", "other.key").contains("cannot be used"));
}

#[tokio::test]
async fn a_command_beside_the_service_takes_its_certificate_and_no_other() {
    let (site, known) = start().await;
    let other = renew(tempfile::tempdir().unwrap().path());
    let ask = |certificate| {
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(super::presented::exactly(certificate).unwrap())
            .no_proxy()
            .timeout(PATIENCE)
            .build()
            .unwrap();
        client.get(format!("https://{}/", site.address)).send()
    };
    let answer = ask(known).await.unwrap();
    assert_eq!(answer.text().await.unwrap(), "hello");
    assert!(ask(other).await.is_err());
    site.stop.cancel();
}
