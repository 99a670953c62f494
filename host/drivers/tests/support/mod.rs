//! A component that misbehaves, a BMC that counts, and calls between them.

mod bmc;
mod guest;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use switchyard_core::{ControllerId, Kind, Pace, PermitId, Primitive, Replay, Subject, Timestamp};
use switchyard_drivers::{Call, CallCache, Driver, Grants, Manifest, Runtime, RuntimeConfig};
use switchyard_transport::{
    Address, Authentication, Controller, Credentials, Endpoint, Guard, Lane, Login, LoginFuture, Permit,
    Secret, Timeouts, TlsPolicy, Transport, TransportConfig,
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub(crate) use bmc::Bmc;
pub(crate) use guest::{elder, hostile};

/// The manifest of the misbehaving driver.
pub(crate) const MANIFEST: &str =
    "id = \"hostile\"\nversion = \"1.2.3\"\nwit = \"0.1\"\nwants = [\"http\"]\nqueries = [\"/wsman\"]\n";

/// Credentials that are the same everywhere.
pub(crate) struct Root;

impl Credentials for Root {
    fn login<'a>(&'a self, _: &'a ControllerId, _: &'a str) -> LoginFuture<'a> {
        Box::pin(async { Ok(Arc::new(Login::new("root", Secret::new("secret".to_owned())))) })
    }
}

struct Always;

impl Guard for Always {
    fn may_send(&self, _: Duration) -> Result<(), String> {
        Ok(())
    }
}

/// A loaded driver in front of a BMC.
pub(crate) struct Bench {
    pub(crate) driver: Arc<Driver>,
    pub(crate) bmc: Bmc,
    pub(crate) cancel: CancellationToken,
    pub(crate) deadline: Duration,
    pub(crate) controller: Arc<Controller>,
    pub(crate) cache: Arc<CallCache>,
}

impl Bench {
    pub(crate) async fn new() -> Self {
        Self::with(MANIFEST, RuntimeConfig::default()).await
    }

    pub(crate) async fn with(manifest: &str, config: RuntimeConfig) -> Self {
        let runtime = Runtime::new(config).unwrap();
        let manifest = Manifest::parse(manifest).unwrap();
        let driver = runtime
            .load_off_thread(hostile(), manifest, Grants::all())
            .await
            .unwrap();
        let bmc = Bmc::start().await;
        let transport = Transport::new(TransportConfig::default(), Arc::new(Root));
        let controller = transport.controller(endpoint(&bmc.url()));
        Self {
            driver,
            bmc,
            cancel: CancellationToken::new(),
            deadline: Duration::from_secs(20),
            controller,
            cache: CallCache::new(),
        }
    }

    pub(crate) fn call(&self) -> Call {
        Call {
            controller: Arc::clone(&self.controller),
            lane: Lane::Action,
            deadline: self.deadline,
            cancel: self.cancel.clone(),
            settings: Arc::new(BTreeMap::from([("word".to_owned(), "said".to_owned())])),
            cache: Arc::clone(&self.cache),
        }
    }

    pub(crate) async fn observe(
        &self,
        id: &str,
    ) -> Result<switchyard_core::Observation, switchyard_core::Failure> {
        self.driver
            .observe(self.call(), &subject(id), Timestamp::from_millis(7))
            .await
    }

    /// Returns when an instance for an action is alive.
    pub(crate) async fn is_running(&self) {
        let running = async {
            while self.driver.runtime().live().actions == 0 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), running)
            .await
            .unwrap();
    }

    /// What the driver was told, as it repeats it.
    pub(crate) async fn told(&self, id: &str) -> String {
        self.observe(id).await.unwrap().raw
    }

    pub(crate) async fn act(
        &self,
        id: &str,
    ) -> (
        Result<switchyard_drivers::Submitted, switchyard_core::Failure>,
        Arc<Permit>,
    ) {
        let permit = Permit::new(PermitId(Uuid::from_u128(1)), Replay::Never, Arc::new(Always));
        let result = self
            .driver
            .act(
                self.call(),
                &subject(id),
                Primitive::ForceRestart,
                Arc::clone(&permit),
            )
            .await;
        (result, permit)
    }
}

pub(crate) fn subject(id: &str) -> Subject {
    Subject {
        kind: Kind::Node,
        id: id.to_owned(),
    }
}

pub(crate) fn endpoint(url: &str) -> Endpoint {
    Endpoint {
        id: ControllerId::parse("bmc-1").unwrap(),
        address: url.parse::<Address>().unwrap(),
        tls: TlsPolicy::Unverified,
        credential: "default".to_owned(),
        authentication: Authentication::Basic,
        pace: Pace::default(),
        timeouts: Timeouts::default(),
        ipmi: switchyard_transport::ipmi::Settings::default(),
    }
}
