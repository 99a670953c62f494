//! The driver for Intel AMT, the management controller of business PCs and workstations.
//!
//! AMT speaks WS-Management (DSP0226): SOAP over HTTP POST to one path. Reads are *queries*, which the host lets pass when their action
//! only asks; everything else is a change. Written after Intel's AMT implementation guide and the DMTF profiles DSP1027 (power state
//! management) and DSP1012 (boot control), and after recorded answers. WS-Management is there since AMT 3.2 and alone since 6.0.

mod act;
mod boot;
mod client;
mod consent;
mod fault;
mod observe;
mod power_state;
mod probe;
mod redirection;
mod return_value;
mod soap;
mod survey;
mod xml;

#[cfg(test)]
mod tests;

use switchyard_driver_sdk::{
    BootOverride, Cause, Driver, Fact, Failure, Findings, Host, Kind, Observation, Primitive, Progress,
    Subject, Submitted, WantedBoot, export_driver, failure,
};

/// Intel AMT.
#[derive(Debug)]
pub struct Amt;

impl Driver for Amt {
    fn probe(host: &dyn Host) -> Result<Vec<Fact>, Failure> {
        probe::probe(host)
    }

    fn survey(host: &dyn Host) -> Result<Findings, Failure> {
        survey::survey(host)
    }

    fn observe(host: &dyn Host, of: &Subject) -> Result<Observation, Failure> {
        known(of)?;
        observe::observe(host)
    }

    fn act(host: &dyn Host, on: &Subject, what: Primitive) -> Result<Submitted, Failure> {
        known(on)?;
        act::act(host, what)
    }

    fn poll(host: &dyn Host, handle: &str) -> Result<Progress, Failure> {
        act::poll(host, handle)
    }

    fn boot(host: &dyn Host, of: &Subject) -> Result<BootOverride, Failure> {
        known(of)?;
        boot::read(host)
    }

    fn set_boot(host: &dyn Host, on: &Subject, want: WantedBoot) -> Result<Submitted, Failure> {
        known(on)?;
        boot::change(host, want)
    }
}

/// AMT manages the one machine that it is built into, whose name in AMT is `ManagedSystem`.
fn known(subject: &Subject) -> Result<(), Failure> {
    match (subject.kind, subject.id.as_str()) {
        (Kind::Node, "" | soap::MANAGED_SYSTEM) => Ok(()),
        (_, id) => Err(failure(
            Cause::NotFound,
            format!(
                "Intel AMT manages one node, {:?}; it knows no {id:?}",
                soap::MANAGED_SYSTEM
            ),
        )),
    }
}

export_driver!(Amt);
