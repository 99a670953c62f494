//! IPMI 2.0 over LAN (RMCP+) beside Redfish: the same machines, fault rules and log.
//!
//! Written after the IPMI specification v2.0 rev. 1.1 and the DCMI specification 1.5, with code of its own, so that a mistake of the
//! service's side is not made twice. Cipher suites 3 and 17 are spoken; the BMC's chassis is the first system behind it.

mod app;
mod boot;
mod chassis;
mod command;
mod datagram;
mod dcmi;
mod message;
mod profile;
mod rakp;
mod sel;
mod serve;
mod session;
mod socket;
mod state;
mod suite;

pub use profile::{CipherSuite, DcmiLimit, Duplicates, HashedRole, IpmiProfile, IpmiWhenOff};
pub(crate) use sel::Starts;
pub(crate) use socket::{bind, local_port, serve};
pub(crate) use state::Controller;
pub use state::{Identify, IpmiView};
