//! The driver for BMCs that speak IPMI: chassis commands, boot options, the light, and DCMI's readings and limits.
//!
//! Written after the IPMI specification v2.0 rev. 1.1 and the DCMI specification 1.5, and after what BMCs really answer: codes that mean
//! two things, resets of a machine that is off which succeed and do nothing, boot flags that are gone after a minute. Sessions, cipher
//! suites, credentials and repeats are the host's.

mod act;
mod boot;
mod completion;
mod dcmi;
mod events;
mod identity;
mod indicator;
mod limits;
mod observe;
mod readings;
mod subject;

#[cfg(test)]
mod tests;

use switchyard_driver_sdk::{
    BootOverride, Cause, Driver, Fact, Failure, Findings, Host, Indicator, Light, Limit, Observation,
    Primitive, Progress, Reading, Subject, Submitted, WantedBoot, WantedLimit, export_driver, failure,
};

/// IPMI 2.0, without a dialect.
#[derive(Debug)]
pub struct IpmiDriver;

impl Driver for IpmiDriver {
    fn probe(host: &dyn Host) -> Result<Vec<Fact>, Failure> {
        identity::probe(host)
    }

    fn survey(host: &dyn Host) -> Result<Findings, Failure> {
        identity::survey(host)
    }

    fn observe(host: &dyn Host, of: &Subject) -> Result<Observation, Failure> {
        observe::observe(host, of)
    }

    fn act(host: &dyn Host, on: &Subject, what: Primitive) -> Result<Submitted, Failure> {
        act::act(host, on, what)
    }

    fn poll(_: &dyn Host, handle: &str) -> Result<Progress, Failure> {
        let text = format!("IPMI has no work that goes on, so that there is none called {handle}");
        Err(failure(Cause::NotSupported, text))
    }

    fn limits(host: &dyn Host, of: &Subject) -> Result<Vec<Limit>, Failure> {
        limits::limits(host, of)
    }

    fn set_limits(host: &dyn Host, on: &Subject, want: &[WantedLimit]) -> Result<Submitted, Failure> {
        limits::set_limits(host, on, want)
    }

    fn boot(host: &dyn Host, of: &Subject) -> Result<BootOverride, Failure> {
        boot::boot(host, of)
    }

    fn set_boot(host: &dyn Host, on: &Subject, want: WantedBoot) -> Result<Submitted, Failure> {
        boot::set_boot(host, on, want)
    }

    fn indicator(host: &dyn Host, of: &Subject) -> Result<Indicator, Failure> {
        indicator::indicator(host, of)
    }

    fn set_indicator(host: &dyn Host, on: &Subject, want: Light) -> Result<Submitted, Failure> {
        indicator::set_indicator(host, on, want)
    }

    fn readings(host: &dyn Host, of: &Subject) -> Result<Vec<Reading>, Failure> {
        readings::readings(host, of)
    }
}

export_driver!(IpmiDriver, ipmi);
