//! The limit of what the machine draws: DCMI Get and Set Power Limit, Activate/Deactivate (DCMI 1.5, sections 6.6.2 to 6.6.4).

use switchyard_driver_sdk::{
    Cause, Failure, Host, Limit, LimitMode, Reply, Subject, Submitted, WantedLimit, fact, failure,
};

use crate::completion::{OK, SPECIFIC, change, is_unknown, read, refusal};
use crate::dcmi::{absent, body, has_power_management, message};
use crate::subject::machine;

const GET: u8 = 0x03;
const SET: u8 = 0x04;
const ACTIVATE: u8 = 0x05;
/// The one limit there is.
const ID: &str = "dcmi";
/// Codes of Set Power Limit: out of range are the limit, the time to keep to it, and the period of the statistics.
const LIMIT_RANGE: u8 = 0x84;
const CORRECTION_RANGE: u8 = 0x85;
const SAMPLING_RANGE: u8 = 0x89;
/// What is set where the BMC has stored nothing: keep to it within six seconds, measure over one.
const CORRECTION_MS: u32 = 6_000;
const SAMPLING_S: u16 = 1;

/// What Get Power Limit says, behind two reserved bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stored {
    exception: u8,
    watts: u16,
    correction_ms: u32,
    sampling_s: u16,
}

/// The limit as the BMC has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Active(Stored),
    /// None is in force; what was stored last, where the BMC tells.
    Inactive(Option<Stored>),
}

impl Stored {
    fn parse(reply: &Reply) -> Option<Self> {
        match *body(reply, 13)? {
            [_, _, exception, w0, w1, c0, c1, c2, c3, _, _, s0, s1, ..] => Some(Self {
                exception,
                watts: u16::from_le_bytes([w0, w1]),
                correction_ms: u32::from_le_bytes([c0, c1, c2, c3]),
                sampling_s: u16::from_le_bytes([s0, s1]),
            }),
            _ => None,
        }
    }

    fn to_bytes(self) -> Vec<u8> {
        let mut data = vec![0, 0, 0, self.exception];
        data.extend_from_slice(&self.watts.to_le_bytes());
        data.extend_from_slice(&self.correction_ms.to_le_bytes());
        data.extend_from_slice(&[0, 0]);
        data.extend_from_slice(&self.sampling_s.to_le_bytes());
        data
    }
}

/// Reads the limit. 80h stands for "none is active" on some BMCs, and on others for "there is no such command": data behind it, or the
/// capabilities, tell which.
fn state(host: &dyn Host) -> Result<State, Failure> {
    let reply = read(host, &message(GET, &[0, 0]))?;
    match (reply.completion, Stored::parse(&reply)) {
        (OK, Some(stored)) => Ok(State::Active(stored)),
        (OK, None) => Err(failure(Cause::Malformed, "the power limit is too short")),
        (SPECIFIC, Some(stored)) => Ok(State::Inactive(Some(stored))),
        (SPECIFIC, None) if has_power_management(host)? == Some(true) => Ok(State::Inactive(None)),
        (SPECIFIC, None) => Err(absent("power limit")),
        (code, _) if is_unknown(code) => Err(absent("power limit")),
        (code, _) => Err(refusal("Get Power Limit", code)),
    }
}

/// Reads the machine's limit.
pub(crate) fn limits(host: &dyn Host, of: &Subject) -> Result<Vec<Limit>, Failure> {
    machine(of, "power limits")?;
    let state = state(host)?;
    let (watts, mode, stored) = match state {
        State::Active(stored) => (Some(f64::from(stored.watts)), LimitMode::Automatic, Some(stored)),
        State::Inactive(stored) => (None, LimitMode::Disabled, stored),
    };
    let mut facts = Vec::new();
    if let Some(stored) = stored {
        facts.push(fact("exception", exception_words(stored.exception)));
        facts.push(fact("correction-ms", stored.correction_ms.to_string()));
    }
    Ok(vec![Limit {
        id: ID.to_owned(),
        name: "DCMI power limit".to_owned(),
        watts,
        // DCMI does not tell what can be set; a value out of range is refused when it is set.
        min: None,
        max: None,
        mode,
        writable: true,
        facts,
    }])
}

