//! HTTP digest against a server whose digests another implementation computes.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use digest_auth::{AuthContext, AuthorizationHeader, HttpMethod};
use switchyard_core::{Delivery, Executed, PermitId, Replay};
use switchyard_transport::{
    Authentication, Controller, Credentials, Endpoint, FaultDelivery, Login, LoginFuture, Method, Permit,
    Reason, Request, Scheme, Secret, Transport, TransportConfig,
};
use uuid::Uuid;

use crate::fixture::{Leased, PASSWORD, endpoint, get, permit, reset, scope, transport};
use crate::server::{Act, Seen, Server, answer, reply};

/// What the server demands.
#[derive(Debug, Clone, Copy)]
struct Demand {
    /// The parameters behind realm and nonce.
    params: &'static str,
    /// How many requests one nonce serves.
    uses: usize,
    /// What the challenge calls an old nonce.
    stale: &'static str,
}

const AMT: Demand = Demand {
    params: r#"qop="auth-int, auth""#,
    uses: usize::MAX,
    stale: "true",
};

/// A server that checks digests as RFC 7616 says and counts wrong logins.
#[derive(Debug)]
struct Keeper {
    demand: Demand,
    /// The number of the nonce, and how often it was used.
    nonce: Mutex<(usize, usize)>,
    wrong: AtomicUsize,
}

impl Keeper {
    fn new(demand: Demand) -> Arc<Self> {
        Arc::new(Self {
            demand,
            nonce: Mutex::new((1, 0)),
            wrong: AtomicUsize::new(0),
        })
    }

    fn challenge(&self, stale: &str) -> Act {
        let mut nonce = self.nonce.lock().unwrap();
        *nonce = (nonce.0 + 1, 0);
        let header = format!(
            "WWW-Authenticate: Digest realm=\"Digest:A40B\", nonce=\"n{}\", stale=\"{stale}\", {}\r\n",
            nonce.0, self.demand.params
        );
        Act::SendAndClose(answer(401, &header, "<html>log on</html>"))
    }

    fn answer(&self, seen: &Seen) -> Act {
        let Some(given) = seen.header("authorization") else {
            return self.challenge("false");
        };
        let given = AuthorizationHeader::parse(given).unwrap();
        let right = expected(seen, &given);
        let known = {
            let mut nonce = self.nonce.lock().unwrap();
            nonce.1 += 1;
            given.nonce == format!("n{}", nonce.0)
                && given.nc as usize == nonce.1
                && nonce.1 <= self.demand.uses
        };
        if given.response != right {
            self.wrong.fetch_add(1, Ordering::SeqCst);
            return self.challenge("false");
        }
        if known {
            reply(200, "yes")
        } else {
            self.challenge(self.demand.stale)
        }
    }
}

fn expected(seen: &Seen, given: &AuthorizationHeader) -> String {
    let (method, uri) = seen.line.split_once(' ').unwrap();
    let mut context = AuthContext::new_with_method(
        "root",
        PASSWORD,
        uri,
        Some(seen.body.as_bytes()),
        HttpMethod::from(method),
    );
    context.set_custom_cnonce(given.cnonce.clone().unwrap_or_default());
    let mut again = given.clone();
    again.digest(&context);
    again.response
}

async fn server(keeper: &Arc<Keeper>) -> Server {
    let keeper = Arc::clone(keeper);
    Server::start(move |seen| keeper.answer(seen)).await
}

fn digest(transport: &Arc<Transport>, server: &Server) -> Arc<Controller> {
    transport.controller(Endpoint {
        authentication: Authentication::Digest,
        ..endpoint(Scheme::Http, server.address)
    })
}

struct Wrong;

impl Credentials for Wrong {
    fn login<'a>(&'a self, _: &'a switchyard_core::ControllerId, _: &'a str) -> LoginFuture<'a> {
        Box::pin(async { Ok(Arc::new(Login::new("root", Secret::new("wrong".into())))) })
    }
}

