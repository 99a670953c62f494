//! The real programs, end to end.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod behaviour;
mod kill;
mod sushy;
