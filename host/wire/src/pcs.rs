//! The bodies of the Power Control Service (v1), to the key.

pub mod health;
pub mod power_cap;
pub mod power_status;
pub mod problem;
pub mod transition;

pub use health::Health;
pub use power_cap::{
    PowerCap, PowerCapBounds, PowerCapComponent, PowerCapControl, PowerCapCreated, PowerCapKind,
    PowerCapLimit, PowerCapList, PowerCapPatch, PowerCapPatchRequest, PowerCapSnapshotRequest,
    PowerCapStatus,
};
pub use power_status::{PowerStatus, PowerStatusList, PowerStatusRequest};
pub use problem::Problem;
pub use transition::{
    AbortAnswer, Location, Task, TaskCounts, Transition, TransitionCreated, TransitionList,
    TransitionRequest, TransitionStatus,
};
