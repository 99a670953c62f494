//! The embedded dialects against the simulator's named scenarios: the driver that its rules choose, as a component, over HTTP, with the
//! task machine of `core` deciding what is sent again.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test ends at the first thing that goes wrong"
)]

mod ami;
mod bench;
mod cray;
mod dell;
mod hpe;
mod lenovo;
mod openbmc;
mod standard;
mod supermicro;
mod table;
