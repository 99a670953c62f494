//! What the operator reads: pure functions from data to text.
//!
//! None of them asks for the terminal, the clock or the environment: width and colour are arguments. Text that comes from
//! a BMC or the service is cleaned of control characters before it reaches a terminal.

mod age;
mod drivers;
mod endpoints;
mod failures;
mod fold;
mod problem;
mod progress;
mod status;
mod summary;
mod text;
mod tokens;
mod transition;

pub(crate) use age::duration;
pub(crate) use drivers::{driver, driver_lineup, drivers, refused_driver, selection};
pub(crate) use endpoints::{discovery, endpoints, pins};
pub(crate) use failures::failures;
pub(crate) use problem::error;
pub(crate) use progress::{Frame, Slow, block, line};
pub(crate) use status::status;
pub(crate) use summary::summary;
pub(crate) use text::{Paint, clip, plain};
pub(crate) use tokens::{session, tokens};
pub(crate) use transition::{list, show};

#[cfg(test)]
mod tests;
