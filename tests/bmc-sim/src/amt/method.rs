//! The methods that change something.

use super::envelope::Request;
use super::object::{available, element};
use super::state::State;
use crate::bmc::{Bmc, Execution, Target};
use crate::clock::Moment;
use crate::power::{PowerState, ResetType};

/// The machine that AMT manages.
pub(super) const SYSTEM: Target = Target::System(0);
const DONE: u32 = 0;
const NOT_SUPPORTED: u32 = 1;
const INVALID_PARAMETER: u32 = 5;
const INVALID_STATE: u32 = 4097;

/// What a state stands for in the power model.
fn reset_of(state: u32) -> Option<ResetType> {
    Some(match state {
        2 => ResetType::On,
        4 | 7 => ResetType::Suspend,
        5 => ResetType::PowerCycle,
        8 => ResetType::ForceOff,
        10 => ResetType::ForceRestart,
        11 => ResetType::Nmi,
        12 => ResetType::GracefulShutdown,
        14 => ResetType::GracefulRestart,
        _ => return None,
    })
}

/// The state that a power change asks for.
pub(super) fn requested(request: &Request) -> Option<u32> {
    request.text("PowerState")?.parse().ok()
}

/// Carries a power change out. Without `how` it only answers as if.
pub(super) fn change_power(
    state: &mut State,
    bmc: &Bmc,
    now: Moment,
    wanted: Option<u32>,
    how: Option<Execution>,
) -> u32 {
    let Some((wanted, reset)) = wanted.and_then(|wanted| Some((wanted, reset_of(wanted)?))) else {
        return INVALID_PARAMETER;
    };
    if let Some(value) = state.switches.return_value {
        return value;
    }
    let power = bmc
        .reading(now, SYSTEM)
        .map_or(PowerState::Off, |reading| reading.power);
    if !available(state, power).contains(&wanted) {
        let graceful = matches!(wanted, 4 | 7 | 12 | 14) && power != PowerState::Off;
        return if graceful { NOT_SUPPORTED } else { INVALID_STATE };
    }
    if state.switches.remote_screen && wanted != 2 {
        return INVALID_STATE;
    }
    let Some(how) = how else { return DONE };
    state.asleep = (reset == ResetType::Suspend).then_some(wanted);
    if reset.switches_on() || reset.restarts() {
        state.view.boot_order = std::mem::take(&mut state.order);
    }
    bmc.execute(now, SYSTEM, reset, how);
    DONE
}

/// Carries any other method out; nothing when AMT does not have it.
pub(super) fn invoke(state: &mut State, request: &Request) -> Option<u32> {
    let allowed = !state.switches.consent_required || state.switches.consent_given;
    let value = match request.verb() {
        "RequestOSPowerSavingStateChange" => {
            state.switches.saves_power = request.text("OSPowerSavingState") == Some("3");
            DONE
        }
        "ChangeBootOrder" | "SetBootConfigRole" if !allowed => 16,
        "ChangeBootOrder" if is_stuck(state) => INVALID_STATE,
        "ChangeBootOrder" => {
            state.order = request
                .body
                .iter()
                .filter(|(path, _)| path.ends_with("/Selector"))
                .map(|(_, text)| text.clone())
                .collect();
            DONE
        }
        "SetBootConfigRole" if request.text("Role") == Some("1") => DONE,
        "SetBootConfigRole" => INVALID_PARAMETER,
        _ => return None,
    };
    Some(value)
}

fn is_stuck(state: &State) -> bool {
    ["UseIDER", "UseSOL"].iter().any(|option| {
        state
            .boot_options
            .get(*option)
            .is_some_and(|value| value == "true")
    })
}

/// Replaces the boot options; nothing when AMT does not take another object.
pub(super) fn put(state: &mut State, request: &Request) -> Option<String> {
    if request.class != "AMT_BootSettingData" {
        return None;
    }
    let given: Vec<(String, String)> = request
        .body
        .iter()
        .filter_map(|(path, text)| {
            let name = path.strip_prefix("AMT_BootSettingData/")?;
            Some((name.to_owned(), text.clone()))
        })
        .collect();
    state.boot_options.extend(given.iter().cloned());
    Some(element(&request.class, &given))
}
