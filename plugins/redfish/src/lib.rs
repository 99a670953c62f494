//! A tolerant Redfish client for drivers: systems, chassis, managers, resets, tasks and error texts.
//!
//! Written after DSP0266 (the protocol) and DSP2046 (the properties), and after what BMCs really answer: collections with
//! `Members: null`, links that dangle, reset types inline, behind an `ActionInfo` or nowhere, dates of zeros, errors in three forms.
//! Nothing here fails because a part of a tree is odd; what is odd becomes a fact.

mod act;
mod boot;
mod chassis;
mod client;
mod component;
mod dialect;
mod error;
mod indicator;
mod limits;
mod observe;
mod outlet;
mod patience;
mod probe;
mod readings;
mod reset;
mod resource;
mod root;
mod subject;
mod survey;
mod tagged;
mod task;
mod vocabulary;

pub use act::act;
pub use boot::{boot, set_boot};
pub use client::Client;
pub use dialect::{BootForm, Dialect, Difference, Match, Meaning, ModelRule, OemAction, OemTarget, Says};
pub use error::{failure_of, refusal};
pub use indicator::{indicator, set_indicator};
pub use limits::{LimitForm, limits, set_limits};
pub use observe::observe;
pub use outlet::OutletForm;
pub use probe::probe;
pub use readings::readings;
pub use reset::{Order, Reset};
pub use resource::{Resource, path_of};
pub use survey::survey;
pub use switchyard_driver_sdk as sdk;
pub use task::poll;
pub use vocabulary::{power_state, primitive, reset_type};

/// The service root (DSP0266 6.5, with the slash that the specification names).
pub const ROOT: &str = "/redfish/v1/";

#[cfg(test)]
mod tests;
