//! Reservations as the engine sees them: somebody else says whether a component may be switched now.

use std::time::Duration;

use async_trait::async_trait;
use switchyard_core::reservation::{Reason, Refusal};
use switchyard_core::{ComponentId, Reservation, TaskId, Timestamp};

/// How long the end of a task still waits until its reservation is given back when it is cancelled, has to make way, or the service stops.
pub(super) const RELEASE_WITHIN_HURRIED: Duration = Duration::from_secs(3);

/// Whose reservation a task uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Granted {
    /// Whether it is the caller's, whose deputy key is valid; otherwise it is the service's own.
    pub by_deputy_key: bool,
    /// Whether a deputy key came with the request that is not valid.
    pub bad_deputy_key: bool,
}

/// What became of the reservation of a task that leaves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Released {
    /// The task had none of its own, or another task uses it.
    Nothing,
    /// It was given back.
    GivenBack,
    /// It could not be given back, and expires by itself.
    LeftToExpire,
}

/// The reservation of a component, for those who look.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Look {
    /// Until when the service itself holds it at least, if it does.
    pub held_until: Option<Timestamp>,
    /// Why it was last refused, and when; nothing once it was given.
    pub refused: Option<(Reason, Timestamp)>,
    /// Why it would be refused, by the last reading of SMD.
    pub standing: Option<Reason>,
}

/// Leave to switch components. Every call is bounded in time by the implementation.
#[async_trait]
pub trait Reservations: Send + Sync + std::fmt::Debug {
    /// How the reservation of a component stands for a task, without asking anybody.
    fn standing(&self, component: &ComponentId, task: TaskId) -> Reservation;

    /// Acquires the component for a task, or makes sure that it still has it. The task uses it from the call on, also when the caller
    /// does not wait for the answer, until it is [released](Self::release).
    async fn reserve(&self, component: &ComponentId, task: TaskId) -> Result<Granted, Refusal>;

    /// A task that was worked on before a restart uses what it had. To be called for all before [`Self::settle`].
    fn resume(&self, component: &ComponentId, task: TaskId);

    /// All tasks from before a restart have resumed: what nobody uses is given back.
    fn settle(&self);

    /// A task no longer uses its component, which is given back when nobody else does. The end of the task waits for it; what takes too
    /// long is left to expire.
    async fn release(&self, component: &ComponentId, task: TaskId) -> Released;

    /// The reservation of a component, for those who look.
    fn look(&self, component: &ComponentId) -> Look;
}

/// Where nobody is asked.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unreserved;

#[async_trait]
impl Reservations for Unreserved {
    fn standing(&self, _component: &ComponentId, _task: TaskId) -> Reservation {
        Reservation::NotNeeded
    }

    async fn reserve(&self, _component: &ComponentId, _task: TaskId) -> Result<Granted, Refusal> {
        Ok(Granted {
            by_deputy_key: false,
            bad_deputy_key: false,
        })
    }

    fn resume(&self, _component: &ComponentId, _task: TaskId) {}

    fn settle(&self) {}

    async fn release(&self, _component: &ComponentId, _task: TaskId) -> Released {
        Released::Nothing
    }

    fn look(&self, _component: &ComponentId) -> Look {
        Look::default()
    }
}
