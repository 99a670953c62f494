//! Between the SDK's types and those of `core`, for native calls.

use std::time::Duration;

use switchyard_core as core;
use switchyard_driver_sdk as sdk;
use switchyard_drivers as drivers;
use switchyard_transport as transport;
use switchyard_transport::Scope;
use tokio::time::Instant;

fn ms(ms: u32) -> Duration {
    Duration::from_millis(u64::from(ms))
}

macro_rules! same {
    ($name:ident, $from:ty => $to:ty, $($variant:ident),+) => {
        pub(crate) fn $name(value: $from) -> $to {
            match value { $(<$from>::$variant => <$to>::$variant),+ }
        }
    };
}

same!(kind, sdk::Kind => core::Kind, Node, Chassis, Module, Router, Controller, Outlet, NetworkSwitch, Other);
same!(sdk_kind, core::Kind => sdk::Kind, Node, Chassis, Module, Router, Controller, Outlet, NetworkSwitch, Other);
same!(state, sdk::PowerState => core::PowerState, On, Off, PoweringOn, PoweringOff, Paused, Asleep, Unknown);
same!(replay, sdk::Replay => core::Replay, Safe, IfUnchanged, Never);
same!(what, sdk::Primitive => core::Primitive, On, ForceOn, ForceOff, GracefulShutdown, GracefulRestart, ForceRestart,
    PowerCycle, FullPowerCycle, PushPowerButton, Nmi, Suspend, Pause, Resume);
same!(primitive, core::Primitive => sdk::Primitive, On, ForceOn, ForceOff, GracefulShutdown, GracefulRestart, ForceRestart,
    PowerCycle, FullPowerCycle, PushPowerButton, Nmi, Suspend, Pause, Resume);
same!(light, core::Light => sdk::Light, Off, Lit, Blinking, Unknown);
same!(core_light, sdk::Light => core::Light, Off, Lit, Blinking, Unknown);
same!(method, sdk::Method => transport::Method, Get, Head, Post, Patch, Put, Delete);

pub(crate) fn fact(fact: sdk::Fact) -> core::Fact {
    core::Fact {
        name: fact.name,
        value: fact.value,
    }
}

fn facts(facts: Vec<sdk::Fact>) -> Vec<core::Fact> {
    facts.into_iter().map(fact).collect()
}

pub(crate) fn subject(subject: &core::Subject) -> sdk::Subject {
    sdk::Subject {
        kind: sdk_kind(subject.kind),
        id: subject.id.clone(),
    }
}

fn core_subject(subject: sdk::Subject) -> core::Subject {
    core::Subject {
        kind: kind(subject.kind),
        id: subject.id,
    }
}

pub(crate) fn observation(observation: sdk::Observation) -> core::Observation {
    core::Observation {
        state: state(observation.state),
        raw: observation.raw,
        evidence: facts(observation.evidence),
        at: core::Timestamp::default(),
        controller: None,
    }
}

pub(crate) fn findings(findings: sdk::Findings) -> drivers::Findings {
    let pace = findings.pace;
    drivers::Findings {
        identity: facts(findings.identity),
        pace: core::Pace {
            parallel: pace.parallel.max(1),
            gap: ms(pace.gap_ms),
            settle: ms(pace.settle_ms),
            poll: ms(pace.poll_ms),
        },
        members: findings.members.into_iter().map(member).collect(),
    }
}

fn member(member: sdk::Member) -> drivers::Member {
    let ability = |ability: sdk::Ability| core::Ability {
        what: what(ability.what),
        replay: replay(ability.replay),
        advertised: ability.advertised,
        usual: ms(ability.usual_ms),
        limit: ms(ability.limit_ms).max(ms(ability.usual_ms)),
    };
    drivers::Member {
        subject: core_subject(member.subject),
        name: member.name,
        parent: member.parent.map(core_subject),
        abilities: member.abilities.into_iter().map(ability).collect(),
        facts: facts(member.facts),
    }
}

pub(crate) fn submitted(submitted: sdk::Submitted) -> drivers::Submitted {
    match submitted {
        sdk::Submitted::Accepted => drivers::Submitted::Accepted,
        sdk::Submitted::Already => drivers::Submitted::Already,
        sdk::Submitted::Pending(pending) => drivers::Submitted::Pending {
            handle: pending.handle,
            poll_after: ms(pending.poll_after_ms),
        },
    }
}

pub(crate) fn progress(progress: sdk::Progress, scope: &Scope) -> drivers::Progress {
    match progress {
        sdk::Progress::Done => drivers::Progress::Done,
        sdk::Progress::Gone => drivers::Progress::Gone,
        sdk::Progress::Failed(failed) => drivers::Progress::Failed(failure(failed, scope)),
        sdk::Progress::Running(pending) => drivers::Progress::Running {
            handle: pending.handle,
            poll_after: ms(pending.poll_after_ms),
        },
    }
}

