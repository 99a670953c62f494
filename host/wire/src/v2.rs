//! Switchyard's own bodies, under `/v2`. Objects may grow; readers ignore keys that they do not know.

pub mod access;
pub mod audit;
pub mod backup;
pub mod codes;
pub mod component;
pub mod configuration;
pub mod dependency;
pub mod diagnosis;
pub mod discovery;
pub mod driver;
pub mod endpoint;
pub mod event;
pub mod failure_group;
pub mod hold;
pub mod intervention;
pub mod inventory;
pub mod plan;
pub mod problem;
pub mod request;
pub mod setting;
pub mod stream;
pub mod task;
pub mod transition;
pub mod webhook;

pub use access::{Session, SessionRequest, Token, TokenCreated, TokenList, TokenRequest};
pub use audit::{AuditEntry, AuditPage};
pub use backup::{Backup, BackupRequest};
pub use component::{Component, ComponentList, FlipFlop, HoldMark, QueueEntry, Reservation};
pub use configuration::{
    BootPut, Configuration, ConfigurationCancel, ConfigurationCancelled, ConfigurationList,
    ConfigurationMember, ConfigurationPreview, ConfigurationRequest, ConfigurationSummary, IndicatorPut,
    LimitsPatch, SettingAttempt, SettingDisposition, SettingOptions, SettingProblem, Superseded, WantedBoot,
    WantedLimit,
};
pub use dependency::{Dependency, DependencyList};
pub use diagnosis::{Diagnosis, DiagnosisStep, StepOutcome};
pub use discovery::{
    AcceptRequest, Certificate, DiscoveredHost, Discovery, DiscoveryList, DiscoveryRequest, EndpointPin,
    PinList, PinRequest,
};
pub use driver::{
    Compilation, Driver, DriverCalls, DriverCanary, DriverLimits, DriverList, DriverVersion, PromoteRequest,
    RefusedDriver, RollbackRequest, UpgradeRequest,
};
pub use endpoint::{Breaker, Endpoint, EndpointList, Pace, Requests, Selection};
pub use event::{Event, EventFrame, EventGap, EventPage, StreamEnd};
pub use failure_group::{FailureGroup, FailureGroups};
pub use hold::{Hold, HoldList};
pub use intervention::{Cancelled, Ending, GoingOn, LeftOut, Paused, PausedTask, Resolved, Retried, Wisher};
pub use inventory::{Inventory, InventorySource};
pub use plan::{InFlight, Plan, PlanEstimate, PlanGroup, PlanMember, PlanVerdict, PlanWave};
pub use problem::{Obstacle, Problem};
pub use request::{
    ComponentsCancel, EmergencyOffRequest, HoldRequest, IfBusy, Include, Intervention, OnRefused,
    ResolveRequest, RetryRequest, TaskIntervention, TransitionRequest, Verdict,
};
pub use setting::{
    BootOverride, ComponentBoot, ComponentIndicator, ComponentLimits, ComponentReadings, Indicator, Meter,
    PowerLimit, SettingReading,
};
pub use stream::{
    Cells, DeltaRow, FleetCounts, FleetDelta, FleetFrame, FleetGroup, FleetSnapshot, SnapshotRow,
};
pub use task::{Attempt, Deadline, Fact, Failure, Outcome, Proof, Task, TaskRequest, WaitingFor};
pub use transition::{
    Breakdown, Counts, Displaced, Disposition, Estimate, Member, Notice, Transition, TransitionList,
    TransitionSummary,
};
pub use webhook::{Delivery, DeliveryList, Progress, Webhook, WebhookList};
