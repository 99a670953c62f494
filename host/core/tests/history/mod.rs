//! A world for the line of one component: callers, a store, an engine that dies and starts again, and a BMC that misbehaves as told.

pub(crate) mod bmc;
pub(crate) mod check;
pub(crate) mod engine;
pub(crate) mod line;
pub(crate) mod promise;
pub(crate) mod script;
pub(crate) mod store;
