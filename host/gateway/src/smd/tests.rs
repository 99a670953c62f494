//! Against a simulated SMD.

mod asking;
pub(super) mod bench;
mod mapping;
mod reading;
mod subscribing;
mod writing;
