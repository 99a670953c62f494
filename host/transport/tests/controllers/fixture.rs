//! Controllers, permits and scopes as the tests need them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use switchyard_core::{ControllerId, Pace, PermitId, Replay};
use switchyard_transport::{
    Authentication, Controller, Credentials, Endpoint, Guard, Lane, Login, LoginError, LoginFuture, Method,
    Permit, Request, Scheme, Scope, Secret, Timeouts, TlsPolicy, Transport, TransportConfig,
};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub(crate) const PASSWORD: &str = "correct-horse-battery";
/// `root` with [`PASSWORD`] in the form of RFC 7617.
pub(crate) const BASIC: &str = "Basic cm9vdDpjb3JyZWN0LWhvcnNlLWJhdHRlcnk=";

pub(crate) struct Logins;

impl Credentials for Logins {
    fn login<'a>(&'a self, _: &'a ControllerId, credential: &'a str) -> LoginFuture<'a> {
        Box::pin(async move {
            match credential {
                "bmc" => Ok(Arc::new(Login::new("root", Secret::new(PASSWORD.into())))),
                "hang" => std::future::pending().await,
                other => Err(LoginError::Unknown(other.into())),
            }
        })
    }
}

pub(crate) struct Leased(pub(crate) bool);

impl Guard for Leased {
    fn may_send(&self, needed: Duration) -> Result<(), String> {
        assert_eq!(needed, switchyard_transport::CHANGE_WRITE);
        if self.0 {
            Ok(())
        } else {
            Err("another replica holds the lease".into())
        }
    }
}

pub(crate) fn transport() -> Arc<Transport> {
    Transport::new(TransportConfig::default(), Arc::new(Logins))
}

pub(crate) fn endpoint(scheme: Scheme, address: SocketAddr) -> Endpoint {
    Endpoint {
        id: ControllerId::parse("x1000c0s0b0").unwrap(),
        address: format!("{}://{address}", scheme.as_str()).parse().unwrap(),
        tls: TlsPolicy::System,
        credential: "bmc".into(),
        authentication: Authentication::Basic,
        pace: Pace::default(),
        timeouts: Timeouts {
            connect: Duration::from_secs(5),
            read: Duration::from_secs(5),
            change: Duration::from_secs(10),
        },
        ipmi: switchyard_transport::ipmi::Settings::default(),
    }
}

pub(crate) fn controller(address: SocketAddr) -> Arc<Controller> {
    transport().controller(endpoint(Scheme::Http, address))
}

pub(crate) fn permit(replay: Replay) -> Arc<Permit> {
    Permit::new(PermitId(Uuid::from_u128(1)), replay, Arc::new(Leased(true)))
}

pub(crate) fn scope() -> Scope {
    Scope::new(
        Lane::Action,
        Instant::now() + Duration::from_secs(20),
        CancellationToken::new(),
    )
}

pub(crate) fn get(path: &str) -> Request {
    Request::new(Method::Get, path)
}

pub(crate) fn reset() -> Request {
    Request {
        body: r#"{"ResetType":"On"}"#.into(),
        ..Request::new(Method::Post, "/redfish/v1/Systems/1/Actions/ComputerSystem.Reset")
    }
}

/// An address where nothing listens.
pub(crate) async fn nobody() -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap()
}
