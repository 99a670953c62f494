//! Changing the power state, in one request.

use switchyard_driver_sdk::{
    Cause, Failure, Host, Pending, PowerState, Primitive, Progress, Submitted, failure,
};

use crate::client::Client;
use crate::observe::{ASSOCIATED, OS_POWER, OS_SAVING, state_of};
use crate::power_state::{ON, meaning, requested};
use crate::redirection;
use crate::return_value::{Ended, judge};
use crate::soap::{Class, MANAGED_SYSTEM, Selectors, cim, parameter, reference};
use crate::xml::Element;

/// The service that switches.
const POWER: Class = cim("CIM_PowerManagementService");
const POWER_SELECTORS: Selectors<'_> = &[("Name", "Intel(r) AMT Power Management Service")];
/// The machine.
const SYSTEM: Class = cim("CIM_ComputerSystem");
const SYSTEM_SELECTORS: Selectors<'_> = &[
    ("CreationClassName", "CIM_ComputerSystem"),
    ("Name", MANAGED_SYSTEM),
];
/// `OSPowerSavingState`: full power.
const FULL_POWER: &str = "2";
/// When to ask after a change that AMT works on, in milliseconds.
const POLL_AFTER_MS: u32 = 2_000;

/// Sends one primitive.
pub(crate) fn act(host: &dyn Host, what: Primitive) -> Result<Submitted, Failure> {
    let client = Client::new(host);
    let state = requested(what).ok_or_else(|| {
        failure(
            Cause::NotSupported,
            "Intel AMT has no such change of the power state",
        )
    })?;
    let output = if what == Primitive::On && host.cached(OS_SAVING).as_deref() == Some(&[1]) {
        wake(&client)?
    } else {
        request(&client, state)?
    };
    match judge(&output) {
        Ok(Ended::Done) => Ok(Submitted::Accepted),
        Ok(Ended::Started) => Ok(Submitted::Pending(pending(&state.to_string()))),
        Err(refusal) if what == Primitive::On => Err(refusal),
        Err(refusal) => Err(redirection::explain(&client, refusal)),
    }
}

fn request(client: &Client<'_>, state: u32) -> Result<Element, Failure> {
    let parameters =
        parameter("PowerState", &state.to_string()) + &reference("ManagedElement", SYSTEM, SYSTEM_SELECTORS);
    client.invoke(POWER, POWER_SELECTORS, "RequestPowerStateChange", &parameters)
}

/// Brings a machine out of modern standby. The hardware counts it as on, so that asking for *on* would do nothing: this is the one
/// change that switches it on.
fn wake(client: &Client<'_>) -> Result<Element, Failure> {
    let parameters =
        parameter("OSPowerSavingState", FULL_POWER) + &reference("ManagedElement", SYSTEM, SYSTEM_SELECTORS);
    client.invoke(OS_POWER, &[], "RequestOSPowerSavingStateChange", &parameters)
}

/// Asks whether the state that `handle` names has come.
pub(crate) fn poll(host: &dyn Host, handle: &str) -> Result<Progress, Failure> {
    let Ok(wanted) = handle.parse::<u32>() else {
        return Ok(Progress::Gone);
    };
    let state = state_of(&Client::new(host).get(ASSOCIATED, &[])?)?;
    let there = if ends_on(wanted) {
        state == ON
    } else {
        meaning(state) == meaning(wanted)
    };
    Ok(if there {
        Progress::Done
    } else {
        Progress::Running(pending(handle))
    })
}

/// Whether a machine is on after a change; only off and sleep leave it otherwise.
fn ends_on(requested: u32) -> bool {
    !matches!(meaning(requested), PowerState::Off | PowerState::Asleep)
}

fn pending(handle: &str) -> Pending {
    Pending {
        handle: handle.to_owned(),
        poll_after_ms: POLL_AFTER_MS,
    }
}
