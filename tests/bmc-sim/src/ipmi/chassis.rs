//! Chassis commands (IPMI 2.0, section 28).

use super::command::Call;
use super::message::Reply;
use super::profile::IpmiWhenOff;
use super::state::{Identify, Lit, State};
use crate::bmc::Target;
use crate::power::{PowerState, ResetType};

/// The machine behind the BMC.
const SYSTEM: Target = Target::System(0);
/// Codes: unknown command, wrong length, wrong field, not in this state.
const UNKNOWN: u8 = 0xc1;
const WRONG_LENGTH: u8 = 0xc7;
const WRONG_FIELD: u8 = 0xcc;
const NOT_IN_THIS_STATE: u8 = 0xd5;
/// A command for the chassis made the machine start (table 28-11).
const CAUSE_COMMAND: u8 = 0x01;
/// How long Identify lasts that names no time, in seconds.
const IDENTIFY_SECONDS: u8 = 15;
/// Minutes to a count of the power-on hours.
const POH_MINUTES: u8 = 60;
/// Hours on the counter when the simulator starts.
const POH_BEFORE: u64 = 4_321;
const MS_PER_HOUR: u64 = 3_600_000;

/// Answers a command of the chassis.
pub(super) fn answer(state: &mut State, call: &Call<'_>, command: u8, data: &[u8]) -> Reply {
    let profile = &call.bmc.profile().ipmi;
    let starts = || call.bmc.starts(call.now).map_or(0, |starts| starts.count);
    match command {
        0x00 => Reply::ok([0, 0x20, 0x20, 0x20, 0x20]),
        0x01 => status(state, call),
        0x02 => control(state, call, data),
        0x04 => identify(state, call, data),
        0x07 if profile.restart_cause => Reply::ok([state.restart_cause, 0x01]),
        0x08 if call.pretend => Reply::ok([]),
        0x08 => state.boot.set(call.now, starts(), data),
        0x09 => {
            let timeout = profile.boot_flag_timeout_ms;
            state.boot.get(call.now, starts(), timeout, data)
        }
        0x0f => {
            let hours = u32::try_from(POH_BEFORE + call.now.0 / MS_PER_HOUR).unwrap_or(u32::MAX);
            let mut out = vec![POH_MINUTES];
            out.extend_from_slice(&hours.to_le_bytes());
            Reply::ok(out)
        }
        _ => Reply::code(UNKNOWN),
    }
}

/// Whether the machine is on, as IPMI shows it: it knows no states between, and shows on as soon as power is applied.
pub(super) fn is_on(call: &Call<'_>) -> bool {
    let reading = match call.stale_ms {
        Some(stale_ms) => call.bmc.stale_reading(call.now, SYSTEM, stale_ms),
        None => call.bmc.reading(call.now, SYSTEM),
    };
    reading.is_some_and(|reading| reading.power != PowerState::Off)
}

fn status(state: &State, call: &Call<'_>) -> Reply {
    let is_on = match call.wrong_state {
        Some(lie) => !lie.eq_ignore_ascii_case("off"),
        None => is_on(call),
    };
    let identify = match state.identify(call.now) {
        Identify::Off => 0,
        Identify::Temporary => 1,
        Identify::Indefinite => 2,
    };
    // Restore policy: back to what it was.
    let current = 0x20 | u8::from(is_on);
    let last_event = u8::from(state.on_by_command) << 4;
    Reply::ok([current, last_event, 0x40 | (identify << 4), 0x00])
}

fn control(state: &mut State, call: &Call<'_>, data: &[u8]) -> Reply {
    let [control] = data else {
        return Reply::code(WRONG_LENGTH);
    };
    let reset = match control & 0x0f {
        0 => ResetType::ForceOff,
        1 => ResetType::On,
        2 => ResetType::PowerCycle,
        3 => ResetType::ForceRestart,
        4 => ResetType::Nmi,
        5 => ResetType::GracefulShutdown,
        _ => return Reply::code(WRONG_FIELD),
    };
    if call.pretend {
        return Reply::ok([]);
    }
    let was_on = call
        .bmc
        .reading(call.now, SYSTEM)
        .is_some_and(|reading| reading.power != PowerState::Off);
    let profile = &call.bmc.profile().ipmi;
    if reset.needs_power() && !was_on {
        return match profile.when_off {
            IpmiWhenOff::Refuse => Reply::code(NOT_IN_THIS_STATE),
            IpmiWhenOff::Ignore => Reply::ok([]),
        };
    }
    let starts = call.bmc.starts(call.now).map_or(0, |starts| starts.count);
    state
        .boot
        .chassis_commanded(call.now, starts, profile.boot_flag_timeout_ms);
    call.bmc.execute(call.now, SYSTEM, reset, call.how);
    match reset {
        ResetType::On if was_on => {}
        ResetType::On | ResetType::PowerCycle => {
            (state.on_by_command, state.restart_cause) = (true, CAUSE_COMMAND);
        }
        ResetType::ForceRestart => state.restart_cause = CAUSE_COMMAND,
        _ => {}
    }
    Reply::ok([])
}

fn identify(state: &mut State, call: &Call<'_>, data: &[u8]) -> Reply {
    let (seconds, forced) = match *data {
        [] => (IDENTIFY_SECONDS, false),
        [seconds] => (seconds, false),
        [seconds, force] => (seconds, force & 1 == 1),
        _ => return Reply::code(WRONG_LENGTH),
    };
    if call.pretend {
        return Reply::ok([]);
    }
    state.identify = match seconds {
        _ if forced => Lit::Always,
        0 => Lit::No,
        seconds => Lit::Until(call.now.after_ms(u64::from(seconds) * 1_000)),
    };
    Reply::ok([])
}