/// What the BMC does when the limit is not kept to (table 6-18).
fn exception_words(action: u8) -> String {
    match action {
        0x00 => "nothing".to_owned(),
        0x01 => "power off and log".to_owned(),
        0x11 => "log".to_owned(),
        other => format!("maker's own ({other:02x}h)"),
    }
}

/// Sets and activates the limit, or lifts it, and reads it back.
pub(crate) fn set_limits(host: &dyn Host, on: &Subject, want: &[WantedLimit]) -> Result<Submitted, Failure> {
    machine(on, "power limits")?;
    let watts = match want {
        [WantedLimit { id, watts }] if id == ID => *watts,
        _ => {
            let text = format!("a BMC has one limit by DCMI, and it is called {ID}");
            return Err(failure(Cause::NotFound, text));
        }
    };
    match watts {
        Some(watts) => set(host, whole(watts)?),
        None => lift(host),
    }
}

/// DCMI's limits are whole watts in 16 bits.
fn whole(watts: f64) -> Result<u16, Failure> {
    let whole = format!("{watts:.0}").parse().ok().filter(|whole| *whole > 0);
    whole.ok_or_else(|| {
        let text = format!(
            "{watts} W is no limit that DCMI can carry: give 1 to {} W",
            u16::MAX
        );
        failure(Cause::Invalid, text)
    })
}

fn set(host: &dyn Host, watts: u16) -> Result<Submitted, Failure> {
    let before = match state(host)? {
        State::Active(stored) | State::Inactive(Some(stored)) => Some(stored),
        State::Inactive(None) => None,
    };
    let wanted = Stored {
        exception: before.map_or(0, |stored| stored.exception),
        watts,
        correction_ms: before
            .map(|stored| stored.correction_ms)
            .filter(|ms| *ms > 0)
            .unwrap_or(CORRECTION_MS),
        sampling_s: before
            .map(|stored| stored.sampling_s)
            .filter(|s| *s > 0)
            .unwrap_or(SAMPLING_S),
    };
    let reply = host.ipmi_change(&message(SET, &wanted.to_bytes()))?;
    match reply.completion {
        OK => {}
        LIMIT_RANGE => {
            return Err(range(
                LIMIT_RANGE,
                &format!("{watts} W is outside what this machine can be limited to"),
            ));
        }
        CORRECTION_RANGE => {
            return Err(range(
                CORRECTION_RANGE,
                &format!(
                    "this machine does not keep to a limit within {} ms",
                    wanted.correction_ms
                ),
            ));
        }
        SAMPLING_RANGE => {
            return Err(range(
                SAMPLING_RANGE,
                &format!("this machine does not measure over {} s", wanted.sampling_s),
            ));
        }
        code => return Err(refusal("Set Power Limit", code)),
    }
    change(
        host,
        "Activate/Deactivate Power Limit",
        &message(ACTIVATE, &[1, 0, 0]),
    )
    .map_err(|mut failure| {
        failure.text = format!(
            "the limit of {watts} W is stored and not active: {}",
            failure.text
        );
        failure
    })?;
    match state(host)? {
        State::Active(stored) if stored.watts == watts => Ok(Submitted::Accepted),
        State::Active(stored) => Err(differs(&format!("the limit is {} W", stored.watts))),
        State::Inactive(_) => Err(differs("no limit is active")),
    }
}

fn lift(host: &dyn Host) -> Result<Submitted, Failure> {
    change(
        host,
        "Activate/Deactivate Power Limit",
        &message(ACTIVATE, &[0, 0, 0]),
    )?;
    match state(host)? {
        State::Inactive(_) => Ok(Submitted::Accepted),
        State::Active(stored) => Err(differs(&format!(
            "the limit of {} W is still active",
            stored.watts
        ))),
    }
}

fn range(code: u8, words: &str) -> Failure {
    Failure {
        codes: vec![format!("{code:02X}h")],
        ..failure(
            Cause::Invalid,
            format!("Set Power Limit was answered with {code:02X}h: {words}"),
        )
    }
}

fn differs(shown: &str) -> Failure {
    failure(
        Cause::Conflict,
        format!("the BMC accepted the limit and shows another: {shown}"),
    )
}
