//! Version 0.1 of the contract: generated host bindings, and the mapping to the vocabulary of `core`.
//!
//! What comes from a driver is foreign: texts and lists are cut to their limits here, and nowhere else.

use std::time::Duration;

use switchyard_core as core;
use switchyard_transport as transport;

use crate::call::{Findings, Member, Progress, Submitted};
use crate::limits::{ABILITIES_MAX, FACTS_MAX, MEMBERS_MAX, NAME_MAX_BYTES, VALUE_MAX_BYTES};

macro_rules! same_enum {
    ($wit:ty, $core:ty, $($variant:ident),+) => {
        impl From<$wit> for $core {
            fn from(value: $wit) -> Self {
                match value { $(<$wit>::$variant => Self::$variant),+ }
            }
        }

        impl From<$core> for $wit {
            fn from(value: $core) -> Self {
                match value { $(<$core>::$variant => Self::$variant),+ }
            }
        }
    };
}

mod exports;
mod settings;

pub(crate) use exports::Exports;
pub(crate) use settings::{meter_readings, power_limits};

mod generated {
    wasmtime::component::bindgen!({
        path: "../../wit/driver-0.1",
        world: "driver",
        imports: {
            "switchyard:driver/call.sleep": async | trappable,
            "switchyard:driver/call": trappable,
            default: async | trappable,
        },
        exports: { default: async },
    });
}

pub(crate) use generated::exports::switchyard::driver::{boot, indicator, limits, power, readings};
pub(crate) use generated::switchyard::driver::{call, http, ipmi, transport as faults, types};

/// Cuts a foreign text at a character.
fn cut(mut text: String, max: usize) -> String {
    if text.len() > max {
        let end = (0..=max).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
    }
    text
}

fn ms(ms: u32) -> Duration {
    Duration::from_millis(u64::from(ms))
}

same_enum!(
    types::Kind,
    core::Kind,
    Node,
    Chassis,
    Module,
    Router,
    Controller,
    Outlet,
    NetworkSwitch,
    Other
);
same_enum!(
    types::PowerState,
    core::PowerState,
    On,
    Off,
    PoweringOn,
    PoweringOff,
    Paused,
    Asleep,
    Unknown
);
same_enum!(types::Replay, core::Replay, Safe, IfUnchanged, Never);
same_enum!(
    types::Primitive,
    core::Primitive,
    On,
    ForceOn,
    ForceOff,
    GracefulShutdown,
    GracefulRestart,
    ForceRestart,
    PowerCycle,
    FullPowerCycle,
    PushPowerButton,
    Nmi,
    Suspend,
    Pause,
    Resume
);

impl From<&core::Subject> for types::Subject {
    fn from(subject: &core::Subject) -> Self {
        Self {
            kind: subject.kind.into(),
            id: subject.id.clone(),
        }
    }
}

impl From<types::Subject> for core::Subject {
    fn from(subject: types::Subject) -> Self {
        Self {
            kind: subject.kind.into(),
            id: cut(subject.id, VALUE_MAX_BYTES),
        }
    }
}

impl From<types::Fact> for core::Fact {
    fn from(fact: types::Fact) -> Self {
        Self {
            name: cut(fact.name, NAME_MAX_BYTES),
            value: cut(fact.value, VALUE_MAX_BYTES),
        }
    }
}

/// The facts of a driver.
pub(crate) fn facts(facts: Vec<types::Fact>) -> Vec<core::Fact> {
    facts.into_iter().take(FACTS_MAX).map(Into::into).collect()
}

/// A reading of a driver, which was asked for at `at`.
pub(crate) fn observation(observation: types::Observation, at: core::Timestamp) -> core::Observation {
    core::Observation {
        state: observation.state.into(),
        raw: cut(observation.raw, NAME_MAX_BYTES),
        evidence: facts(observation.evidence),
        at,
        controller: None,
    }
}

impl From<types::Ability> for core::power::Ability {
    fn from(ability: types::Ability) -> Self {
        let usual = ms(ability.usual_ms);
        Self {
            what: ability.what.into(),
            replay: ability.replay.into(),
            advertised: ability.advertised,
            usual,
            limit: ms(ability.limit_ms).max(usual),
        }
    }
}

impl From<types::Member> for Member {
    fn from(member: types::Member) -> Self {
        let mut abilities: Vec<core::power::Ability> = Vec::new();
        for ability in member
            .abilities
            .into_iter()
            .take(ABILITIES_MAX)
            .map(core::power::Ability::from)
        {
            if !abilities.iter().any(|known| known.what == ability.what) {
                abilities.push(ability);
            }
        }
        Self {
            subject: member.subject.into(),
            name: cut(member.name, NAME_MAX_BYTES),
            parent: member.parent.map(Into::into),
            abilities,
            facts: facts(member.facts),
        }
    }
}

impl From<types::Findings> for Findings {
    fn from(findings: types::Findings) -> Self {
        let pace = findings.pace;
        Self {
            identity: facts(findings.identity),
            pace: core::Pace {
                parallel: pace.parallel.max(1),
                gap: ms(pace.gap_ms),
                settle: ms(pace.settle_ms),
                poll: ms(pace.poll_ms),
            },
            members: findings
                .members
                .into_iter()
                .take(MEMBERS_MAX)
                .map(Into::into)
                .collect(),
        }
    }
}

