//! One primitive, sent as one command.

use switchyard_driver_sdk::{
    Cause, Failure, Host, Primitive, Subject, Submitted, command, failure, not_supported,
};

use crate::completion::change;
use crate::observe::{CHASSIS, ChassisStatus};
use crate::subject::{Target, target};

/// Chassis Control (section 28.3).
const CONTROL: u8 = 0x02;
/// Cold Reset (section 20.2).
const APP: u8 = 0x06;
const COLD_RESET: u8 = 0x02;

/// Sends a primitive to a subject.
///
/// Restarts and interrupts are not sent to a machine that is off: some BMCs refuse that, others say yes and do nothing.
pub(crate) fn act(host: &dyn Host, on: &Subject, what: Primitive) -> Result<Submitted, Failure> {
    match target(on)? {
        Target::Machine => machine(host, on, what),
        Target::Controller => controller(host, on, what),
    }
}

fn machine(host: &dyn Host, on: &Subject, what: Primitive) -> Result<Submitted, Failure> {
    let (control, needs_power) = match what {
        Primitive::ForceOff => (0, false),
        Primitive::On => (1, false),
        Primitive::PowerCycle => (2, true),
        Primitive::ForceRestart => (3, true),
        Primitive::Nmi => (4, true),
        Primitive::GracefulShutdown => (5, false),
        _ => {
            return Err(not_supported(
                on,
                "such primitive; IPMI has on, force-off, graceful-shutdown, power-cycle, force-restart and nmi",
            ));
        }
    };
    if needs_power && !ChassisStatus::read(host)?.is_on() {
        let text = "nothing was sent, because the machine is off and BMCs ignore or refuse this then: switch it on instead";
        return Err(failure(Cause::Conflict, text));
    }
    change(host, "Chassis Control", &command(CHASSIS, CONTROL, &[control]))?;
    Ok(Submitted::Accepted)
}

fn controller(host: &dyn Host, on: &Subject, what: Primitive) -> Result<Submitted, Failure> {
    if what != Primitive::ForceRestart {
        return Err(not_supported(
            on,
            "such primitive; IPMI has force-restart for a controller",
        ));
    }
    change(host, "Cold Reset", &command(APP, COLD_RESET, &[]))?;
    Ok(Submitted::Accepted)
}
