//! Logs and metrics.
//!
//! Logs are spans and events of `tracing`, written to standard error. Metrics are counted through the functions of [`metrics`],
//! one line per call site; no label ever names a component or a controller.

mod chain;
pub mod logging;
pub mod metrics;

pub use chain::Chain;
pub use logging::{Error, Level, check_level, init_logging};
pub use metrics::Metrics;
