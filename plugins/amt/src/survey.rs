//! What the machine can be asked for.

use switchyard_driver_sdk::{
    Ability, Failure, Findings, Host, Kind, Member, Pace, Primitive, Replay, Subject, fact,
};

use crate::client::Client;
use crate::observe::ASSOCIATED;
use crate::power_state::{GRACEFUL_OFF, GRACEFUL_RESET, ON, requested};
use crate::probe::identity;
use crate::soap::{Class, MANAGED_SYSTEM, cim};

/// What the power service can do at all.
const CAPABILITIES: Class = cim("CIM_PowerManagementCapabilities");
/// The first version with graceful changes.
const GRACEFUL_SINCE: u32 = 9;
/// AMT wants a change to complete before the next, for which Intel names up to ten seconds.
const SETTLE_MS: u32 = 10_000;
/// Least time between two readings, in milliseconds: the controller is slow, the more so while the machine is off.
const POLL_MS: u32 = 1_000;
/// How long a change by hardware usually takes, and at the longest, in milliseconds.
const HARD_MS: (u32, u32) = (10_000, 60_000);
/// The same for what the operating system does.
const SOFT_MS: (u32, u32) = (60_000, 300_000);

/// What every version has, whether or not the machine offers it at this moment.
const ALWAYS: [Primitive; 4] = [
    Primitive::On,
    Primitive::ForceOff,
    Primitive::ForceRestart,
    Primitive::PowerCycle,
];
/// What is there when it is listed.
const LISTED: [Primitive; 4] = [
    Primitive::GracefulShutdown,
    Primitive::GracefulRestart,
    Primitive::Nmi,
    Primitive::Suspend,
];

/// Reads identity, the states that can be asked for now, and those that can be asked for at all.
pub(crate) fn survey(host: &dyn Host) -> Result<Findings, Failure> {
    let client = Client::new(host);
    let identity = identity(&client)?;
    let major = identity
        .iter()
        .find(|fact| fact.name == "firmware")
        .and_then(|fact| fact.value.split('.').next()?.parse::<u32>().ok());
    let machine = client.get(ASSOCIATED, &[])?;
    let now: Vec<u32> = machine
        .texts("AvailableRequestedPowerStates")
        .filter_map(|state| state.parse().ok())
        .collect();
    let ever: Vec<u32> = match client.get_if_there(CAPABILITIES, &[])? {
        Some(capabilities) => capabilities
            .texts("PowerStatesSupported")
            .chain(capabilities.texts("RequestedPowerStatesSupported"))
            .filter_map(|state| state.parse().ok())
            .collect(),
        None => Vec::new(),
    };
    let graceful = major.is_none_or(|major| major >= GRACEFUL_SINCE);
    let mut abilities: Vec<Ability> = ALWAYS
        .into_iter()
        .map(|what| ability(what, lists(&now, what) || lists(&ever, what)))
        .collect();
    abilities.extend(
        LISTED
            .into_iter()
            .filter(|what| lists(&now, *what) || (!is_graceful(*what) && lists(&ever, *what)))
            .filter(|what| graceful || !is_graceful(*what))
            .map(|what| ability(what, true)),
    );
    let member = Member {
        subject: Subject {
            kind: Kind::Node,
            id: MANAGED_SYSTEM.to_owned(),
        },
        name: MANAGED_SYSTEM.to_owned(),
        parent: None,
        abilities,
        facts: now
            .contains(&ON)
            .then(|| fact("status", "can be switched on"))
            .into_iter()
            .collect(),
    };
    Ok(Findings {
        identity,
        pace: Pace {
            parallel: 1,
            gap_ms: 0,
            settle_ms: SETTLE_MS,
            poll_ms: POLL_MS,
        },
        members: vec![member],
    })
}

fn lists(states: &[u32], what: Primitive) -> bool {
    requested(what).is_some_and(|state| states.contains(&state))
}

/// Graceful changes need an agent in the operating system; AMT lists them only while it runs.
fn is_graceful(what: Primitive) -> bool {
    matches!(requested(what), Some(GRACEFUL_OFF | GRACEFUL_RESET))
}

fn ability(what: Primitive, advertised: bool) -> Ability {
    let replay = match what {
        Primitive::On | Primitive::ForceOff => Replay::Safe,
        Primitive::GracefulShutdown | Primitive::Suspend => Replay::IfUnchanged,
        _ => Replay::Never,
    };
    let (usual_ms, limit_ms) = if is_graceful(what) || what == Primitive::Suspend {
        SOFT_MS
    } else {
        HARD_MS
    };
    Ability {
        what,
        replay,
        advertised,
        usual_ms,
        limit_ms,
    }
}
