//! What a pause, or its end, comes to.

use switchyard_core::admission::Conflict;
use switchyard_store::{PauseAnswer, Paused, TaskRecord};
use switchyard_wire::v2;

/// What happened to these tasks, and to those that were left alone because others share them.
pub(super) fn show(answers: &[Paused], shared: &[&TaskRecord]) -> v2::Paused {
    let changed = answers.iter().filter(|paused| is_change(&paused.answer)).count();
    let mut tasks: Vec<v2::PausedTask> = answers.iter().map(task).collect();
    tasks.extend(shared.iter().map(|task| v2::PausedTask {
        component: task.component.to_string(),
        task: task.id.to_string(),
        result: "unchanged".to_owned(),
        text: Some("others share it; pause the task itself to pause it for all of them".to_owned()),
    }));
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    v2::Paused {
        changed: count(changed),
        unchanged: count(tasks.len().saturating_sub(changed)),
        tasks,
    }
}

fn is_change(answer: &PauseAnswer) -> bool {
    match answer {
        PauseAnswer::Paused | PauseAnswer::Resumed | PauseAnswer::Absorbed { .. } => true,
        PauseAnswer::Unchanged | PauseAnswer::Refused { .. } => false,
    }
}

fn task(Paused { record, answer }: &Paused) -> v2::PausedTask {
    let (result, text) = match answer {
        PauseAnswer::Paused => ("paused", None),
        PauseAnswer::Resumed => ("resumed", None),
        PauseAnswer::Absorbed { into, .. } => ("absorbed", Some(format!("it shares task {into} now"))),
        PauseAnswer::Unchanged => (
            "unchanged",
            Some("something was sent for it, it has ended, or it is so already".to_owned()),
        ),
        PauseAnswer::Refused { conflict } => ("refused", Some(refused(*conflict).to_owned())),
    };
    v2::PausedTask {
        component: record.component.to_string(),
        task: record.id.to_string(),
        result: result.to_owned(),
        text,
    }
}

fn refused(conflict: Conflict) -> &'static str {
    match conflict {
        Conflict::QueueFull => "the line of the component is full; it stays paused",
        Conflict::TooManyJoined { .. } => "too many requests share the task it would join; it stays paused",
        Conflict::WouldBeOff { .. } => "an off is in line, behind which no restart can come; it stays paused",
        Conflict::Busy { .. } => "there is work in line; it stays paused",
    }
}