impl From<types::Cause> for core::Cause {
    fn from(cause: types::Cause) -> Self {
        match cause {
            types::Cause::Unreachable => Self::Unreachable,
            types::Cause::Tls => Self::Tls,
            types::Cause::Auth => Self::Auth,
            types::Cause::Forbidden => Self::Forbidden,
            types::Cause::Busy => Self::Busy,
            types::Cause::NotFound => Self::NotFound,
            types::Cause::NotSupported => Self::NotSupported,
            types::Cause::Invalid => Self::Invalid,
            types::Cause::Conflict => Self::Conflict,
            types::Cause::Locked => Self::Locked,
            types::Cause::NeedsConsent => Self::NeedsConsent,
            types::Cause::Cancelled => Self::Cancelled,
            types::Cause::RefusedByHost => Self::RefusedByHost,
            types::Cause::Malformed => Self::Malformed,
            types::Cause::Other(word) => Self::Other(cut(word, NAME_MAX_BYTES)),
        }
    }
}

impl From<types::Failure> for core::Failure {
    fn from(failure: types::Failure) -> Self {
        let mut failure = Self {
            cause: failure.cause.into(),
            status: failure.status.and_then(|status| u16::try_from(status).ok()),
            codes: failure.codes,
            text: failure.text,
            retry_after: failure.retry_after_ms.map(ms),
        };
        failure.clamp();
        failure
    }
}

fn handle(pending: types::Pending) -> (String, Duration) {
    (cut(pending.handle, VALUE_MAX_BYTES), ms(pending.poll_after_ms))
}

impl From<types::Submitted> for Submitted {
    fn from(submitted: types::Submitted) -> Self {
        match submitted {
            types::Submitted::Accepted => Self::Accepted,
            types::Submitted::Already => Self::Already,
            types::Submitted::Pending(pending) => {
                let (handle, poll_after) = handle(pending);
                Self::Pending { handle, poll_after }
            }
        }
    }
}

impl From<types::Progress> for Progress {
    fn from(progress: types::Progress) -> Self {
        match progress {
            types::Progress::Done => Self::Done,
            types::Progress::Gone => Self::Gone,
            types::Progress::Failed(failure) => Self::Failed(failure.into()),
            types::Progress::Running(pending) => {
                let (handle, poll_after) = handle(pending);
                Self::Running { handle, poll_after }
            }
        }
    }
}

impl From<http::Method> for transport::Method {
    fn from(method: http::Method) -> Self {
        match method {
            http::Method::Get => Self::Get,
            http::Method::Head => Self::Head,
            http::Method::Post => Self::Post,
            http::Method::Patch => Self::Patch,
            http::Method::Put => Self::Put,
            http::Method::Delete => Self::Delete,
        }
    }
}

impl From<http::Request> for transport::Request {
    fn from(request: http::Request) -> Self {
        Self {
            method: request.method.into(),
            path: request.path,
            headers: request.headers,
            body: request.body.into(),
            anonymous: request.anonymous,
            timeout: ms(request.timeout_ms),
        }
    }
}

impl From<transport::Response> for http::Response {
    fn from(response: transport::Response) -> Self {
        Self {
            status: response.status,
            headers: response.headers,
            body: response.body.into(),
        }
    }
}

impl From<transport::Fault> for faults::Fault {
    fn from(fault: transport::Fault) -> Self {
        let delivery = match fault.delivery {
            transport::FaultDelivery::NotSent => faults::Delivery::NotSent,
            transport::FaultDelivery::MaybeSent => faults::Delivery::MaybeSent,
        };
        let reason = match fault.reason {
            transport::Reason::Unreachable => faults::Reason::Unreachable,
            transport::Reason::Tls => faults::Reason::Tls,
            transport::Reason::Auth | transport::Reason::NoLogin => faults::Reason::Auth,
            transport::Reason::Timeout => faults::Reason::Timeout,
            transport::Reason::Cut => faults::Reason::Cut,
            transport::Reason::TooLarge => faults::Reason::TooLarge,
            transport::Reason::SessionFull => faults::Reason::SessionFull,
            transport::Reason::Cancelled => faults::Reason::Cancelled,
            transport::Reason::Refused(rule) => faults::Reason::Refused(rule),
        };
        Self {
            delivery,
            reason,
            text: fault.text,
        }
    }
}

impl From<ipmi::Message> for transport::ipmi::Message {
    fn from(message: ipmi::Message) -> Self {
        Self {
            netfn: message.netfn,
            lun: message.lun,
            command: message.command,
            data: message.data.into(),
            via: message.via.map(|via| transport::ipmi::Bridge {
                channel: via.channel,
                address: via.address,
            }),
        }
    }
}

impl From<transport::ipmi::Reply> for ipmi::Reply {
    fn from(reply: transport::ipmi::Reply) -> Self {
        Self {
            completion: reply.completion,
            data: reply.data.into(),
        }
    }
}
