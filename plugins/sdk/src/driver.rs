//! What a driver is, as its author writes it.

use crate::{
    BootOverride, Fact, Failure, Findings, Host, Indicator, Light, Limit, Observation, Primitive, Progress,
    Reading, Subject, Submitted, WantedBoot, WantedLimit, not_supported,
};

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

    /// Reads the power limits of one subject from the BMC.
    fn limits(_host: &dyn Host, of: &Subject) -> Result<Vec<Limit>, Failure> {
        Err(not_supported(of, "power limits"))
    }

    /// Sets power limits in at most eight changing requests; those not named stay.
    fn set_limits(_host: &dyn Host, on: &Subject, _want: &[WantedLimit]) -> Result<Submitted, Failure> {
        Err(not_supported(on, "power limits"))
    }

    /// Reads the boot override of one subject from the BMC.
    fn boot(_host: &dyn Host, of: &Subject) -> Result<BootOverride, Failure> {
        Err(not_supported(of, "boot override"))
    }

    /// Sets the boot override in at most eight changing requests.
    fn set_boot(_host: &dyn Host, on: &Subject, _want: WantedBoot) -> Result<Submitted, Failure> {
        Err(not_supported(on, "boot override"))
    }

    /// Reads the indicator of one subject from the BMC.
    fn indicator(_host: &dyn Host, of: &Subject) -> Result<Indicator, Failure> {
        Err(not_supported(of, "indicator"))
    }

    /// Sets the indicator in at most eight changing requests.
    fn set_indicator(_host: &dyn Host, on: &Subject, _want: Light) -> Result<Submitted, Failure> {
        Err(not_supported(on, "indicator"))
    }

    /// Reads the power meters of one subject from the BMC.
    fn readings(_host: &dyn Host, of: &Subject) -> Result<Vec<Reading>, Failure> {
        Err(not_supported(of, "power readings"))
    }
}
