//! One component's part of a configuration.

use switchyard_core::configuration::admission::Disposition;
use switchyard_core::configuration::{Attempt, Fault, Machine, Objection, Outcome, Phase};
use switchyard_core::{Standing, Timestamp};
use switchyard_store::{ConfigurationMember, ConfigurationRecord, ConfigurationTask, Part};
use switchyard_wire::v2;

use crate::api::standing;
use crate::api::time::rfc3339;
use crate::api::v2::obstacles::explain;
use crate::api::v2::{settings, words};
use crate::engine::Engine;

/// The outcome of a name that got no task.
const REFUSED: &str = "refused";

/// A member as it stands.
pub(super) fn show(
    engine: &Engine,
    configuration: &ConfigurationRecord,
    record: &ConfigurationMember,
    task: Option<&ConfigurationTask>,
) -> v2::ConfigurationMember {
    let Some(task) = task else {
        let ended_at = Some(rfc3339(configuration.created_at));
        return v2::ConfigurationMember {
            ended_at,
            ..draft(record)
        };
    };
    let machine = &task.machine;
    let left = record.departed_at.map(|at| (Outcome::Cancelled, at));
    let end = left.or_else(|| match &machine.phase {
        Phase::Done { outcome, at } => Some((outcome.clone(), *at)),
        _ => None,
    });
    let via = if task.configuration == configuration.id {
        "own"
    } else {
        "joined"
    };
    let stands = match &end {
        Some(_) if record.departed_at.is_some() => Standing::Failed,
        _ => Standing::from(machine),
    };
    let outcome = end.as_ref().map(|(outcome, _)| outcome);
    v2::ConfigurationMember {
        component: Some(task.component.to_string()),
        via: Some(via.to_owned()),
        standing: standing::wire(stands),
        phase: Some(machine.phase.name().to_owned()),
        outcome: outcome.map(|outcome| outcome.name().to_owned()),
        confirmed: outcome.map(Outcome::is_success),
        ended_at: end.as_ref().map(|(_, at)| rfc3339(*at)),
        description: describe(machine, outcome),
        waiting_for: waiting_for(engine, task, outcome),
        before: machine.before.as_ref().map(settings::reading),
        now: machine.seen.as_ref().map(settings::reading),
        failure: failure(machine, outcome),
        problems: objections(machine, outcome).iter().map(problem).collect(),
        attempts: machine.attempts.iter().map(attempt).collect(),
        ..draft(record)
    }
}

/// A member as it was decided, without its task.
pub(super) fn draft(record: &ConfigurationMember) -> v2::ConfigurationMember {
    let refused = match &record.part {
        Part::Refused { refusal } => Some(explain(refusal)),
        Part::Task { .. } => None,
    };
    let counted = record.counted.map(|counted| counted.standing);
    let stands = counted.unwrap_or(Standing::New);
    v2::ConfigurationMember {
        name: record.name.clone(),
        component: None,
        task: match &record.part {
            Part::Task { task } => Some(task.to_string()),
            Part::Refused { .. } => None,
        },
        via: None,
        standing: standing::wire(stands),
        phase: None,
        outcome: refused.as_ref().map(|_| REFUSED.to_owned()),
        confirmed: refused.as_ref().map(|_| false),
        ended_at: None,
        description: refused
            .as_ref()
            .map_or_else(|| "Waiting".to_owned(), |(_, text, _)| text.clone()),
        waiting_for: None,
        before: None,
        now: None,
        failure: refused.map(|(code, text, _)| words::own_words(code, text)),
        problems: Vec::new(),
        attempts: Vec::new(),
        disposition: Some(disposition(record)),
    }
}

fn disposition(record: &ConfigurationMember) -> v2::SettingDisposition {
    let (name, behind) = match (&record.part, &record.how) {
        (Part::Refused { .. }, _) => (REFUSED, None),
        (Part::Task { .. }, None) => ("starts", None),
        (Part::Task { .. }, Some(how)) => match how.disposition {
            Disposition::Starts => ("starts", None),
            Disposition::Queues { behind } => ("queues", Some(behind)),
            Disposition::Joins { .. } => ("joins", None),
            Disposition::TooManyJoined { .. } => (REFUSED, None),
        },
    };
    let superseded = record.how.iter().flat_map(|how| &how.superseded);
    v2::SettingDisposition {
        name: name.to_owned(),
        behind: behind.map(|task| task.to_string()),
        superseded: superseded
            .map(|replaced| v2::Superseded {
                task: replaced.task.to_string(),
                configuration: replaced.configuration.to_string(),
            })
            .collect(),
    }
}

