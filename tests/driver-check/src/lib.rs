//! Serves a folder of captured Redfish resources as a BMC and reports what a driver makes of it.
//!
//! The driver runs as it does in the service: as a component, through the gate, over HTTP.

mod check;
mod conformance;
mod report;
mod server;
mod tree;

pub use check::{CheckError, Checker};
pub use conformance::conformance;
pub use report::{AbilityReport, MemberReport, Reading, Report};
pub use server::Server;
pub use tree::{Tree, TreeError, trees};
