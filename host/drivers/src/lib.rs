//! The driver runtime: gate, load, grants, limits and permits for sandboxed WebAssembly components.
//!
//! A driver is a component against the contract in `wit/driver-0.1`. [`Runtime::load`] checks the bytes before it compiles them, links
//! only what manifest and operator both grant, and makes a [`Driver`]. Every call of a driver runs in a fresh instance with limits on
//! memory, CPU, wall time, requests and log; whatever goes wrong inside becomes a [`Failure`](switchyard_core::Failure) that harms this
//! one call. What really left the host is never the driver's to say: ask the permit (`Permit::settled` in the transport).

mod aot;
mod bindings;
mod budget;
mod cache;
mod call;
mod choice;
mod code;
mod contract;
mod depot;
mod digest;
mod driver;
mod engine;
mod error;
mod gate;
mod grants;
mod hex;
mod host_call;
mod host_http;
mod host_ipmi;
mod instance;
mod lifecycle;
mod limits;
mod lineup;
mod linker;
mod log;
mod manifest;
mod package;
mod policy;
mod private;
mod registry;
mod seats;
mod signature;
mod state;
mod version;

pub use aot::{AOT_CACHE_BYTES, AOT_CACHE_ENTRIES, AotCache, Compilation};
pub use cache::{CallCache, CallCaches};
pub use call::{Call, Findings, Member, Progress, Submitted};
pub use choice::{Choice, Choices, Chosen, PROBE_AGAIN_AFTER, UNRECOGNISED_KEPT, Users};
pub use contract::Contract;
pub use depot::{Depot, DepotError};
pub use digest::{BadDigest, ComponentDigest};
pub use driver::{Calls, Driver, DriverName, Offers, Stop};
pub use engine::{Runtime, RuntimeConfig};
pub use error::{Error, LoadError};
pub use gate::{GateError, Shape, check};
pub use grants::{Capability, Grants, UnknownCapability};
pub use instance::failure_of_fault;
pub use lifecycle::{INSTALLED_MAX, Installed, Lifecycle, LifecycleError, Place, Refused};
pub use limits::{
    CACHE_BYTES, COMPONENT_MAX_BYTES, CPU_TICK, CPU_TICKS, LIVE_ACTIONS, LIVE_POLLS, LOG_LINE_MAX_BYTES,
    LOG_LINES, Limits, MEMORY_BYTES, REQUESTS, SURVEY_REQUESTS,
};
pub use lineup::{CANARY_CONTROLLERS_MAX, Canary, Lineup, LineupError, Lineups, Stock};
pub use manifest::{Basis, Condition, Manifest, ManifestError, Probe, Reach, Rule, Test};
pub use package::{Package, Provenance, Source};
pub use policy::{DriverPolicy, Policy};
pub use private::FolderError;
pub use registry::{Loaded, Registry, Shelf};
pub use seats::Live;
pub use signature::{KeyError, KeyId, PublicKey, Signature, SignatureError, SigningKey};
pub use version::{BadVersion, Version};
