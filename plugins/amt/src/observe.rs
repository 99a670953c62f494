//! Reading the power state.

use switchyard_driver_sdk::{Failure, Host, Observation, PowerState, fact};

use crate::client::{Client, malformed};
use crate::power_state::{ON, meaning, shown};
use crate::soap::{Class, cim, ips};
use crate::xml::Element;

/// The machine as the power service sees it.
pub(crate) const ASSOCIATED: Class = cim("CIM_AssociatedPowerManagementService");
/// What the operating system does with its power (AMT 10 and later).
pub(crate) const OS_POWER: Class = ips("IPS_PowerManagementService");
/// `OSPowerSavingState`: the machine is in modern standby, though the hardware says that it is on.
const SAVING: u32 = 3;

/// Remembers whether the operating system saved power at the last reading.
pub(crate) const OS_SAVING: &str = "os-saving";
/// How long that is remembered, in milliseconds.
const OS_SAVING_FOR_MS: u32 = 60_000;
/// Remembers that this AMT does not tell about the operating system's power.
const NO_OS_POWER: &str = "no-os-power";
/// How long that is remembered, in milliseconds.
const NO_OS_POWER_FOR_MS: u32 = 3_600_000;

/// Reads the state, and whether a machine that is on sleeps all the same.
pub(crate) fn observe(host: &dyn Host) -> Result<Observation, Failure> {
    let client = Client::new(host);
    let machine = client.get(ASSOCIATED, &[])?;
    let state = state_of(&machine)?;
    let mut observation = Observation {
        state: meaning(state),
        raw: shown(state),
        evidence: Vec::new(),
        facts: Vec::new(),
    };
    let available: Vec<&str> = machine.texts("AvailableRequestedPowerStates").collect();
    if !available.is_empty() {
        observation
            .facts
            .push(fact("available-states", available.join(",")));
    }
    let saving = state == ON && saves_power(&client)?;
    if saving {
        observation.state = PowerState::Asleep;
        observation.raw.push_str(", the operating system saves power");
    }
    host.cache(OS_SAVING, &[u8::from(saving)], OS_SAVING_FOR_MS);
    Ok(observation)
}

/// The number of the power state.
pub(crate) fn state_of(machine: &Element) -> Result<u32, Failure> {
    machine
        .number("PowerState")
        .ok_or_else(|| malformed("the answer holds no power state"))
}

/// Whether the operating system saves power. Where AMT does not tell, or not now, the hardware's word stands.
fn saves_power(client: &Client<'_>) -> Result<bool, Failure> {
    if client.host.cached(NO_OS_POWER).is_some() {
        return Ok(false);
    }
    let Some(service) = client.get_if_there(OS_POWER, &[])? else {
        client.host.cache(NO_OS_POWER, &[1], NO_OS_POWER_FOR_MS);
        return Ok(false);
    };
    Ok(service.number("OSPowerSavingState") == Some(SAVING))
}
