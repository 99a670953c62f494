//! Secrets appear in no debug output, no error and no log.

use std::io;
use std::sync::{Arc, Mutex};

use switchyard_core::Replay;
use switchyard_transport::{Request, Scheme};
use tracing_subscriber::fmt::MakeWriter;

use crate::fixture::{BASIC, PASSWORD, endpoint, get, permit, reset, scope, transport};
use crate::server::{Act, Server, reply};

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
async fn a_controller_that_repeats_the_login_does_not_tell_it_to_drivers() {
    let server = Server::start(|_| reply(200, &format!("{{\"error\":\"you sent {BASIC}\"}}"))).await;
    let transport = transport();
    let controller = transport.controller(endpoint(Scheme::Http, server.address));
    let read = controller.read(get("/redfish/v1/"), &scope()).await.unwrap();
    let permit = permit(Replay::Never);
    let changed = controller.change(reset(), permit, &scope()).await.unwrap();
    for answer in [read, changed] {
        let body = String::from_utf8(answer.body.to_vec()).unwrap();
        assert!(body.starts_with("{\"error\":\"you sent Basic ****"), "{body}");
        assert!(!body.contains(BASIC.trim_start_matches("Basic ")), "{body}");
    }
}

#[tokio::test]
async fn logs_and_debug_output_hold_no_secret_no_body_and_no_query() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .with_ansi(false)
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    let server = Server::start(|seen| match seen.line.as_str() {
        "GET /cut" => Act::SendAndClose(Vec::new()),
        _ => reply(200, "answer-body"),
    })
    .await;
    let transport = transport();
    let controller = transport.controller(endpoint(Scheme::Http, server.address));
    let response = controller
        .read(get("/redfish/v1/?token=query-secret"), &scope())
        .await
        .unwrap();
    let fault = controller.read(get("/cut"), &scope()).await.unwrap_err();
    let request = Request {
        headers: vec![("X-Key".into(), "header-secret".into())],
        ..reset()
    };
    let permit = permit(Replay::Never);
    controller
        .change(request.clone(), Arc::clone(&permit), &scope())
        .await
        .unwrap();

    let shown = format!("{controller:?} {transport:?} {response:?} {request:?} {permit:?} {fault:?} {fault}");
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(
        log.contains("BMC request") && log.contains("x1000c0s0b0") && log.contains("status=200"),
        "{log}"
    );
    for secret in [
        PASSWORD,
        BASIC.trim_start_matches("Basic "),
        "query-secret",
        "header-secret",
        "answer-body",
    ] {
        assert!(!log.contains(secret), "{secret} in {log}");
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
    assert!(!log.contains("ResetType"), "{log}");
}
