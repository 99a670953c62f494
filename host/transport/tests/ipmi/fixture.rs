//! Simulated BMCs, controllers and messages as the tests need them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bmc_sim::{DEFAULT_PASSWORD, DEFAULT_USER, IpmiProfile, Profile, Sim, SimConfig};
use bytes::Bytes;
use switchyard_core::{ControllerId, Pace, PermitId, Replay};
use switchyard_transport::ipmi::{Message, Settings};
use switchyard_transport::{
    Authentication, Controller, Credentials, Endpoint, Guard, Lane, Login, LoginError, LoginFuture, Permit,
    Scope, Secret, Timeouts, TlsPolicy, Transport, TransportConfig,
};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// The first wait for an answer. Real BMCs get a second.
pub(crate) const RETRY: Duration = Duration::from_millis(250);

pub(crate) struct Logins;

impl Credentials for Logins {
    fn login<'a>(&'a self, _: &'a ControllerId, credential: &'a str) -> LoginFuture<'a> {
        let right = || Login::new(DEFAULT_USER, Secret::new(DEFAULT_PASSWORD.into()));
        let login = match credential {
            "bmc" => Ok(right()),
            "keyed" => Ok(right().with_bmc_key(Secret::new("0x6b6579206f6620746865206c6162".into()))),
            "wrong" => Ok(Login::new(DEFAULT_USER, Secret::new("wrong".into()))),
            "long" => Ok(Login::new(
                DEFAULT_USER,
                Secret::new("a password of 21 bytes".into()),
            )),
            "stranger" => Ok(Login::new("nobody", Secret::new("x".into()))),
            other => Err(LoginError::Unknown(other.into())),
        };
        Box::pin(async move { login.map(Arc::new) })
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

pub(crate) fn settings() -> Settings {
    Settings {
        session_gap: Duration::ZERO,
        retry: RETRY,
        ..Settings::default()
    }
}

pub(crate) fn endpoint(address: SocketAddr) -> Endpoint {
    Endpoint {
        id: ControllerId::parse("x3000c0s1b0").unwrap(),
        address: format!("ipmi://{address}").parse().unwrap(),
        tls: TlsPolicy::System,
        credential: "bmc".into(),
        authentication: Authentication::Basic,
        pace: Pace::default(),
        timeouts: Timeouts {
            connect: Duration::from_secs(5),
            read: Duration::from_secs(5),
            change: Duration::from_secs(1),
        },
        ipmi: settings(),
    }
}

pub(crate) fn transport() -> Arc<Transport> {
    Transport::new(TransportConfig::default(), Arc::new(Logins))
}

pub(crate) fn controller(sim: &Sim) -> Arc<Controller> {
    transport().controller(endpoint(sim.ipmi_address(0).unwrap()))
}

pub(crate) async fn start(config: SimConfig) -> Sim {
    Sim::start(config.ipmi(0)).await.unwrap()
}

pub(crate) async fn standard() -> Sim {
    start(SimConfig::default()).await
}

/// A simulator whose BMC behaves so.
pub(crate) async fn behaving(ipmi: IpmiProfile) -> Sim {
    let profile = Profile {
        ipmi,
        ..Profile::standard()
    };
    start(SimConfig::default().profile(profile)).await
}

pub(crate) fn message(netfn: u8, command: u8, data: &[u8]) -> Message {
    Message {
        netfn,
        lun: 0,
        command,
        data: Bytes::copy_from_slice(data),
        via: None,
    }
}

/// Get Chassis Status.
pub(crate) fn status() -> Message {
    message(0x00, 0x01, &[])
}

/// Chassis Control.
pub(crate) fn control(what: u8) -> Message {
    message(0x00, 0x02, &[what])
}

pub(crate) const OFF: u8 = 0;
pub(crate) const ON: u8 = 1;
pub(crate) const CYCLE: u8 = 2;
pub(crate) const RESET: u8 = 3;
pub(crate) const NMI: u8 = 4;
pub(crate) const SOFT: u8 = 5;

/// Whether the chassis is on.
pub(crate) async fn is_on(controller: &Controller) -> bool {
    let reply = controller.ipmi_read(status(), &scope()).await.unwrap();
    assert_eq!(reply.completion, 0);
    reply.data[0] & 1 == 1
}

pub(crate) fn permit() -> Arc<Permit> {
    Permit::new(
        PermitId(Uuid::from_u128(1)),
        Replay::Never,
        Arc::new(Leased(true)),
    )
}

pub(crate) fn scope() -> Scope {
    Scope::new(
        Lane::Action,
        Instant::now() + Duration::from_secs(20),
        CancellationToken::new(),
    )
}

pub(crate) async fn eventually(what: &str, condition: impl Fn() -> bool) {
    let wait = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    assert!(
        tokio::time::timeout(Duration::from_secs(10), wait).await.is_ok(),
        "never came true: {what}"
    );
}
