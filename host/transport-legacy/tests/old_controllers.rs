//! Against OpenSSL's own server, told to offer what rustls does not take.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends at the first thing that goes wrong"
)]

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use switchyard_core::{ControllerId, Pace};
use switchyard_transport::{
    Authentication, Credentials, Endpoint, Fault, FaultDelivery, Fingerprint, Lane, LegacyTls, LegacyTrust,
    Login, LoginFuture, Method, Reason, Request, Scope, Secret, Timeouts, TlsPolicy, Transport,
    TransportConfig,
};
use switchyard_transport_legacy::OpenSsl;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// The program that plays the controller; the package `openssl` has it.
const PROGRAM: &str = "openssl";

/// A controller with an RSA certificate.
struct Old {
    server: Child,
    address: SocketAddr,
    pin: [u8; 32],
}

impl Drop for Old {
    fn drop(&mut self) {
        self.server.kill().ok();
        self.server.wait().ok();
    }
}

fn openssl(folder: &Path, args: &[&str]) -> String {
    let output = Command::new(PROGRAM)
        .args(args)
        .current_dir(folder)
        .output()
        .expect("the program openssl: install the package openssl");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

impl Old {
    fn start(offer: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let make = "req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=amt";
        openssl(folder.path(), &make.split(' ').collect::<Vec<_>>());
        let print = "x509 -in cert.pem -noout -fingerprint -sha256";
        let printed = openssl(folder.path(), &print.split(' ').collect::<Vec<_>>());
        let Fingerprint(pin) = printed.trim().split_once('=').unwrap().1.parse().unwrap();
        let mut server = Command::new(PROGRAM)
            .args([
                "s_server",
                "-accept",
                "127.0.0.1:0",
                "-www",
                "-cert",
                "cert.pem",
                "-key",
                "key.pem",
            ])
            .args(offer)
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program openssl: install the package openssl");
        let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
        let address = lines
            .find_map(|line| line.unwrap().strip_prefix("ACCEPT ")?.parse().ok())
            .expect("the server says where it listens");
        Self { server, address, pin }
    }

    async fn read(&self, tls: TlsPolicy, with: Option<Arc<dyn LegacyTls>>) -> Result<u16, Fault> {
        let config = TransportConfig {
            legacy_tls: with,
            ..TransportConfig::default()
        };
        let controller = Transport::new(config, Arc::new(Logins)).controller(Endpoint {
            id: ControllerId::parse("amt1").unwrap(),
            address: format!("https://{}", self.address).parse().unwrap(),
            tls,
            credential: "default".into(),
            authentication: Authentication::Basic,
            ipmi: switchyard_transport::ipmi::Settings::default(),
            pace: Pace::default(),
            timeouts: Timeouts::default(),
        });
        let deadline = Instant::now() + Duration::from_secs(20);
        let scope = Scope::new(Lane::Action, deadline, CancellationToken::new());
        let answer = controller.read(Request::new(Method::Get, "/"), &scope).await?;
        Ok(answer.status)
    }
}

struct Logins;

impl Credentials for Logins {
    fn login<'a>(&'a self, _: &'a ControllerId, _: &'a str) -> LoginFuture<'a> {
        Box::pin(async { Ok(Arc::new(Login::new("admin", Secret::new("secret".into())))) })
    }
}

fn legacy() -> Arc<dyn LegacyTls> {
    Arc::new(OpenSsl::new().unwrap())
}

fn pinned(sha256: [u8; 32]) -> TlsPolicy {
    TlsPolicy::Legacy(LegacyTrust::Pin { sha256 })
}

#[tokio::test]
async fn what_rustls_does_not_take_is_reached_where_the_inventory_says_so() {
    for offer in [
        &["-tls1_2", "-cipher", "AES128-GCM-SHA256"][..],
        &["-tls1_2", "-cipher", "AES256-SHA"],
        &["-tls1_1", "-cipher", "AES128-SHA:@SECLEVEL=0"],
        &["-tls1", "-cipher", "AES128-SHA:@SECLEVEL=0"],
    ] {
        let old = Old::start(offer);
        let fault = old
            .read(TlsPolicy::Pin { sha256: old.pin }, Some(legacy()))
            .await
            .unwrap_err();
        assert_eq!(
            (fault.delivery, &fault.reason),
            (FaultDelivery::NotSent, &Reason::Tls),
            "{offer:?}"
        );
        assert!(
            fault.text.contains("tls = { legacy = true, pin = "),
            "{offer:?}: {}",
            fault.text
        );
        assert_eq!(
            old.read(pinned(old.pin), Some(legacy())).await,
            Ok(200),
            "{offer:?}"
        );
        let any = TlsPolicy::Legacy(LegacyTrust::Unverified);
        assert_eq!(old.read(any, Some(legacy())).await, Ok(200), "{offer:?}");
    }
}

#[tokio::test]
async fn a_wrong_pin_is_refused_before_anything_is_sent() {
    let old = Old::start(&["-tls1_2", "-cipher", "AES128-GCM-SHA256"]);
    let fault = old.read(pinned([7; 32]), Some(legacy())).await.unwrap_err();
    assert_eq!(
        (fault.delivery, fault.reason),
        (FaultDelivery::NotSent, Reason::Tls)
    );
    assert!(
        fault.text.contains(&Fingerprint(old.pin).to_string()),
        "{}",
        fault.text
    );
    assert!(fault.text.contains("pin this fingerprint"), "{}", fault.text);
}

#[tokio::test]
async fn a_controller_with_nothing_in_common_is_named_so() {
    let old = Old::start(&["-tls1_2", "-cipher", "CAMELLIA128-SHA"]);
    let fault = old.read(pinned(old.pin), Some(legacy())).await.unwrap_err();
    assert_eq!(fault.reason, Reason::Tls);
    assert!(fault.text.contains("nothing from TLS 1.0"), "{}", fault.text);
}

#[tokio::test]
async fn a_build_without_openssl_says_what_is_missing() {
    let old = Old::start(&["-tls1_2", "-cipher", "AES128-GCM-SHA256"]);
    let fault = old.read(pinned(old.pin), None).await.unwrap_err();
    assert_eq!(
        (fault.delivery, fault.reason),
        (FaultDelivery::NotSent, Reason::Tls)
    );
    assert!(fault.text.contains("legacy-tls"), "{}", fault.text);
}
