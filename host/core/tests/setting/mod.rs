//! A model of one BMC with one power limit, and of the engine that sets it.

pub(crate) mod bmc;
pub(crate) mod engine;
pub(crate) mod scenario;
