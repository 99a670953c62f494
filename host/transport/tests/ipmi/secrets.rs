//! Secrets appear in no debug output, no error and no log.

use std::io;
use std::sync::{Arc, Mutex};

use bmc_sim::{DEFAULT_PASSWORD, IpmiProfile};
use switchyard_transport::Endpoint;
use tracing_subscriber::fmt::MakeWriter;

use crate::fixture::{RESET, behaving, control, endpoint, message, permit, scope, status, transport};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn logs_and_debug_output_hold_no_secret_and_no_data() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .with_ansi(false)
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    let sim = behaving(IpmiProfile {
        kg: Some("key of the lab".into()),
        ..IpmiProfile::standard()
    })
    .await;
    let transport = transport();
    let keyed = transport.controller(Endpoint {
        credential: "keyed".into(),
        ..endpoint(sim.ipmi_address(0).unwrap())
    });
    let reply = keyed.ipmi_read(status(), &scope()).await.unwrap();
    let permit = permit();
    keyed
        .ipmi_change(control(RESET), Arc::clone(&permit), &scope())
        .await
        .unwrap();
    let wrong = transport.controller(Endpoint {
        credential: "wrong".into(),
        ..endpoint(sim.ipmi_address(0).unwrap())
    });
    let fault = wrong.connect(&scope()).await.unwrap_err();
    let secret = message(0x06, 0x47, b"hunter2");

    let shown = format!("{keyed:?} {transport:?} {reply:?} {permit:?} {fault:?} {fault} {secret:?}");
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(
        log.contains("BMC request") && log.contains("x3000c0s1b0") && log.contains("command=2"),
        "{log}"
    );
    for secret in [
        DEFAULT_PASSWORD,
        "key of the lab",
        "6b6579",
        "hunter2",
        "104, 117",
    ] {
        assert!(!log.contains(secret), "{secret} in {log}");
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}
