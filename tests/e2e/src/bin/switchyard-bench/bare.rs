//! A bare client: the same handshakes and the same requests, and nothing else.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bmc_sim::Sim;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper::{Request, header};
use hyper_util::rt::TokioIo;
use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;

/// BMCs that the bare client works on at once.
const IN_FLIGHT: usize = 1_024;
/// How long it waits for one BMC.
const PATIENCE: Duration = Duration::from_mins(1);

/// Sends one reset to every BMC, with a reading before and after. Gives how long it took.
pub(crate) async fn reset_all(sim: &Arc<Sim>, reset_type: &'static str, wanted: &'static str) -> Duration {
    let connector = connector(sim);
    let slots = Arc::new(Semaphore::new(IN_FLIGHT));
    let begun = Instant::now();
    let mut work = JoinSet::new();
    for bmc in 0..sim.count() {
        let (sim, connector, slots) = (Arc::clone(sim), connector.clone(), Arc::clone(&slots));
        work.spawn(async move {
            let _slot = slots.acquire_owned().await;
            let one = reset_one(&sim, connector, bmc, reset_type, wanted);
            match tokio::time::timeout(PATIENCE, one).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => panic!("the bare client failed at BMC {bmc}: {error}"),
                Err(tokio::time::error::Elapsed { .. }) => {
                    panic!("the bare client waited for BMC {bmc} for more than {PATIENCE:?}")
                }
            }
        });
    }
    while let Some(done) = work.join_next().await {
        done.unwrap_or_else(|error| panic!("the bare client failed: {error}"));
    }
    begun.elapsed()
}

type Failed = Box<dyn std::error::Error + Send + Sync>;

async fn reset_one(
    sim: &Sim,
    tls: TlsConnector,
    bmc: usize,
    reset_type: &str,
    wanted: &str,
) -> Result<(), Failed> {
    let address = sim.address(bmc);
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let stream = tls.connect(ServerName::from(address.ip()), stream).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    let login = &sim.config().login;
    let authorization = basic(&login.user, &login.password);
    let path = sim.system_path(bmc, 0);
    let request = |method: &str, path: &str, body: String| {
        Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, address.to_string())
            .header(header::AUTHORIZATION, &authorization)
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(body)))
    };
    let mut ask = async |request| -> Result<serde_json::Value, Failed> {
        let response = sender.send_request(request).await?;
        let body = response.into_body().collect().await?.to_bytes();
        Ok(serde_json::from_slice(&body).unwrap_or_default())
    };
    ask(request("GET", &path, String::new())?).await?;
    let action = format!("{path}/Actions/ComputerSystem.Reset");
    ask(request(
        "POST",
        &action,
        format!("{{\"ResetType\":\"{reset_type}\"}}"),
    )?)
    .await?;
    let reading = ask(request("GET", &path, String::new())?).await?;
    connection.abort();
    if reading["PowerState"] == wanted {
        Ok(())
    } else {
        Err(format!("the node is {}", reading["PowerState"]).into())
    }
}

fn connector(sim: &Sim) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    let pem = sim.ca_pem().unwrap_or_default();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()).flatten() {
        roots
            .add(certificate)
            .unwrap_or_else(|error| panic!("the simulator's authority cannot be used: {error}"));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap_or_else(|error| panic!("no TLS: {error}"))
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

/// The value of a basic `Authorization` header (RFC 7617).
fn basic(user: &str, password: &str) -> String {
    use base64::Engine as _;
    format!(
        "Basic {}",
        base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"))
    )
}
