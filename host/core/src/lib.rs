//! The rules of power: vocabulary, plans, queue admission, the task machine, re-send and proof.
//!
//! This crate knows no I/O, no clock and no randomness: the time, fresh permit ids and jitter are arguments. States are enums,
//! every transition goes through one total function ([`machine::Machine::step`]), and what has to happen in the world comes back
//! as data ([`machine::Next`]). Whoever changes the rules of power changes this crate only.

pub mod admission;
pub mod boot;
pub mod breaker;
pub mod configuration;
pub mod delivery;
pub mod demand;
pub mod failure;
pub mod failure_limit;
pub mod id;
pub mod indicator;
pub mod limit;
pub mod machine;
pub mod meter;
pub mod observation;
pub mod operation;
pub mod order;
pub mod outcome;
pub mod pcs;
pub mod plan;
pub mod power;
pub mod proof;
pub mod resend;
pub mod reservation;
pub mod standing;
pub mod time;

pub use boot::{BootDuration, BootOverride, BootSource, Firmware, WantedBoot};
pub use breaker::Breaker;
pub use delivery::{Delivery, Executed};
pub use demand::{Demand, Departure};
pub use failure::{Cause, Failure};
pub use failure_limit::FailureLimit;
pub use id::{ComponentId, ConfigurationId, ControllerId, PermitId, TaskId, TransitionId};
pub use indicator::{Indicator, Light};
pub use limit::{LimitMode, NoPower, PowerLimit, WantedLimit, Watts};
pub use meter::MeterReading;
pub use observation::{Fact, Observation};
pub use operation::{Lane, Operation};
pub use order::Relation;
pub use outcome::Outcome;
pub use power::{Ability, Kind, Pace, PowerState, Primitive, Replay, Subject};
pub use reservation::Reservation;
pub use standing::Standing;
pub use time::Timestamp;
