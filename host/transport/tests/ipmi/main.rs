//! IPMI controllers against the simulator, against `OpenIPMI`'s and against one that downgrades.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "the helpers are test code, too"
)]

mod change;
mod fixture;
mod many;
mod openipmi;
mod pyghmi;
mod read;
mod secrets;
mod sessions;
