//! An embedded driver in front of a simulated BMC.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bmc_sim::{DEFAULT_PASSWORD, DEFAULT_USER, Profile, SettingsProfile, Sim, SimConfig};
use switchyard_core::{ControllerId, Failure, Kind, Pace, PermitId, PowerLimit, Subject, WantedLimit, Watts};
use switchyard_drivers::{Call, CallCache, Driver, Policy, Registry, Runtime, RuntimeConfig, Submitted};
use switchyard_transport::{
    Address, Authentication, Controller, Credentials, Endpoint, Guard, Lane, Login, LoginFuture, Permit,
    Secret, Timeouts, TlsPolicy, Transport, TransportConfig,
};
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Every wait of a test ends by this time.
const PATIENCE: Duration = Duration::from_secs(30);

static DRIVERS: OnceCell<Registry> = OnceCell::const_new();

struct Root;

impl Credentials for Root {
    fn login<'a>(&'a self, _: &'a ControllerId, _: &'a str) -> LoginFuture<'a> {
        let login = Login::new(DEFAULT_USER, Secret::new(DEFAULT_PASSWORD.to_owned()));
        Box::pin(async move { Ok(Arc::new(login)) })
    }
}

struct Always;

impl Guard for Always {
    fn may_send(&self, _: Duration) -> Result<(), String> {
        Ok(())
    }
}

/// A driver and the BMC it is asked about.
pub(crate) struct Bench {
    pub(crate) sim: Sim,
    pub(crate) driver: Arc<Driver>,
    controller: Arc<Controller>,
    cache: Arc<CallCache>,
}

impl Bench {
    /// The driver of this id in front of a BMC that takes settings so.
    pub(crate) async fn new(driver: &str, settings: SettingsProfile) -> Self {
        let profile = Profile {
            settings,
            ..Profile::standard()
        };
        Self::with(driver, SimConfig::default().profile(profile)).await
    }

    pub(crate) async fn with(driver: &str, config: SimConfig) -> Self {
        let sim = Sim::start(config).await.unwrap();
        let address: Address = sim.base_url(0).parse().unwrap();
        let transport = Transport::new(TransportConfig::default(), Arc::new(Root));
        let controller = transport.controller(Endpoint {
            id: ControllerId::parse("simulated").unwrap(),
            address,
            authentication: Authentication::Basic,
            tls: TlsPolicy::Unverified,
            credential: "root".to_owned(),
            pace: Pace::default(),
            timeouts: Timeouts::default(),
            ipmi: switchyard_transport::ipmi::Settings::default(),
        });
        Self {
            sim,
            driver: drivers().await.get(driver).unwrap(),
            controller,
            cache: CallCache::new(),
        }
    }

    pub(crate) fn call(&self) -> Call {
        Call {
            controller: Arc::clone(&self.controller),
            lane: Lane::Action,
            deadline: PATIENCE,
            cancel: CancellationToken::new(),
            settings: Arc::new(BTreeMap::new()),
            cache: Arc::clone(&self.cache),
        }
    }

    /// The only node.
    pub(crate) fn node(&self) -> Subject {
        Subject {
            kind: Kind::Node,
            id: self.sim.system_path(0, 0),
        }
    }

    pub(crate) async fn limits(&self) -> Vec<PowerLimit> {
        self.driver.limits(self.call(), &self.node()).await.unwrap()
    }

    /// Sets the limit of this name; nothing lifts it.
    pub(crate) async fn set_limit(&self, name: &str, watts: Option<f64>) -> Result<Submitted, Failure> {
        let found = self.limits().await;
        let limit = found.iter().find(|limit| limit.name == name).unwrap();
        let wanted = WantedLimit {
            id: limit.id.clone(),
            watts: watts.map(|watts| Watts::new(watts).unwrap()),
        };
        self.driver
            .set_limits(self.call(), &self.node(), &[wanted], permit())
            .await
    }
}

/// A permit for settings.
pub(crate) fn permit() -> Arc<Permit> {
    Permit::configuration(PermitId(Uuid::from_u128(1)), Arc::new(Always))
}

/// A permit for one primitive.
pub(crate) fn action() -> Arc<Permit> {
    Permit::new(
        PermitId(Uuid::from_u128(2)),
        switchyard_core::Replay::Never,
        Arc::new(Always),
    )
}

async fn drivers() -> &'static Registry {
    DRIVERS
        .get_or_init(|| async {
            let compile = || {
                let runtime = Runtime::new(RuntimeConfig::default()).unwrap();
                let registry = Registry::new(runtime, Policy::permissive());
                let embedded = switchyard_builtin_drivers::drivers();
                registry
                    .load_builtin(embedded.iter().map(|d| (d.manifest, d.component)))
                    .unwrap();
                registry
            };
            tokio::task::spawn_blocking(compile).await.unwrap()
        })
        .await
}
