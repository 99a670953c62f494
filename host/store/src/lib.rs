//! What is remembered: the [`Store`] and [`Journal`] traits, their records, group commit, and the suite that every engine passes.
//!
//! The API reads and submits through [`Store`]; the engine alone moves state, through [`Journal`]; webhooks and callbacks have their
//! [`Outbox`]. One method is one transaction, so
//! that none can be held across a call to hardware.

pub mod audit;
pub mod configuration;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod decision;
pub mod dependency;
pub mod error;
pub mod event;
pub mod group_commit;
pub mod hold;
pub mod idempotency;
pub mod journal;
pub mod outbox;
pub mod plan;
pub mod record;
pub mod reservation;
pub mod store;
pub mod token;

pub use audit::{AuditFilter, AuditRecord, NewAudit};
pub use configuration::{
    ConfigurationAccepted, ConfigurationAnswer, ConfigurationCancel, ConfigurationCancelled,
    ConfigurationChange, ConfigurationCounts, ConfigurationFilter, ConfigurationHow, ConfigurationMember,
    ConfigurationRecord, ConfigurationTask, ConfigurationView, ConfigurationWant, Configurations, Counted,
    NewConfiguration, NewConfigurationMember, NewConfigurationTask, OpenConfigurationTask, Replaced,
};
pub use decision::Detached;
pub use dependency::{After, Dependency, DependencyRecord};
pub use error::StoreError;
pub use event::{Event, EventId, EventPage, Gap, NewEvent};
pub use group_commit::GroupCommit;
pub use hold::{HoldId, HoldRecord};
pub use idempotency::{ClaimAnswer, KeptAnswer, KeyClaim, KeyScope};
pub use journal::{Applied, AttemptChange, Change, Journal, Lease, TaskChange};
pub use outbox::{
    AfterAttempt, DeliveryAttempt, DeliveryFilter, DeliveryRecord, DeliveryState, FollowerRecord,
    NewDelivery, Outbox, Target,
};
pub use plan::{PlanId, PlanRecord};
pub use record::{
    AttemptRecord, Breakdown, CancelMode, ComponentRecord, ControllerRecord, Counts, Displaced, How,
    MemberEnd, MemberRecord, OpenTask, Part, Refusal, TaskRecord, TransitionRecord,
};
pub use reservation::{Grip, Key, ReservationRecord, ReservationStore};
pub use store::{
    CancelAnswer, CancelAsk, CancelScope, LimitedTransition, NewMember, PauseAnswer, Paused, Store,
    StrikeAnswer, Submission, SubmitAnswer, Submitted, TransitionFilter, TransitionView, Want, Wanted,
};
pub use token::{AccessToken, AccessTokenId, AccessTokenIdError, AccessTokens};
