//! A reading of power, and what can prove a restart.

use switchyard_driver_sdk::{Fact, Failure, Host, Observation, PowerState, Subject, command, fact};

use crate::completion::{OK, is_unknown, read, read_data};
use crate::events::last_restart;
use crate::identity;
use crate::subject::{Target, target};

/// The chassis (section 28).
pub(crate) const CHASSIS: u8 = 0x00;
const GET_STATUS: u8 = 0x01;
const GET_RESTART_CAUSE: u8 = 0x07;
/// Bytes of the status that every BMC gives.
const STATUS_BYTES: usize = 3;
/// How long it is remembered that a BMC does not have a command, in milliseconds.
pub(crate) const ABSENT_MS: u32 = 3_600_000;
/// Where that is remembered for the restart cause.
const NO_RESTART_CAUSE: &str = "no-restart-cause";
/// Where it is remembered that the last reading was off (1) or on (0), and how long: as long as coming up takes at the most, in
/// milliseconds.
const WAS_OFF: &str = "was-off";
const WAS_OFF_MS: u32 = 120_000;

/// What Get Chassis Status says (section 28.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ChassisStatus {
    current: u8,
    last_event: u8,
    pub(crate) misc: u8,
}

impl ChassisStatus {
    pub(crate) fn read(host: &dyn Host) -> Result<Self, Failure> {
        let message = command(CHASSIS, GET_STATUS, &[]);
        let data = read_data(host, "Get Chassis Status", &message, STATUS_BYTES)?;
        Ok(match *data.as_slice() {
            [current, last_event, misc, ..] => Self {
                current,
                last_event,
                misc,
            },
            _ => Self {
                current: 0,
                last_event: 0,
                misc: 0,
            },
        })
    }

    pub(crate) fn is_on(self) -> bool {
        self.current & 0x01 != 0
    }

    fn facts(self) -> Vec<Fact> {
        const CURRENT: [(u8, &str); 4] = [
            (0x02, "power-overload"),
            (0x04, "power-interlock"),
            (0x08, "power-fault"),
            (0x10, "power-control-fault"),
        ];
        const LAST_EVENT: [(u8, &str); 5] = [
            (0x01, "mains failed"),
            (0x02, "overload"),
            (0x04, "interlock"),
            (0x08, "power fault"),
            (0x10, "switched on by an IPMI command"),
        ];
        let set = |bits: u8, mask: u8| bits & mask != 0;
        let now = CURRENT.iter().filter(|(mask, _)| set(self.current, *mask));
        let last = LAST_EVENT.iter().filter(|(mask, _)| set(self.last_event, *mask));
        now.map(|(_, name)| fact("status", *name))
            .chain(last.map(|(_, words)| fact("last-power-event", *words)))
            .collect()
    }
}

/// Reads the state of a subject from the BMC.
pub(crate) fn observe(host: &dyn Host, of: &Subject) -> Result<Observation, Failure> {
    match target(of)? {
        Target::Machine => machine(host),
        Target::Controller => controller(host),
    }
}

fn machine(host: &dyn Host) -> Result<Observation, Failure> {
    let status = ChassisStatus::read(host)?;
    let is_on = status.is_on();
    // Only what runs can be restarted. The first reading that shows it running again has nothing to be compared with: that it was off
    // says all. It is what ends most power-ons, and so costs one command and not four.
    let was_off = host.cached(WAS_OFF).is_some_and(|was| was == [1]);
    if !is_on || was_off {
        host.cache(WAS_OFF, &[u8::from(!is_on)], WAS_OFF_MS);
    }
    Ok(Observation {
        state: if is_on { PowerState::On } else { PowerState::Off },
        raw: if is_on { "on" } else { "off" }.to_owned(),
        evidence: if is_on && !was_off {
            evidence(host)?
        } else {
            Vec::new()
        },
        facts: status.facts(),
    })
}

/// A BMC that answers is on.
fn controller(host: &dyn Host) -> Result<Observation, Failure> {
    Ok(Observation {
        state: PowerState::On,
        raw: "answers".to_owned(),
        evidence: Vec::new(),
        facts: identity::probe(host)?,
    })
}

/// What changes with a restart and with nothing else. The counter of power-on hours and the last power event do not belong here: the
/// one moves by itself, the other also when the BMC forgets it.
fn evidence(host: &dyn Host) -> Result<Vec<Fact>, Failure> {
    let cause = restart_cause(host)?.map(|cause| fact("restart-cause", cause));
    let event = last_restart(host)?.map(|event| fact("restart-event", event));
    Ok(cause.into_iter().chain(event).collect())
}

fn restart_cause(host: &dyn Host) -> Result<Option<String>, Failure> {
    if host.cached(NO_RESTART_CAUSE).is_some() {
        return Ok(None);
    }
    let reply = read(host, &command(CHASSIS, GET_RESTART_CAUSE, &[]))?;
    if is_unknown(reply.completion) {
        host.cache(NO_RESTART_CAUSE, &[1], ABSENT_MS);
    }
    let cause = reply.data.first().filter(|_| reply.completion == OK);
    Ok(cause.and_then(|cause| cause_words(cause & 0x0f)))
}

/// The words for a restart cause (table 28-11). A BMC that was restarted itself does not know it any more, which proves nothing.
fn cause_words(cause: u8) -> Option<String> {
    let words = match cause {
        0x0 => return None,
        0x1 => "chassis control command",
        0x2 => "reset button",
        0x3 => "power button",
        0x4 => "watchdog",
        0x5 => "maker's own",
        0x6 => "mains restored, always on",
        0x7 => "mains restored, as before",
        0x8 => "reset by an event filter",
        0x9 => "cycle by an event filter",
        0xa => "soft reset",
        0xb => "clock",
        _ => return Some(format!("cause {cause}")),
    };
    Some(words.to_owned())
}
