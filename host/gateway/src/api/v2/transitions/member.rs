//! One component's part of a transition.

use switchyard_core::TaskId;
use switchyard_core::admission::Disposition;
use switchyard_store::{Displaced, How, MemberRecord, Part, TaskRecord, TransitionRecord};
use switchyard_wire::v2;

use super::show::ended_at;
use crate::api::pcs::transitions::member;
use crate::api::standing;
use crate::api::time::rfc3339;
use crate::api::v2::{tasks, waiting, words};
use crate::engine::Engine;

/// The outcome of a name that got no task.
const REFUSED: &str = "refused";

/// A member as it stands.
pub(super) fn show(
    engine: &Engine,
    transition: &TransitionRecord,
    record: &MemberRecord,
    task: Option<&TaskRecord>,
    attempts: u32,
) -> v2::Member {
    let waiting = task.and_then(|task| engine.wait(&task.component, task.id));
    let waits_for = waiting.as_ref().map(ToString::to_string);
    let text = member::text(transition.operation, record, task, waits_for.as_deref());
    let bare = v2::Member {
        name: record.name.clone(),
        component: None,
        task: None,
        via: None,
        standing: standing::wire(text.standing),
        phase: None,
        attempts: None,
        paused: false,
        outcome: None,
        confirmed: None,
        ended_at: None,
        departed: record.departure.is_some(),
        included: record.included,
        description: text.description,
        waiting_for: None,
        failure: None,
        disposition: Some(disposition(record)),
    };
    match (task, &record.part) {
        (Some(task), _) => {
            let machine = member::machine(record, task);
            let via = if task.transition == transition.id {
                "own"
            } else {
                "joined"
            };
            let outcome = machine.outcome();
            v2::Member {
                component: Some(task.component.to_string()),
                task: Some(task.id.to_string()),
                via: Some(via.to_owned()),
                phase: Some(machine.phase.name().to_owned()),
                attempts: Some(attempts),
                paused: task.paused && outcome.is_none(),
                outcome: outcome.map(|outcome| outcome.name().to_owned()),
                confirmed: outcome.map(words::is_confirmed),
                ended_at: ended_at(&machine).map(rfc3339),
                waiting_for: waiting::waiting_for(&machine, waiting.as_ref()),
                failure: tasks::last_failure(&machine).or_else(|| tasks::own_failure(&machine, text.error)),
                ..bare
            }
        }
        (None, Part::Refused { refusal }) => {
            let why = member::explain(refusal);
            v2::Member {
                outcome: Some(REFUSED.to_owned()),
                confirmed: Some(false),
                ended_at: Some(rfc3339(transition.created_at)),
                failure: Some(words::own_words(why.code, why.text)),
                ..bare
            }
        }
        (None, Part::Task { task }) => v2::Member {
            task: Some(task.to_string()),
            ..bare
        },
    }
}

/// What became of the request for the component when it came.
pub(in crate::api::v2) fn disposition(record: &MemberRecord) -> v2::Disposition {
    let mut shown = v2::Disposition {
        name: String::new(),
        behind: None,
        superseded: Vec::new(),
        absorbed: Vec::new(),
        overtaken: None,
    };
    let (name, behind): (&str, Option<TaskId>) = match (&record.part, &record.how) {
        (Part::Refused { .. }, _) => (REFUSED, None),
        (Part::Task { .. }, None) => ("starts", None),
        (Part::Task { .. }, Some(how)) => {
            shown.superseded = how.superseded.iter().map(displaced).collect();
            shown.absorbed = how.absorbed.iter().map(displaced).collect();
            shown.overtaken = how.overtaken.as_ref().map(displaced);
            of_how(how)
        }
    };
    name.clone_into(&mut shown.name);
    shown.behind = behind.map(|task| task.to_string());
    shown
}

fn of_how(how: &How) -> (&'static str, Option<TaskId>) {
    match how.disposition {
        Disposition::Starts => ("starts", None),
        Disposition::Queues { behind } => ("queues", Some(behind)),
        Disposition::Joins { .. } => ("joins", None),
        Disposition::Refused { .. } => (REFUSED, None),
    }
}

fn displaced(displaced: &Displaced) -> v2::Displaced {
    v2::Displaced {
        task: displaced.task.to_string(),
        component: displaced.component.to_string(),
        transition: displaced.transition.to_string(),
    }
}
