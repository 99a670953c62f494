//! The driver runtime: gate, load, grants, limits and permits for sandboxed WebAssembly components.
//!
//! A driver is a component against the contract in `wit/driver-0.1`. [`Runtime::load`] checks the bytes before it compiles them, links
//! only what manifest and operator both grant, and makes a [`Driver`]. Every call of a driver runs in a fresh instance with limits on
//! memory, CPU, wall time, requests and log; whatever goes wrong inside becomes a [`Failure`](switchyard_core::Failure) that harms this
//! one call. What really left the host is never the driver's to say: ask the permit (`Permit::settled` in the transport).

mod bindings;
mod budget;
mod cache;
mod call;
mod driver;
mod engine;
mod error;
mod gate;
mod grants;
mod host_call;
mod host_http;
mod host_ipmi;
mod instance;
mod limits;
mod linker;
mod log;
mod manifest;
mod registry;
mod seats;
mod state;

pub use cache::{CallCache, CallCaches};
pub use call::{Call, Findings, Member, Progress, Submitted};
pub use driver::{Driver, DriverName, Offers};
pub use engine::{Runtime, RuntimeConfig};
pub use error::{Error, LoadError};
pub use gate::{GateError, Shape, check};
pub use grants::{Capability, Grants, UnknownCapability};
pub use instance::failure_of_fault;
pub use limits::{
    CACHE_BYTES, COMPONENT_MAX_BYTES, CPU_TICK, CPU_TICKS, LIVE_ACTIONS, LIVE_POLLS, LOG_LINE_MAX_BYTES,
    LOG_LINES, Limits, MEMORY_BYTES, REQUESTS, SURVEY_REQUESTS,
};
pub use manifest::{Basis, Condition, Manifest, ManifestError, Rule, Test};
pub use registry::{Loaded, Registry};
pub use seats::Live;
