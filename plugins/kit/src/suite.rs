//! The suite: every case in turn, each with a BMC of its own.

use std::pin::Pin;

use bmc_sim::SimConfig;

use crate::cases::{CASES, Case};
use crate::driven::Driven;
use crate::report::{CaseReport, Report, Verdict};
use crate::rig::{KitError, Rig};

/// The conformance suite against one kind of simulated BMC.
#[derive(Debug, Clone)]
pub struct Suite {
    config: SimConfig,
}

/// Why a case did not pass.
#[derive(Debug)]
pub(crate) enum Objection {
    /// The driver does not offer what the case is about.
    NotApplicable(String),
    /// The driver breaks the rule.
    Broken(String),
    /// The case could not be played.
    Kit(KitError),
}

impl From<KitError> for Objection {
    fn from(error: KitError) -> Self {
        Self::Kit(error)
    }
}

/// How a case ends.
pub(crate) type Ending = Result<(), Objection>;
/// A running case.
pub(crate) type Playing<'a> = Pin<Box<dyn Future<Output = Ending> + Send + 'a>>;

/// What a case works with.
#[derive(Clone, Copy)]
pub(crate) struct Stage<'a> {
    pub(crate) driver: &'a dyn Driven,
    suite: &'a Suite,
}

impl Stage<'_> {
    /// The BMC's configuration, for a case that changes it.
    pub(crate) fn config(&self) -> SimConfig {
        self.suite.config.clone()
    }

    /// Ends a case that is about HTTP, where the BMC speaks IPMI.
    pub(crate) fn needs_http(&self) -> Ending {
        match self.suite.config.ipmi_port {
            None => Ok(()),
            Some(_) => Err(Objection::NotApplicable("it speaks IPMI".to_owned())),
        }
    }

    /// A healthy BMC with one node that is on.
    pub(crate) async fn rig(&self) -> Result<Rig, KitError> {
        Rig::start(self.config()).await
    }
}

impl Suite {
    /// Against a BMC that speaks Redfish as DMTF wrote it.
    pub fn redfish() -> Self {
        Self::of(SimConfig::default())
    }

    /// Against a BMC that speaks IPMI 2.0.
    pub fn ipmi() -> Self {
        Self::of(SimConfig::default().ipmi(0))
    }

    /// Against a BMC of one's own configuration. One with a port for IPMI is asked there.
    pub fn of(config: SimConfig) -> Self {
        Self { config }
    }

    /// Plays every case. A driver that fails one is still asked the others.
    pub async fn run(&self, driver: &dyn Driven) -> Result<Report, KitError> {
        let stage = Stage { driver, suite: self };
        let mut cases = Vec::with_capacity(CASES.len());
        for case in CASES {
            cases.push(play(case, stage).await?);
        }
        Ok(Report {
            driver: driver.name(),
            cases,
        })
    }
}

async fn play(case: &Case, stage: Stage<'_>) -> Result<CaseReport, KitError> {
    let verdict = match (case.play)(stage).await {
        Ok(()) => Verdict::Passed,
        Err(Objection::NotApplicable(reason)) => Verdict::NotApplicable { reason },
        Err(Objection::Broken(reason)) => Verdict::Failed { reason },
        Err(Objection::Kit(error)) => return Err(error),
    };
    Ok(CaseReport {
        case: case.name,
        rule: case.rule,
        verdict,
    })
}
