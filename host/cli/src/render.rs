//! What the operator reads: pure functions from data to text.
//!
//! None of them asks for the terminal, the clock or the environment: width and colour are arguments. Text that comes from
//! a BMC or the service is cleaned of control characters before it reaches a terminal.

mod age;
mod checklist;
mod drivers;
mod endpoints;
mod failures;
mod fold;
mod interventions;
mod limits;
mod log;
mod plan;
mod problem;
mod progress;
mod queue;
mod status;
mod summary;
mod table;
mod text;
mod tokens;
mod transition;

pub(crate) use age::duration;
pub(crate) use checklist::{Check, Checked, checklist, last_failure};
pub(crate) use drivers::{driver, driver_lineup, drivers, refused_driver, selection};
pub(crate) use endpoints::{discovery, endpoints, pins};
pub(crate) use failures::{failure_groups, failures};
pub(crate) use fold::fold;
pub(crate) use interventions::{cancelled, held, holds, paused, released, resolved, retried};
pub(crate) use limits::{limits, members};
pub(crate) use log::{audit, dependencies, event};
pub(crate) use plan::plan;
pub(crate) use problem::{error, obstacles, warning};
pub(crate) use progress::{Frame, Slow, block, line};
pub(crate) use queue::queues;
pub(crate) use status::{changes, names, powerman, status, wide};
pub(crate) use summary::result;
pub(crate) use text::{Paint, clip, plain};
pub(crate) use tokens::{session, tokens};
pub(crate) use transition::{list, show};

#[cfg(test)]
mod tests;
