//! Serves a folder of captured Redfish resources as a BMC and reports what a driver makes of it.
//!
//! The driver runs as it does in the service: as a component, through the gate, over HTTP. What it says is compared with what an oracle
//! computes from the files alone.

mod check;
mod compare;
mod conformance;
mod oracle;
mod report;
mod server;
mod tree;

pub use check::{CheckError, Checker};
pub use conformance::conformance;
pub use oracle::{Expectation, Expected, ExpectedLimit, Listed};
pub use report::{AbilityReport, BootReport, LimitReport, MemberReport, Reading, Report};
pub use server::Server;
pub use tree::{Tree, TreeError, trees};
