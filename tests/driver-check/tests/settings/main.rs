//! The embedded drivers set what can be set beside power, as components, on simulated BMCs that take it in the forms of real makes.

#![expect(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that goes wrong"
)]

mod bench;
mod boot;
mod limits;
mod outlets;
