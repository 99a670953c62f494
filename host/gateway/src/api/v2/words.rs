//! The rules' vocabulary in the words of the API.

use switchyard_core::machine::Deadline;
use switchyard_core::outcome::{Fault, Proof};
use switchyard_core::plan::Step;
use switchyard_core::power::Level;
use switchyard_core::reservation::Reason;
use switchyard_core::{
    Delivery, Executed, Fact, Failure, Kind, Observation, Outcome, PowerState, Primitive, Timestamp,
};
use switchyard_wire::v2;

use crate::api::time::rfc3339;

pub(super) fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Node => "node",
        Kind::Chassis => "chassis",
        Kind::Module => "module",
        Kind::Router => "router",
        Kind::Controller => "controller",
        Kind::Outlet => "outlet",
        Kind::NetworkSwitch => "network-switch",
        Kind::Other => "other",
    }
}

pub(super) fn state(state: PowerState) -> &'static str {
    match state {
        PowerState::On => "on",
        PowerState::Off => "off",
        PowerState::PoweringOn => "powering-on",
        PowerState::PoweringOff => "powering-off",
        PowerState::Paused => "paused",
        PowerState::Asleep => "asleep",
        PowerState::Unknown => "unknown",
    }
}

pub(super) fn level(level: Level) -> &'static str {
    match level {
        Level::On => "on",
        Level::Off => "off",
    }
}

pub(super) fn step(step: Step) -> String {
    match step {
        Step::On => "on".to_owned(),
        Step::Shutdown => "shutdown".to_owned(),
        Step::ForceOff { .. } => "force-off".to_owned(),
        Step::Restart { primitive } => primitive.to_string(),
        Step::Interrupt => Primitive::Nmi.to_string(),
    }
}

pub(super) fn deadline(deadline: Deadline) -> v2::Deadline {
    match deadline {
        Deadline::SkipConfirmation => v2::Deadline::SkipConfirmation,
        Deadline::Within(time) => v2::Deadline::Within {
            seconds: time.as_secs(),
        },
        Deadline::Unbounded => v2::Deadline::Unbounded,
    }
}

pub(super) fn failure(failure: &Failure) -> v2::Failure {
    v2::Failure {
        code: failure.cause.code().to_owned(),
        status: failure.status,
        codes: failure.codes.clone(),
        text: failure.text.clone(),
        retry_after_ms: failure
            .retry_after
            .map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)),
    }
}

/// How far a request got: its delivery, what that proves about execution, and the status.
pub(super) fn delivery(delivery: Delivery) -> (&'static str, Option<&'static str>, Option<u16>) {
    match delivery {
        Delivery::NotSent => ("not-sent", None, None),
        Delivery::MaybeSent => ("maybe-sent", None, None),
        Delivery::Answered { status, executed } => {
            let executed = match executed {
                Executed::No => "no",
                Executed::Accepted => "accepted",
                Executed::Unknown => "unknown",
            };
            ("answered", Some(executed), Some(status))
        }
    }
}

pub(super) fn outcome(outcome: &Outcome, at: Timestamp) -> v2::Outcome {
    let mut shown = v2::Outcome {
        name: outcome.name().to_owned(),
        success: outcome.is_success(),
        confirmed: is_confirmed(outcome),
        controller: None,
        at: rfc3339(at),
        confirmed_at: confirmed_at(outcome).map(rfc3339),
        evidence: evidence(outcome),
        reason: None,
        state: None,
        primitive: None,
        sent: None,
        by: None,
        failure: None,
    };
    match outcome {
        Outcome::Verified { .. } | Outcome::Already { .. } | Outcome::Unproven | Outcome::Cancelled => {}
        Outcome::Failed { fault } => show_fault(fault, &mut shown),
        Outcome::TimedOut { sent, last } => {
            shown.sent = Some(*sent);
            shown.failure = last.as_ref().map(failure);
        }
        Outcome::Superseded { by } => shown.by = Some(by.to_string()),
        Outcome::Absorbed { into } => shown.by = Some(into.to_string()),
        Outcome::CancelledAfterSend { left } => shown.state = Some(state(*left).to_owned()),
        Outcome::Uncertain { primitive } => shown.primitive = Some(primitive.to_string()),
    }
    shown
}

/// Whether a reading from the BMC shows that the component is as asked.
pub(super) fn is_confirmed(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Verified { .. } | Outcome::Already { .. })
}

