//! What a driver is, as its author writes it.

use crate::{Fact, Failure, Findings, Host, Observation, Primitive, Progress, Subject, Submitted};

/// A driver. Every function is one call in a fresh instance; nothing but the host's cache lives longer.
pub trait Driver {
    /// Recognises the BMC in a few reads.
    fn probe(host: &dyn Host) -> Result<Vec<Fact>, Failure>;

    /// Lists what is behind the BMC, and fills the cache for [`Driver::act`].
    fn survey(host: &dyn Host) -> Result<Findings, Failure>;

    /// Reads the state of one subject from the BMC.
    fn observe(host: &dyn Host, of: &Subject) -> Result<Observation, Failure>;

    /// Sends one primitive in one changing request.
    fn act(host: &dyn Host, on: &Subject, what: Primitive) -> Result<Submitted, Failure>;

    /// Asks about work that [`Driver::act`] left pending.
    fn poll(host: &dyn Host, handle: &str) -> Result<Progress, Failure>;
}
