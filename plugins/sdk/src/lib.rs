//! What a driver author depends on: bindings of the driver contract (`wit/driver-0.1`), the host as a trait, error mapping, and a fake
//! host for native tests.
//!
//! A driver implements [`Driver`] and exports it:
//!
//! ```
//! use switchyard_driver_sdk::{Driver, Fact, Failure, Findings, Host, Observation, Primitive, Progress, Subject, Submitted};
//!
//! struct MyDriver;
//!
//! impl Driver for MyDriver {
//!     fn probe(host: &dyn Host) -> Result<Vec<Fact>, Failure> {
//!         host.read(&switchyard_driver_sdk::get("/version"))?;
//!         Ok(Vec::new())
//!     }
//!     # fn survey(_: &dyn Host) -> Result<Findings, Failure> { unimplemented!() }
//!     # fn observe(_: &dyn Host, _: &Subject) -> Result<Observation, Failure> { unimplemented!() }
//!     # fn act(_: &dyn Host, _: &Subject, _: Primitive) -> Result<Submitted, Failure> { unimplemented!() }
//!     # fn poll(_: &dyn Host, _: &str) -> Result<Progress, Failure> { unimplemented!() }
//!     // survey, observe, act, poll; and limits, boot, indicator and readings where the BMC has them
//! }
//!
//! switchyard_driver_sdk::export_driver!(MyDriver);
//! ```
//!
//! and builds with `cargo build --target wasm32-wasip2` as a `cdylib`. The logic sees the host only as a trait, so that it runs
//! natively against [`testing::FakeHost`] too.

pub mod bindings;
mod driver;
mod failure;
mod guest;
mod host;
pub mod testing;

pub use bindings::exports::switchyard::driver::boot::{
    Duration as BootDuration, Firmware, Override as BootOverride, Source as BootSource, Wanted as WantedBoot,
};
pub use bindings::exports::switchyard::driver::indicator::{Light, State as Indicator};
pub use bindings::exports::switchyard::driver::limits::{Limit, Mode as LimitMode, Wanted as WantedLimit};
pub use bindings::exports::switchyard::driver::readings::Reading;
pub use bindings::switchyard::driver::call::Level;
pub use bindings::switchyard::driver::http::{Method, Request, Response};
pub use bindings::switchyard::driver::ipmi::{Bridge, Message, Reply};
pub use bindings::switchyard::driver::transport::{Delivery, Fault, Reason};
pub use bindings::switchyard::driver::types::{
    Ability, Cause, Fact, Failure, Findings, Kind, Member, Observation, Pace, Pending, PowerState, Primitive,
    Progress, Replay, Subject, Submitted,
};
pub use driver::Driver;
pub use failure::{fact, failure, not_supported};
pub use guest::{HttpGuest, IpmiGuest, enter};
pub use host::{Call, Host, Http, Ipmi, command, get, header};
