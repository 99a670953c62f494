//! Runs a driver over a tree.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use switchyard_core::{Cause, ControllerId, Failure, Pace, Subject, Timestamp};
use switchyard_drivers::{Call, CallCache, Driver, LoadError, Policy, Registry, Runtime, RuntimeConfig};
use switchyard_transport::{
    Address, Authentication, Controller, Credentials, Endpoint, Lane, Login, LoginFuture, Secret, Timeouts,
    TlsPolicy, Transport, TransportConfig,
};
use tokio_util::sync::CancellationToken;

use crate::compare::{Offer, compare};
use crate::oracle::Expectation;
use crate::report::{MemberReport, Report};
use crate::server::Server;
use crate::tree::Tree;

/// The id of the embedded driver that recognises trees.
const STANDARD: &str = "redfish-standard";
/// How long one call may take.
const DEADLINE: Duration = Duration::from_mins(1);

/// Why nothing could be checked.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The runtime does not start.
    #[error("the driver runtime does not start")]
    Runtime(#[from] switchyard_drivers::Error),
    /// The driver does not load.
    #[error("the driver does not load")]
    Load(#[from] LoadError),
    /// No driver is there.
    #[error("{0}")]
    NoDriver(String),
    /// The tree cannot be served.
    #[error("the tree cannot be served on the loopback interface")]
    Serve(#[source] std::io::Error),
    /// The server's address cannot be used.
    #[error("the address of the server cannot be used: {0}")]
    Address(String),
}

/// Drivers, ready to be run over trees.
#[derive(Debug)]
pub struct Checker {
    registry: Registry,
    /// Recognises the tree, and is run over it when it alone is asked for or nothing else fits.
    first: Arc<Driver>,
    /// Whether the driver is chosen by what the first one recognises.
    chooses: bool,
    transport: Arc<Transport>,
}

/// A login for a BMC that asks for none.
struct AnyLogin;

impl Credentials for AnyLogin {
    fn login<'a>(&'a self, _: &'a ControllerId, _: &'a str) -> LoginFuture<'a> {
        Box::pin(async { Ok(Arc::new(Login::new("root", Secret::new(String::new())))) })
    }
}

impl Checker {
    /// Loads the driver of a folder (`driver.toml` and `driver.wasm`), or else the embedded ones, of which each tree gets the one whose
    /// rules fit it.
    pub fn new(folder: Option<&Path>) -> Result<Self, CheckError> {
        let registry = Registry::new(Runtime::new(RuntimeConfig::default())?, Policy::permissive());
        let first = if let Some(folder) = folder {
            registry.load_files(folder)?
        } else {
            registry.load_builtin(
                switchyard_builtin_drivers::drivers()
                    .iter()
                    .map(|d| (d.manifest, d.component)),
            )?;
            registry.get(STANDARD).ok_or_else(|| {
                let missing = switchyard_builtin_drivers::missing();
                CheckError::NoDriver(
                    missing
                        .unwrap_or("no driver for standard Redfish is embedded")
                        .to_owned(),
                )
            })?
        };
        Ok(Self {
            registry,
            first,
            chooses: folder.is_none(),
            transport: Transport::new(TransportConfig::default(), Arc::new(AnyLogin)),
        })
    }

    /// Probes, chooses a driver, surveys, reads everything of all that the survey found, and compares it with what the files say.
    pub async fn check(&self, tree: Tree) -> Result<Report, CheckError> {
        let mut report = Report {
            tree: tree.name.clone(),
            ..Report::default()
        };
        let expected = Expectation::of(&tree);
        let server = Server::start(tree).await.map_err(CheckError::Serve)?;
        match self.first.probe(self.call(&server)?).await {
            Ok(facts) => report.probe = facts,
            Err(failure) => report.errors.push(said("probe", &failure)),
        }
        let driver = self.driver_for(&report);
        report.driver = driver.name().to_string();
        report.basis = driver.manifest().basis.map(|basis| basis.to_string());
        let call = self.call(&server)?;
        match driver.survey(call.clone()).await {
            Ok(findings) => report.survey(findings),
            Err(failure) => report.errors.push(said("survey", &failure)),
        }
        let mut errors = Vec::new();
        for member in &mut report.members {
            read(&driver, &call, member, &mut errors).await;
        }
        report.errors.append(&mut errors);
        let offer = if self.chooses {
            Offer::Everything
        } else {
            Offer::What
        };
        report.differences = compare(&report, &expected, offer);
        Ok(report)
    }

    fn driver_for(&self, report: &Report) -> Arc<Driver> {
        let fits = self
            .chooses
            .then(|| self.registry.matching(&report.probe))
            .flatten();
        fits.unwrap_or_else(|| Arc::clone(&self.first))
    }

    fn call(&self, server: &Server) -> Result<Call, CheckError> {
        Ok(Call {
            controller: self.controller(server)?,
            lane: Lane::Action,
            deadline: DEADLINE,
            cancel: CancellationToken::new(),
            settings: Arc::new(BTreeMap::new()),
            cache: CallCache::new(),
        })
    }

    fn controller(&self, server: &Server) -> Result<Arc<Controller>, CheckError> {
        let address: Address = format!("http://{}", server.address())
            .parse()
            .map_err(|error: switchyard_transport::AddressError| CheckError::Address(error.to_string()))?;
        let id = ControllerId::parse("captured").map_err(|error| CheckError::Address(error.to_string()))?;
        Ok(self.transport.controller(Endpoint {
            id,
            address,
            tls: TlsPolicy::Unverified,
            credential: "none".to_owned(),
            authentication: Authentication::Basic,
            pace: Pace::default(),
            timeouts: Timeouts::default(),
            ipmi: switchyard_transport::ipmi::Settings::default(),
        }))
    }
}

/// Reads everything of one member. What the driver or the BMC does not offer stays out.
async fn read(driver: &Driver, call: &Call, member: &mut MemberReport, errors: &mut Vec<String>) {
    let subject = Subject {
        kind: member.kind,
        id: member.id.clone(),
    };
    let call = || call.clone();
    let mut failed = |what: &str, failure: &Failure| {
        if failure.cause != Cause::NotSupported {
            errors.push(said(&format!("{what} {}", subject.id), failure));
        }
    };
    match driver.observe(call(), &subject, Timestamp::default()).await {
        Ok(observation) => member.reading = Some(observation.into()),
        Err(failure) => failed("observe", &failure),
    }
    match driver.limits(call(), &subject).await {
        Ok(limits) => member.limits = Some(limits.into_iter().map(Into::into).collect()),
        Err(failure) => failed("limits of", &failure),
    }
    match driver.boot(call(), &subject).await {
        Ok(boot) => member.boot = Some(boot.into()),
        Err(failure) => failed("boot override of", &failure),
    }
    match driver.indicator(call(), &subject).await {
        Ok(indicator) => member.light = Some(indicator.light),
        Err(failure) => failed("indicator of", &failure),
    }
    match driver.readings(call(), &subject).await {
        Ok(meters) => {
            member.draws = meters
                .iter()
                .filter_map(|meter| Some(meter.watts?.get()))
                .collect();
        }
        Err(failure) => failed("readings of", &failure),
    }
}

fn said(call: &str, failure: &Failure) -> String {
    format!("{call}: {}: {failure}", failure.cause.code())
}