fn cause(cause: sdk::Cause) -> core::Cause {
    use sdk::Cause as C;
    match cause {
        C::Unreachable => core::Cause::Unreachable,
        C::Tls => core::Cause::Tls,
        C::Auth => core::Cause::Auth,
        C::Forbidden => core::Cause::Forbidden,
        C::Busy => core::Cause::Busy,
        C::NotFound => core::Cause::NotFound,
        C::NotSupported => core::Cause::NotSupported,
        C::Invalid => core::Cause::Invalid,
        C::Conflict => core::Cause::Conflict,
        C::Locked => core::Cause::Locked,
        C::NeedsConsent => core::Cause::NeedsConsent,
        C::Cancelled => core::Cause::Cancelled,
        C::RefusedByHost => core::Cause::RefusedByHost,
        C::Malformed => core::Cause::Malformed,
        C::Other(word) => core::Cause::Other(word),
    }
}

/// The failure of a driver. As in the runtime, a call without an answer whose time was up or that was cancelled says so.
pub(crate) fn failure(failure: sdk::Failure, scope: &Scope) -> core::Failure {
    let mut failure = core::Failure {
        cause: cause(failure.cause),
        status: failure.status.and_then(|status| u16::try_from(status).ok()),
        codes: failure.codes,
        text: failure.text,
        retry_after: failure.retry_after_ms.map(ms),
    };
    failure.clamp();
    if failure.cause == core::Cause::Unreachable && failure.status.is_none() {
        if scope.cancel.is_cancelled() {
            failure.cause = core::Cause::Cancelled;
        } else if scope.due() <= Instant::now() {
            failure.cause = core::Cause::Timeout;
        }
    }
    failure
}

pub(crate) fn request(request: &sdk::Request) -> transport::Request {
    transport::Request {
        method: method(request.method),
        path: request.path.clone(),
        headers: request.headers.clone(),
        body: request.body.clone().into(),
        anonymous: request.anonymous,
        timeout: ms(request.timeout_ms),
    }
}

pub(crate) fn response(response: transport::Response) -> sdk::Response {
    sdk::Response {
        status: response.status,
        headers: response.headers,
        body: response.body.into(),
    }
}

pub(crate) fn message(message: &sdk::Message) -> transport::ipmi::Message {
    transport::ipmi::Message {
        netfn: message.netfn,
        lun: message.lun,
        command: message.command,
        data: message.data.clone().into(),
        via: message.via.map(|via| transport::ipmi::Bridge {
            channel: via.channel,
            address: via.address,
        }),
    }
}

pub(crate) fn reply(reply: transport::ipmi::Reply) -> sdk::Reply {
    sdk::Reply {
        completion: reply.completion,
        data: reply.data.into(),
    }
}

pub(crate) fn fault(fault: transport::Fault) -> sdk::Fault {
    use transport::Reason as R;
    sdk::Fault {
        delivery: match fault.delivery {
            transport::FaultDelivery::NotSent => sdk::Delivery::NotSent,
            transport::FaultDelivery::MaybeSent => sdk::Delivery::MaybeSent,
        },
        reason: match fault.reason {
            R::Unreachable => sdk::Reason::Unreachable,
            R::Tls => sdk::Reason::Tls,
            R::Auth | R::NoLogin => sdk::Reason::Auth,
            R::Timeout => sdk::Reason::Timeout,
            R::Cut => sdk::Reason::Cut,
            R::TooLarge => sdk::Reason::TooLarge,
            R::SessionFull => sdk::Reason::SessionFull,
            R::Cancelled => sdk::Reason::Cancelled,
            R::Refused(rule) => sdk::Reason::Refused(rule),
        },
        text: fault.text,
    }
}

fn watts(watts: Option<f64>) -> Option<core::Watts> {
    watts.and_then(core::Watts::new)
}

pub(crate) fn limit(limit: sdk::Limit) -> core::PowerLimit {
    core::PowerLimit {
        id: limit.id,
        name: limit.name,
        watts: watts(limit.watts),
        min: watts(limit.min),
        max: watts(limit.max),
        mode: match limit.mode {
            sdk::LimitMode::Automatic => core::LimitMode::Automatic,
            sdk::LimitMode::OverrideMode => core::LimitMode::Override,
            sdk::LimitMode::Manual => core::LimitMode::Manual,
            sdk::LimitMode::Disabled => core::LimitMode::Disabled,
            sdk::LimitMode::Unknown => core::LimitMode::Unknown,
        },
        writable: limit.writable,
        facts: facts(limit.facts),
    }
}

pub(crate) fn wanted_limit(wanted: &core::WantedLimit) -> sdk::WantedLimit {
    sdk::WantedLimit {
        id: wanted.id.clone(),
        watts: wanted.watts.map(core::Watts::get),
    }
}

pub(crate) fn indicator(state: sdk::Indicator) -> core::Indicator {
    core::Indicator {
        light: core_light(state.light),
        raw: state.raw,
        lights: state.lights.into_iter().map(core_light).collect(),
        facts: facts(state.facts),
    }
}
