//! One simulated BMC, and calls to it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bmc_sim::{Delays, Sim, SimConfig};
use switchyard_core::{ControllerId, Pace, PermitId, Replay};
use switchyard_drivers::{Call, CallCache, LoadError};
use switchyard_transport::{
    Address, Authentication, Controller, Credentials, Endpoint, Guard, Lane, Login, LoginFuture, Permit,
    Secret, Timeouts, TlsPolicy, Transport, TransportConfig,
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How long one call may take.
const DEADLINE: Duration = Duration::from_secs(20);
/// The time-outs of a controller in the suite: short, since everything is near.
const TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_secs(5),
    read: Duration::from_secs(5),
    change: Duration::from_secs(5),
};

/// Why the suite could not run.
#[derive(Debug, thiserror::Error)]
pub enum KitError {
    /// The simulator does not start.
    #[error("the simulated BMC does not start")]
    Sim(#[from] bmc_sim::Error),
    /// The runtime does not start.
    #[error("the driver runtime does not start")]
    Runtime(#[from] switchyard_drivers::Error),
    /// The driver does not load.
    #[error("the driver does not load")]
    Load(#[from] LoadError),
    /// Loading was interrupted.
    #[error("loading the driver was interrupted")]
    Interrupted(#[source] tokio::task::JoinError),
    /// The address of the simulator cannot be used.
    #[error("the address of the simulated BMC cannot be used: {0}")]
    Address(String),
}

/// A simulated BMC in front of a driver.
#[derive(Debug)]
pub struct Rig {
    /// The simulator.
    pub sim: Sim,
    controller: Arc<Controller>,
    cache: Arc<CallCache>,
}

/// One login for everything.
struct OneLogin(Arc<Login>);

impl Credentials for OneLogin {
    fn login<'a>(&'a self, _: &'a ControllerId, _: &'a str) -> LoginFuture<'a> {
        Box::pin(async { Ok(Arc::clone(&self.0)) })
    }
}

/// The guard of a service that never loses its lease.
struct Always;

impl Guard for Always {
    fn may_send(&self, _: Duration) -> Result<(), String> {
        Ok(())
    }
}

impl Rig {
    /// Starts a BMC that takes no time for anything.
    pub async fn start(config: SimConfig) -> Result<Self, KitError> {
        let password = config.login.password.clone();
        Self::with_password(config, password).await
    }

    /// The same, asked with this password.
    pub async fn with_password(config: SimConfig, password: String) -> Result<Self, KitError> {
        let login = Login::new(config.login.user.clone(), Secret::new(password));
        let sim = Sim::start(config.delays(Delays::all(Duration::ZERO))).await?;
        let transport = Transport::new(TransportConfig::default(), Arc::new(OneLogin(Arc::new(login))));
        let url = match sim.ipmi_address(0) {
            Some(address) => format!("ipmi://{address}"),
            None => sim.base_url(0),
        };
        let address: Address = url
            .parse()
            .map_err(|error: switchyard_transport::AddressError| KitError::Address(error.to_string()))?;
        let id = ControllerId::parse("simulated").map_err(|error| KitError::Address(error.to_string()))?;
        let controller = transport.controller(Endpoint {
            id,
            address,
            tls: TlsPolicy::Unverified,
            credential: "simulated".to_owned(),
            authentication: Authentication::Basic,
            pace: Pace::default(),
            timeouts: TIMEOUTS,
            ipmi: switchyard_transport::ipmi::Settings::default(),
        });
        Ok(Self {
            sim,
            controller,
            cache: CallCache::new(),
        })
    }

    /// A call with what earlier calls remembered.
    pub fn call(&self) -> Call {
        Call {
            controller: Arc::clone(&self.controller),
            lane: Lane::Action,
            deadline: DEADLINE,
            cancel: CancellationToken::new(),
            settings: Arc::new(BTreeMap::new()),
            cache: Arc::clone(&self.cache),
        }
    }

    /// A call of a driver that remembers nothing.
    pub fn forgetful_call(&self) -> Call {
        Call {
            cache: CallCache::new(),
            ..self.call()
        }
    }

    /// A permit for one primitive.
    pub fn permit() -> Arc<Permit> {
        Permit::new(PermitId(Uuid::from_u128(1)), Replay::Never, Arc::new(Always))
    }

    /// A permit for a change of settings.
    pub fn settings_permit() -> Arc<Permit> {
        Permit::configuration(PermitId(Uuid::from_u128(1)), Arc::new(Always))
    }
}
