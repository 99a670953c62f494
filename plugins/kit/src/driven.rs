//! A driver as the suite asks it, natively or as a component.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use switchyard_core::{
    Fact, Failure, Indicator, Light, Observation, PowerLimit, Primitive, Subject, Timestamp, WantedLimit,
};
use switchyard_drivers::{
    Call, Driver, Findings, Policy, Progress, Registry, Runtime, RuntimeConfig, Submitted,
};
use switchyard_transport::Permit;

use crate::rig::KitError;

/// A driver in front of the suite. Every call is one call of the contract.
#[async_trait]
pub trait Driven: Send + Sync {
    /// What it is called, and how it runs.
    fn name(&self) -> String;

    /// Recognises the BMC.
    async fn probe(&self, call: Call) -> Result<Vec<Fact>, Failure>;

    /// Lists what is behind the BMC.
    async fn survey(&self, call: Call) -> Result<Findings, Failure>;

    /// Reads the state of a subject.
    async fn observe(&self, call: Call, of: &Subject) -> Result<Observation, Failure>;

    /// Sends one primitive.
    async fn act(
        &self,
        call: Call,
        on: &Subject,
        what: Primitive,
        permit: Arc<Permit>,
    ) -> Result<Submitted, Failure>;

    /// Asks about pending work.
    async fn poll(&self, call: Call, handle: &str) -> Result<Progress, Failure>;

    /// Reads power limits.
    async fn limits(&self, call: Call, of: &Subject) -> Result<Vec<PowerLimit>, Failure>;

    /// Sets power limits.
    async fn set_limits(
        &self,
        call: Call,
        on: &Subject,
        wanted: &[WantedLimit],
        permit: Arc<Permit>,
    ) -> Result<Submitted, Failure>;

    /// Reads the indicator.
    async fn indicator(&self, call: Call, of: &Subject) -> Result<Indicator, Failure>;

    /// Sets the indicator.
    async fn set_indicator(
        &self,
        call: Call,
        on: &Subject,
        wanted: Light,
        permit: Arc<Permit>,
    ) -> Result<Submitted, Failure>;
}

/// A driver as the service runs it.
#[derive(Debug)]
pub struct Component(Arc<Driver>);

impl Component {
    /// A driver that is loaded already.
    pub fn new(driver: Arc<Driver>) -> Self {
        Self(driver)
    }
}

/// Loads the driver of a folder (`driver.toml` and `driver.wasm`) into a runtime of its own.
pub async fn component(folder: &Path) -> Result<Component, KitError> {
    let runtime = Runtime::new(RuntimeConfig::default())?;
    let folder = folder.to_owned();
    let loading =
        tokio::task::spawn_blocking(move || Registry::new(runtime, Policy::permissive()).load_files(&folder));
    Ok(Component(loading.await.map_err(KitError::Interrupted)??))
}

#[async_trait]
impl Driven for Component {
    fn name(&self) -> String {
        format!("{} as a component", self.0.name())
    }

    async fn probe(&self, call: Call) -> Result<Vec<Fact>, Failure> {
        self.0.probe(call).await
    }

    async fn survey(&self, call: Call) -> Result<Findings, Failure> {
        self.0.survey(call).await
    }

    async fn observe(&self, call: Call, of: &Subject) -> Result<Observation, Failure> {
        self.0.observe(call, of, Timestamp::default()).await
    }

    async fn act(
        &self,
        call: Call,
        on: &Subject,
        what: Primitive,
        permit: Arc<Permit>,
    ) -> Result<Submitted, Failure> {
        self.0.act(call, on, what, permit).await
    }

    async fn poll(&self, call: Call, handle: &str) -> Result<Progress, Failure> {
        self.0.poll(call, handle).await
    }

    async fn limits(&self, call: Call, of: &Subject) -> Result<Vec<PowerLimit>, Failure> {
        self.0.limits(call, of).await
    }

    async fn set_limits(
        &self,
        call: Call,
        on: &Subject,
        wanted: &[WantedLimit],
        permit: Arc<Permit>,
    ) -> Result<Submitted, Failure> {
        self.0.set_limits(call, on, wanted, permit).await
    }

    async fn indicator(&self, call: Call, of: &Subject) -> Result<Indicator, Failure> {
        self.0.indicator(call, of).await
    }

    async fn set_indicator(
        &self,
        call: Call,
        on: &Subject,
        wanted: Light,
        permit: Arc<Permit>,
    ) -> Result<Submitted, Failure> {
        self.0.set_indicator(call, on, wanted, permit).await
    }
}
