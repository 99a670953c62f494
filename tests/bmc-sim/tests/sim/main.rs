//! The simulator from outside: a raw HTTP client against its sockets.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests fail as tests do"
)]

mod amt;
mod client;
mod control;
mod faults;
mod fleet;
mod ipmi;
mod power;
mod program;
mod redfish;
mod settings;
mod tls;
