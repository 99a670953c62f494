//! The real programs, end to end.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on has failed"
)]

mod behaviour;
mod dashboard;
mod endpoints;
mod fallback;
mod kill;
mod queue;
mod repetition;
mod schemathesis;
mod streams;
mod sushy;
mod webhooks;
