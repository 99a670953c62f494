//! The light: Chassis Identify (IPMI 2.0, section 28.5).

use switchyard_driver_sdk::{
    Cause, Failure, Host, Indicator, Level, Light, Subject, Submitted, command, failure,
};

use crate::completion::{OK, change, is_wrong_data, refusal};
use crate::observe::{CHASSIS, ChassisStatus};
use crate::subject::machine;

const IDENTIFY: u8 = 0x04;
const NAME: &str = "Chassis Identify";
/// Whether the status tells of the light, and what it tells.
const IS_TOLD: u8 = 0x40;
const STATE: u8 = 0x30;
const TEMPORARY: u8 = 0x10;
const INDEFINITE: u8 = 0x20;
/// The longest time of BMCs that know no "until told otherwise", in seconds.
const LONGEST: u8 = 255;

/// Reads the light.
pub(crate) fn indicator(host: &dyn Host, of: &Subject) -> Result<Indicator, Failure> {
    machine(of, "indicator")?;
    let misc = ChassisStatus::read(host)?.misc;
    let (light, raw) = match (misc & IS_TOLD != 0, misc & STATE) {
        (false, _) => (Light::Unknown, "not told"),
        (true, 0) => (Light::Off, "off"),
        (true, TEMPORARY) => (Light::Lit, "temporarily on"),
        (true, INDEFINITE) => (Light::Lit, "on"),
        (true, _) => (Light::Unknown, "reserved"),
    };
    Ok(Indicator {
        light,
        raw: raw.to_owned(),
        lights: vec![Light::Off, Light::Lit],
        facts: Vec::new(),
    })
}

/// Sets the light. A BMC of IPMI 1.5 knows no light without an end and gets the longest time there is.
pub(crate) fn set_indicator(host: &dyn Host, on: &Subject, want: Light) -> Result<Submitted, Failure> {
    machine(on, "indicator")?;
    match want {
        Light::Off => change(host, NAME, &command(CHASSIS, IDENTIFY, &[0]))?,
        Light::Lit => light(host)?,
        Light::Blinking | Light::Unknown => {
            let text =
                "IPMI knows the light as lit or off; whether it blinks is the machine's own: ask for lit";
            return Err(failure(Cause::NotSupported, text));
        }
    }
    Ok(Submitted::Accepted)
}

fn light(host: &dyn Host) -> Result<(), Failure> {
    let reply = host.ipmi_change(&command(CHASSIS, IDENTIFY, &[0, 1]))?;
    match reply.completion {
        OK => Ok(()),
        code if is_wrong_data(code) => {
            change(host, NAME, &command(CHASSIS, IDENTIFY, &[LONGEST]))?;
            host.log(
                Level::Info,
                &format!("the light goes out after {LONGEST} s: this BMC knows no longer"),
            );
            Ok(())
        }
        code => Err(refusal(NAME, code)),
    }
}