#[tokio::test]
async fn every_algorithm_and_protection_agrees_with_another_implementation() {
    for params in [
        r#"qop="auth-int, auth""#,
        r#"qop="auth-int""#,
        r#"qop="auth", algorithm=MD5, opaque="o,p""#,
        r#"qop="auth", algorithm=MD5-sess"#,
        r#"qop="auth-int", algorithm=MD5-sess"#,
        r#"qop="auth", algorithm=SHA-256"#,
        r#"qop="auth", algorithm=SHA-256-sess"#,
        r#"qop="auth-int", algorithm=SHA-256-sess"#,
        r#"qop="auth", algorithm=SHA-512-256"#,
    ] {
        let keeper = Keeper::new(Demand { params, ..AMT });
        let server = server(&keeper).await;
        let controller = digest(&transport(), &server);
        for path in ["/a", "/b?c=d%20e"] {
            let response = controller.read(get(path), &scope()).await.unwrap();
            assert_eq!(response.status, 200, "{params} {path}");
        }
        let permit = permit(Replay::Never);
        let response = controller
            .change(reset(), Arc::clone(&permit), &scope())
            .await
            .unwrap();
        assert_eq!(response.status, 200, "{params}");
        assert_eq!(server.seen().len(), 4, "one challenge serves all: {params}");
        assert_eq!(keeper.wrong.load(Ordering::SeqCst), 0);
    }
}

#[tokio::test]
async fn a_change_that_is_challenged_is_sent_with_credentials_and_spends_its_permit_once() {
    let keeper = Keeper::new(AMT);
    let server = server(&keeper).await;
    let permit = permit(Replay::Never);
    let response = digest(&transport(), &server)
        .change(reset(), Arc::clone(&permit), &scope())
        .await
        .unwrap();
    assert_eq!(response.status, 200);
    assert_eq!(permit.delivery(), Delivery::of_http_status(200));
    assert!(permit.is_spent());
    let seen = server.seen();
    assert_eq!(seen.len(), 2);
    assert!(seen[0].header("authorization").is_none());
    assert_eq!(seen[0].body, seen[1].body);
    assert_ne!(seen[0].connection, seen[1].connection);
}

#[tokio::test]
async fn a_stale_nonce_costs_one_more_request_whatever_the_controller_calls_it() {
    for stale in ["true", "false"] {
        let keeper = Keeper::new(Demand {
            uses: 1,
            stale,
            ..AMT
        });
        let server = server(&keeper).await;
        let controller = digest(&transport(), &server);
        for round in 1..=3 {
            assert_eq!(controller.read(get("/"), &scope()).await.unwrap().status, 200);
            assert_eq!(server.seen().len(), 2 * round);
        }
        let permit = permit(Replay::Never);
        let changed = controller.change(reset(), Arc::clone(&permit), &scope()).await;
        assert_eq!(changed.unwrap().status, 200);
        assert_eq!(permit.delivery(), Delivery::of_http_status(200));
        assert_eq!(server.seen().len(), 8);
    }
}

#[tokio::test]
async fn a_wrong_password_is_shown_once_and_not_again_in_the_same_call() {
    let keeper = Keeper::new(AMT);
    let server = server(&keeper).await;
    let wrong = Transport::new(TransportConfig::default(), Arc::new(Wrong));
    let controller = digest(&wrong, &server);
    let call = scope();
    let response = controller.read(get("/"), &call).await.unwrap();
    assert_eq!(response.status, 401);
    for _ in 0..3 {
        let fault = controller.read(get("/"), &call).await.unwrap_err();
        assert_eq!(
            (fault.delivery, fault.reason),
            (FaultDelivery::NotSent, Reason::Auth)
        );
        assert!(
            fault.text.contains("lest the account be locked"),
            "{}",
            fault.text
        );
    }
    let permit = permit(Replay::Never);
    let fault = controller
        .change(reset(), Arc::clone(&permit), &call)
        .await
        .unwrap_err();
    assert_eq!(fault.reason, Reason::Auth);
    assert_eq!(permit.settled().await, Delivery::NotSent);
    assert_eq!(keeper.wrong.load(Ordering::SeqCst), 1);
    controller.read(get("/"), &scope()).await.unwrap();
    assert_eq!(
        keeper.wrong.load(Ordering::SeqCst),
        2,
        "another call may try again"
    );
}

#[tokio::test]
async fn the_password_never_goes_in_another_scheme() {
    for challenge in [
        "Basic realm=\"x\"",
        "Digest realm=\"x\", nonce=\"n\", algorithm=MD4",
    ] {
        let header = format!("WWW-Authenticate: {challenge}\r\n");
        let server = Server::start(move |_| Act::Send(answer(401, &header, ""))).await;
        let controller = digest(&transport(), &server);
        let fault = controller.read(get("/"), &scope()).await.unwrap_err();
        assert_eq!((fault.reason, fault.status), (Reason::Auth, Some(401)));
        assert!(fault.text.contains("auth = \"basic\""), "{}", fault.text);
        let permit = permit(Replay::Never);
        controller
            .change(reset(), Arc::clone(&permit), &scope())
            .await
            .unwrap_err();
        assert!(permit.delivery().proves_not_executed());
        assert!(!permit.is_spent());
        for seen in server.seen() {
            assert_eq!(seen.header("authorization"), None);
        }
    }
}

