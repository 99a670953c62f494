//! The real programs, end to end.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on has failed"
)]

mod access;
mod amt;
mod behaviour;
mod continuity;
mod dashboard;
mod discovery;
mod drivers;
mod endpoints;
mod fallback;
mod fencing;
mod ipmi;
mod kill;
mod order;
mod pcs_clients;
mod queue;
mod reload;
mod repetition;
mod reservations;
mod schemathesis;
mod settings;
mod slurm;
mod smd;
mod streams;
mod sushy;
mod vault;
mod webhooks;