fn describe(machine: &Machine, outcome: Option<&Outcome>) -> String {
    let Some(outcome) = outcome else {
        return match &machine.phase {
            Phase::Queued => "Waiting".to_owned(),
            Phase::Reading => "Reading the component".to_owned(),
            Phase::Backoff { reason, .. } => format!("Waiting for the next try, after: {reason}"),
            Phase::Intent { .. } => "Sending".to_owned(),
            Phase::Pending { .. } => "The BMC works on it".to_owned(),
            Phase::Verifying { .. } => "Reading back what was sent".to_owned(),
            Phase::Refused { failure, .. } => format!("Refused, reading once more: {failure}"),
            Phase::Closing | Phase::Done { .. } => "Cancelled; one last reading".to_owned(),
        };
    };
    match outcome {
        Outcome::Verified => "Set, and read back".to_owned(),
        Outcome::Already => "It was so already; nothing was sent".to_owned(),
        Outcome::Read => "Read".to_owned(),
        Outcome::Failed { fault } => match fault {
            Fault::NotRead { failure } => format!("It could not be read, and nothing was sent: {failure}"),
            Fault::Invalid { objections } => format!("Nothing was sent: {}", all(objections)),
            Fault::Refused { failure } => format!("The BMC refused it: {failure}"),
        },
        Outcome::TimedOut { sent: true, .. } => "Sent, and no reading showed it in time".to_owned(),
        Outcome::TimedOut { sent: false, .. } => "The time to start was over; nothing was sent".to_owned(),
        Outcome::Superseded { by } => format!("Configuration {by} took its place; nothing was sent"),
        Outcome::Cancelled => "Cancelled".to_owned(),
        Outcome::CancelledAfterSend => "Cancelled after it was sent".to_owned(),
    }
}

fn all(objections: &[Objection]) -> String {
    let texts: Vec<String> = objections.iter().map(ToString::to_string).collect();
    texts.join("; ")
}

/// What cannot be set: the cause of a failure, or what a success left out.
fn objections<'a>(machine: &'a Machine, outcome: Option<&'a Outcome>) -> &'a [Objection] {
    match outcome {
        Some(Outcome::Failed {
            fault: Fault::Invalid { objections },
        }) => objections,
        _ => &machine.objections,
    }
}

fn problem(objection: &Objection) -> v2::SettingProblem {
    v2::SettingProblem {
        code: objection.code().to_owned(),
        text: objection.to_string(),
    }
}

fn failure(machine: &Machine, outcome: Option<&Outcome>) -> Option<v2::Failure> {
    match outcome {
        None => match &machine.phase {
            Phase::Backoff { reason, .. } => Some(words::failure(reason)),
            Phase::Refused { failure, .. } => Some(words::failure(failure)),
            Phase::Verifying { sent } | Phase::Pending { sent, .. } => {
                sent.words.as_ref().map(words::failure)
            }
            _ => None,
        },
        Some(Outcome::Failed { fault }) => Some(match fault {
            Fault::NotRead { failure } | Fault::Refused { failure } => words::failure(failure),
            Fault::Invalid { objections } => {
                let code = objections.first().map_or("driver.failed", Objection::code);
                words::own_words(code, all(objections))
            }
        }),
        Some(Outcome::TimedOut { last, .. }) => Some(last.as_ref().map_or_else(
            || words::own_words("setting.timed-out", describe(machine, outcome)),
            words::failure,
        )),
        Some(Outcome::Superseded { .. }) => {
            Some(words::own_words("setting.superseded", describe(machine, outcome)))
        }
        Some(
            Outcome::Verified
            | Outcome::Already
            | Outcome::Read
            | Outcome::Cancelled
            | Outcome::CancelledAfterSend,
        ) => None,
    }
}

fn attempt(attempt: &Attempt) -> v2::SettingAttempt {
    let delivery = attempt.delivery.map(words::delivery);
    v2::SettingAttempt {
        permit: attempt.permit.to_string(),
        intent_at: rfc3339(attempt.intent_at),
        ended_at: attempt.ended_at.map(rfc3339),
        delivery: delivery.map(|(name, ..)| name.to_owned()),
        status: delivery.and_then(|(_, _, status)| status),
        failure: attempt.failure.as_ref().map(words::failure),
    }
}

/// What an unfinished task waits for.
fn waiting_for(
    engine: &Engine,
    task: &ConfigurationTask,
    outcome: Option<&Outcome>,
) -> Option<v2::WaitingFor> {
    if outcome.is_some() {
        return None;
    }
    let machine = &task.machine;
    let verified_by = machine.sent_since.map(|since| since + machine.verify_within);
    let (what, text, until): (_, _, Option<Timestamp>) = match &machine.phase {
        Phase::Queued => match engine.holds_on(&task.component).first() {
            Some(hold) => (
                "hold",
                format!("the end of a hold by {}: {}", hold.by, hold.reason),
                Some(hold.until.min(machine.start_by)),
            ),
            None => ("turn", "its turn".to_owned(), Some(machine.start_by)),
        },
        Phase::Reading => (
            "reading",
            "a fresh reading of its component".to_owned(),
            Some(machine.start_by),
        ),
        Phase::Backoff { until, reason } => ("retry", format!("the next try, after: {reason}"), Some(*until)),
        Phase::Intent { .. } => ("answer", "the answer of the BMC".to_owned(), None),
        Phase::Pending { .. } => ("bmc-task", "the BMC's own task".to_owned(), verified_by),
        Phase::Verifying { .. } => ("proof", "a reading that shows it".to_owned(), verified_by),
        Phase::Refused { .. } => ("reading", "a reading after the refusal".to_owned(), None),
        Phase::Closing => ("reading", "one last reading after the cancel".to_owned(), None),
        Phase::Done { .. } => return None,
    };
    Some(v2::WaitingFor {
        what: what.to_owned(),
        text,
        until: until.map(rfc3339),
    })
}
