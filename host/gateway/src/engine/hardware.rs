//! What the engine asks of BMCs, so that the engine can be tested without any.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use switchyard_core::breaker::Passage;
use switchyard_core::configuration::Change;
use switchyard_core::machine::{Answer, TaskProgress};
use switchyard_core::{
    Ability, BootOverride, Cause, ControllerId, Delivery, Failure, Indicator, MeterReading, Observation,
    Pace, PermitId, PowerLimit, Primitive, Replay, Subject,
};
use switchyard_drivers::DriverName;
use switchyard_transport::{Examination, Load, LoginVersion};
use tokio_util::sync::CancellationToken;

use super::lease::SendGuard;
use super::selection::Selection;
use crate::inventory::Inventory;

/// Whose turn it is at a controller: actions pass polls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// Work on a task.
    Action,
    /// The power-state poller.
    Poll,
}

/// One thing that a controller switches, as its driver found it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The driver's word for it.
    pub subject: Subject,
    /// What it can be asked for, times already scaled by the operator's patience.
    pub abilities: Arc<[Ability]>,
}

/// What a survey of a controller found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Findings {
    /// Everything that can be switched there.
    pub members: Vec<Found>,
    /// How fast the driver wants the BMC to be asked.
    pub pace: Pace,
}

/// The one changing request of a step.
#[derive(Debug)]
pub struct Order {
    /// The controller.
    pub controller: ControllerId,
    /// What is switched.
    pub subject: Subject,
    /// The primitive.
    pub primitive: Primitive,
    /// The permit that the commit of the intent minted.
    pub permit: PermitId,
    /// The replay class that holds.
    pub replay: Replay,
    /// Whether it goes although its controller is left alone.
    pub passage: Passage,
    /// What is asked right before the first byte.
    pub guard: Arc<SendGuard>,
    /// Ends the call early. A request that has left goes on, and is waited for.
    pub cancel: CancellationToken,
}

/// A change of settings: a few requests under one permit, each of which may be repeated.
#[derive(Debug)]
pub struct ConfigurationOrder {
    /// The controller.
    pub controller: ControllerId,
    /// What is set.
    pub subject: Subject,
    /// To what.
    pub setting: Change,
    /// The permit that the commit of the intent minted.
    pub permit: PermitId,
    /// What is asked right before the first byte.
    pub guard: Arc<SendGuard>,
    /// Ends the call early. A request that has left goes on, and is waited for.
    pub cancel: CancellationToken,
}

/// How a controller is asked at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Traffic {
    /// The pace in force.
    pub pace: Pace,
    /// Requests in flight and waiting.
    pub load: Load,
}

/// Calls to BMCs through their drivers. Every call is bounded in time by the implementation.
#[async_trait]
pub trait Hardware: Send + Sync + std::fmt::Debug {
    /// Finds what the controller switches.
    async fn survey(
        &self,
        controller: &ControllerId,
        urgency: Urgency,
        cancel: &CancellationToken,
    ) -> Result<Findings, Failure>;

    /// Reads the power of one subject, from the BMC and not from a cache.
    async fn observe(
        &self,
        controller: &ControllerId,
        subject: &Subject,
        urgency: Urgency,
        cancel: &CancellationToken,
    ) -> Result<Observation, Failure>;

    /// Spends a permit. Returns when nothing of it is in flight any more, with what the permit says and what the driver says.
    async fn act(&self, order: Order) -> (Delivery, Result<Answer, Failure>);

    /// Asks for the state of a BMC's task.
    async fn poll(
        &self,
        controller: &ControllerId,
        handle: &str,
        cancel: &CancellationToken,
    ) -> Result<TaskProgress, Failure>;

    /// Reads the power limits of one subject, from the BMC.
    async fn limits(
        &self,
        _controller: &ControllerId,
        _subject: &Subject,
        _urgency: Urgency,
        _cancel: &CancellationToken,
    ) -> Result<Vec<PowerLimit>, Failure> {
        Err(unsupported())
    }

    /// Reads the boot override of one subject, from the BMC.
    async fn boot(
        &self,
        _controller: &ControllerId,
        _subject: &Subject,
        _urgency: Urgency,
        _cancel: &CancellationToken,
    ) -> Result<BootOverride, Failure> {
        Err(unsupported())
    }

    /// Reads the indicator of one subject, from the BMC.
    async fn indicator(
        &self,
        _controller: &ControllerId,
        _subject: &Subject,
        _urgency: Urgency,
        _cancel: &CancellationToken,
    ) -> Result<Indicator, Failure> {
        Err(unsupported())
    }

    /// Reads the power meters of one subject, from the BMC.
    async fn readings(
        &self,
        _controller: &ControllerId,
        _subject: &Subject,
        _urgency: Urgency,
        _cancel: &CancellationToken,
    ) -> Result<Vec<MeterReading>, Failure> {
        Err(unsupported())
    }

    /// Changes a setting. Returns when nothing of it is in flight any more, with what the permit says and what the driver says.
    async fn configure(&self, _order: ConfigurationOrder) -> (Delivery, Result<Answer, Failure>) {
        (Delivery::NotSent, Err(unsupported()))
    }

    /// Reads one resource at a path of the controller, as it is there but for secrets. No driver takes part.
    async fn resource(
        &self,
        _controller: &ControllerId,
        _path: &str,
        _cancel: &CancellationToken,
    ) -> Result<serde_json::Value, Failure> {
        Err(unsupported())
    }

    /// Goes the way to the controller without asking it anything; nothing where there is no way to go.
    async fn examine(
        &self,
        _controller: &ControllerId,
        _cancel: &CancellationToken,
    ) -> Result<Option<Examination>, Failure> {
        Ok(None)
    }

    /// Which login the controller is asked with; nothing when there is none. Fails when none can be had now. Asks the controller
    /// nothing.
    async fn login_version(&self, _controller: &ControllerId) -> Result<Option<LoginVersion>, Failure> {
        Ok(None)
    }

    /// The controller has refused the login: it is looked up anew before it is used again.
    fn login_refused(&self, _controller: &ControllerId) {}

    /// The driver that speaks to the controller, where that is known. Asks the controller nothing.
    fn driver(&self, _controller: &ControllerId) -> Option<DriverName> {
        None
    }

    /// The same, and who says so. Asks the controller nothing.
    fn selection(&self, _controller: &ControllerId) -> Option<Selection> {
        None
    }

    /// How the controller is asked at this moment, where that is known.
    fn traffic(&self, _controller: &ControllerId) -> Option<Traffic> {
        None
    }

    /// Takes over the controllers of another inventory. Those that have not changed are kept, with all that is known of them.
    fn replace_controllers(&self, _inventory: &Inventory) {}

    /// The longest time that one changing request can be in flight.
    fn change_timeout(&self) -> Duration;
}

/// What hardware says that knows power alone.
fn unsupported() -> Failure {
    Failure::new(Cause::NotSupported, "Only power can be switched here.")
}
