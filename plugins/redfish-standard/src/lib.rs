//! The driver for BMCs that speak Redfish as DMTF wrote it.

use switchyard_driver_sdk::{
    Driver, Fact, Failure, Findings, Host, Observation, Primitive, Progress, Subject, Submitted,
    export_driver,
};

/// Standard Redfish, without a dialect.
#[derive(Debug)]
pub struct StandardRedfish;

impl Driver for StandardRedfish {
    fn probe(host: &dyn Host) -> Result<Vec<Fact>, Failure> {
        switchyard_redfish::probe(host)
    }

    fn survey(host: &dyn Host) -> Result<Findings, Failure> {
        switchyard_redfish::survey(host)
    }

    fn observe(host: &dyn Host, of: &Subject) -> Result<Observation, Failure> {
        switchyard_redfish::observe(host, of)
    }

    fn act(host: &dyn Host, on: &Subject, what: Primitive) -> Result<Submitted, Failure> {
        switchyard_redfish::act(host, on, what)
    }

    fn poll(host: &dyn Host, handle: &str) -> Result<Progress, Failure> {
        switchyard_redfish::poll(host, handle)
    }
}

export_driver!(StandardRedfish);
