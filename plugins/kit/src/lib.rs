//! The test kit for drivers: one conformance suite, run natively and as a component, against simulated BMCs.
//!
//! Natively a driver runs as plain Rust over the same transport that the service has: a debugger works, a panic has a backtrace.
//! As a component it runs in the service's own runtime. What the two say must be the same.
//!
//! ```no_run
//! use switchyard_driver_kit::{Suite, component, native};
//! # struct MyDriver;
//! # use switchyard_driver_sdk::{Driver, Fact, Failure, Findings, Host, Observation, Primitive, Progress, Subject, Submitted};
//! # impl Driver for MyDriver {
//! #     fn probe(_: &dyn Host) -> Result<Vec<Fact>, Failure> { unimplemented!() }
//! #     fn survey(_: &dyn Host) -> Result<Findings, Failure> { unimplemented!() }
//! #     fn observe(_: &dyn Host, _: &Subject) -> Result<Observation, Failure> { unimplemented!() }
//! #     fn act(_: &dyn Host, _: &Subject, _: Primitive) -> Result<Submitted, Failure> { unimplemented!() }
//! #     fn poll(_: &dyn Host, _: &str) -> Result<Progress, Failure> { unimplemented!() }
//! # }
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), switchyard_driver_kit::KitError> {
//! let report = Suite::redfish().run(&native::<MyDriver>("my-driver")).await?;
//! assert!(report.is_ok(), "{report}");
//!
//! let driver = component(std::path::Path::new("driver")).await?;
//! let report = Suite::redfish().run(&driver).await?;
//! assert!(report.is_ok(), "{report}");
//! # Ok(())
//! # }
//! ```

mod cases;
mod convert;
mod driven;
mod native;
mod report;
mod rig;
mod suite;

pub use driven::{Component, Driven, component};
pub use native::{Native, NativeHost, native};
pub use report::{CaseReport, Report, Verdict};
pub use rig::{KitError, Rig};
pub use suite::Suite;
