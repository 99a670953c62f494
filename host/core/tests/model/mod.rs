//! A world for one task: a BMC that misbehaves as told, an engine that performs what the machine asks for, and a process that dies.

pub(crate) mod bmc;
pub(crate) mod engine;
pub(crate) mod scenario;
