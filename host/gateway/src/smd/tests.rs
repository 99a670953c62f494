//! Against a simulated SMD.

mod asking;
mod bench;
mod mapping;
mod reading;
mod subscribing;
mod writing;