/// When the reading that confirms it was asked for.
fn confirmed_at(outcome: &Outcome) -> Option<Timestamp> {
    match outcome {
        Outcome::Already { reading }
        | Outcome::Verified {
            proof: Proof::Reading { reading },
        } => Some(reading.at),
        Outcome::Verified {
            proof: Proof::Evidence { at, .. } | Proof::SeenOff { at } | Proof::SeenAway { at },
        } => Some(*at),
        _ => None,
    }
}

/// What confirms it, in a sentence.
fn evidence(outcome: &Outcome) -> Option<String> {
    match outcome {
        Outcome::Already { reading } => Some(format!(
            "the BMC reported {:?}, and nothing was sent",
            reading.raw
        )),
        Outcome::Verified { proof } => Some(match proof {
            Proof::Reading { reading } => format!("after the send the BMC reported {:?}", reading.raw),
            Proof::Evidence {
                name, before, after, ..
            } => {
                format!("{name} was {before:?} before the send and {after:?} after it")
            }
            Proof::SeenOff { .. } => "it was seen away from on after the send, and is on again".to_owned(),
            Proof::SeenAway { .. } => {
                "its controller stopped answering after the send, and answers again".to_owned()
            }
        }),
        _ => None,
    }
}

/// A failure that nobody but the service has words for.
pub(super) fn own_words(code: &str, text: String) -> v2::Failure {
    v2::Failure {
        code: code.to_owned(),
        status: None,
        codes: Vec::new(),
        text,
        retry_after_ms: None,
    }
}

/// Why SMD did not reserve a component, with its own word.
fn not_reserved(why: &Reason, bad_deputy_key: bool) -> v2::Failure {
    let deputy = if bad_deputy_key {
        "; the deputy key that came with the request is not valid"
    } else {
        ""
    };
    own_words(
        why.code(),
        format!("SMD does not reserve the component: {why}{deputy}"),
    )
}

fn show_fault(fault: &Fault, shown: &mut v2::Outcome) {
    let reason = match fault {
        Fault::WrongState { state: found } => {
            shown.state = Some(state(*found).to_owned());
            "wrong-state"
        }
        Fault::Unsupported => "unsupported",
        Fault::NoPrimitive => "no-primitive",
        Fault::NotPrepared { failure: met } => {
            shown.failure = Some(failure(met));
            "not-prepared"
        }
        Fault::Refused {
            primitive,
            failure: words,
        } => {
            shown.primitive = Some(primitive.to_string());
            shown.failure = Some(failure(words));
            "refused"
        }
        Fault::NotReserved { why, bad_deputy_key } => {
            shown.failure = Some(not_reserved(why, *bad_deputy_key));
            "not-reserved"
        }
        Fault::ReservationLost { left } => {
            shown.state = Some(state(*left).to_owned());
            let text = "the reservation in SMD was lost before the next step; what was sent before is done";
            shown.failure = Some(own_words("smd.reservation-lost", text.to_owned()));
            "reservation-lost"
        }
        Fault::Dependency { task, text, .. } => {
            shown.by = task.map(|task| task.to_string());
            shown.failure = Some(own_words("task.dependency", text.clone()));
            "dependency"
        }
    };
    shown.reason = Some(reason.to_owned());
}

/// What shows that a task is done, where anything does.
pub(super) fn proof(outcome: &Outcome) -> Option<v2::Proof> {
    match outcome {
        Outcome::Already { reading } => Some(reading_proof(reading)),
        Outcome::Verified { proof } => Some(match proof {
            Proof::Reading { reading } => reading_proof(reading),
            Proof::Evidence {
                name,
                before,
                after,
                at,
            } => v2::Proof::Evidence {
                name: name.clone(),
                before: before.clone(),
                after: after.clone(),
                at: rfc3339(*at),
            },
            Proof::SeenOff { at } => v2::Proof::SeenOff { at: rfc3339(*at) },
            Proof::SeenAway { at } => v2::Proof::SeenAway { at: rfc3339(*at) },
        }),
        _ => None,
    }
}

fn reading_proof(reading: &Observation) -> v2::Proof {
    v2::Proof::Reading {
        state: state(reading.state).to_owned(),
        raw: reading.raw.clone(),
        at: rfc3339(reading.at),
        evidence: reading.evidence.iter().cloned().map(fact).collect(),
    }
}

/// One thing known.
pub(super) fn fact(fact: Fact) -> v2::Fact {
    v2::Fact {
        name: fact.name,
        value: fact.value,
    }
}
