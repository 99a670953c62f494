//! What is behind an IPMI address: one machine and the BMC itself.

use switchyard_driver_sdk::{Cause, Failure, Kind, Subject, failure, not_supported};

/// The two things that IPMI commands are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// The machine ("chassis" in the specification's words).
    Machine,
    /// The management controller.
    Controller,
}

/// What a subject stands for.
pub(crate) fn target(subject: &Subject) -> Result<Target, Failure> {
    match subject.kind {
        _ if !subject.id.is_empty() => Err(unknown(subject)),
        Kind::Node => Ok(Target::Machine),
        Kind::Controller => Ok(Target::Controller),
        _ => Err(unknown(subject)),
    }
}

/// That a subject is the machine, which alone has `what`.
pub(crate) fn machine(subject: &Subject, what: &str) -> Result<(), Failure> {
    match target(subject)? {
        Target::Machine => Ok(()),
        Target::Controller => Err(not_supported(subject, what)),
    }
}

fn unknown(subject: &Subject) -> Failure {
    let text = format!(
        "behind an IPMI address there are one node and its controller, both without a path, and no {:?} {:?}: correct the inventory",
        subject.kind, subject.id
    );
    failure(Cause::NotFound, text)
}