#[tokio::test]
async fn a_lost_lease_between_challenge_and_credentials_keeps_the_change_back() {
    let keeper = Keeper::new(AMT);
    let server = server(&keeper).await;
    let guard = Arc::new(Once(AtomicUsize::new(0)));
    let permit = Permit::new(PermitId(Uuid::from_u128(1)), Replay::Never, guard);
    let fault = digest(&transport(), &server)
        .change(reset(), Arc::clone(&permit), &scope())
        .await
        .unwrap_err();
    assert!(fault.text.contains("another replica"), "{}", fault.text);
    assert_eq!(permit.settled().await, Delivery::NotSent);
    assert_eq!(server.seen().len(), 1);
}

/// Consents to the first byte of one sending.
struct Once(AtomicUsize);

impl switchyard_transport::Guard for Once {
    fn may_send(&self, needed: std::time::Duration) -> Result<(), String> {
        Leased(self.0.fetch_add(1, Ordering::SeqCst) == 0).may_send(needed)
    }
}

#[tokio::test]
async fn a_query_is_sent_like_a_read_and_a_change_in_it_is_refused() {
    let envelope = |action: &str| {
        format!(
            "<e:Envelope xmlns:e=\"http://www.w3.org/2003/05/soap-envelope\"><e:Header><Action xmlns=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\">{action}</Action></e:Header><e:Body/></e:Envelope>"
        )
    };
    let query = |action: &str| Request {
        headers: vec![(
            "Content-Type".into(),
            "application/soap+xml; charset=UTF-8".into(),
        )],
        body: envelope(action).into(),
        ..Request::new(Method::Post, "/wsman")
    };
    let keeper = Keeper::new(Demand {
        params: r#"qop="auth-int""#,
        ..AMT
    });
    let server = server(&keeper).await;
    let controller = digest(&transport(), &server);
    let asked = query("http://schemas.xmlsoap.org/ws/2004/09/transfer/Get");
    assert_eq!(controller.query(asked, &scope()).await.unwrap().status, 200);
    let before = server.seen().len();
    for hidden in [
        "http://schemas.xmlsoap.org/ws/2004/09/transfer/Put",
        "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_PowerManagementService/RequestPowerStateChange",
    ] {
        let fault = controller.query(query(hidden), &scope()).await.unwrap_err();
        assert!(matches!(fault.reason, Reason::Refused(_)), "{fault:?}");
        assert!(fault.text.contains("POST /wsman was not sent"), "{}", fault.text);
    }
    let patch = Request {
        method: Method::Patch,
        ..query("http://schemas.xmlsoap.org/ws/2004/09/transfer/Get")
    };
    assert!(controller.query(patch, &scope()).await.is_err());
    assert_eq!(server.seen().len(), before);
}

/// A BMC that refuses in an answer of status 200 has refused.
#[tokio::test]
async fn a_return_value_says_whether_a_change_was_executed() {
    for (value, executed) in [
        (0, Executed::Accepted),
        (2, Executed::Unknown),
        (4097, Executed::No),
        (3, Executed::Unknown),
    ] {
        let server = Server::start(move |_| {
            reply(
                200,
                &format!("<e:Envelope xmlns:e=\"http://www.w3.org/2003/05/soap-envelope\"><e:Body><X_OUTPUT><ReturnValue>{value}</ReturnValue></X_OUTPUT></e:Body></e:Envelope>"),
            )
        })
        .await;
        let controller = transport().controller(endpoint(Scheme::Http, server.address));
        let permit = permit(Replay::Never);
        let request = Request {
            headers: vec![("Content-Type".into(), "application/soap+xml".into())],
            ..reset()
        };
        controller
            .change(request, Arc::clone(&permit), &scope())
            .await
            .unwrap();
        assert_eq!(
            permit.delivery(),
            Delivery::Answered {
                status: 200,
                executed
            }
        );
        assert!(permit.is_spent());
    }
}
