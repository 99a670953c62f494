//! What requests are promised: what their disposition says, that a force-off waits for nobody, and that a grace is kept.

use std::time::Duration;

use proptest::prelude::*;
use switchyard_core::admission::{Disposition, Progress};
use switchyard_core::machine::Deadline;
use switchyard_core::{Demand, Operation, Outcome, Primitive, TaskId, Timestamp};

use super::check::{Checked, down};
use super::engine::Run;
use super::script::{Deed, Script};
use super::store::{Member, Task};

/// Every disposition is what happened.
pub(crate) fn dispositions_are_true(run: &Run) -> Checked {
    for member in &run.store.members {
        let displaced = |task: TaskId| {
            let admission = &member.admission;
            admission.superseded.contains(&task) || admission.absorbed.contains(&task)
        };
        let stays = |task: TaskId| member.met.iter().any(|met| met.task == task) && !displaced(task);
        match member.admission.disposition {
            Disposition::Starts => {
                let front = member
                    .met
                    .iter()
                    .find(|met| !displaced(met.task) && met.progress != Progress::Paused);
                prop_assert!(front.is_none(), "it starts behind another: {member:#?}");
            }
            Disposition::Queues { behind } => prop_assert!(stays(behind), "it is behind nobody: {member:#?}"),
            Disposition::Joins { task } => {
                prop_assert!(stays(task), "it joins what has ended: {member:#?}");
                shares_the_fate(run, member, task)?;
            }
            Disposition::Refused { .. } => changes_nothing(run, member)?,
        }
        superseded_by_the_later(run, member)?;
    }
    Ok(())
}

/// Whether somebody who wants the one is served by the other.
fn serves(doing: Operation, wanted: Operation) -> bool {
    use Operation::{FullPowerCycle, HardRestart, Init, Nmi, On, PowerCycle, Reset, SoftRestart};
    match wanted {
        On => matches!(doing, On | Init),
        SoftRestart => matches!(doing, SoftRestart | HardRestart | Init),
        HardRestart => matches!(doing, HardRestart | Init),
        Init | Reset | PowerCycle | FullPowerCycle | Nmi => doing == wanted,
        Operation::Off | Operation::SoftOff | Operation::ForceOff => doing.end_level() == wanted.end_level(),
    }
}

/// Who joins a task gets its outcome, unless he leaves before it ends.
fn shares_the_fate(run: &Run, member: &Member, joined: TaskId) -> Checked {
    let doing = run.store.task(joined).machine.operation;
    let wanted = member.demand.operation;
    prop_assert!(serves(doing, wanted), "{wanted} is not served by {doing}");
    let mut task = run.store.task(joined);
    while let Some(Outcome::Absorbed { into }) = task.machine.outcome() {
        task = run.store.task(*into);
    }
    if !member.departed {
        let own = member.ends.first().map(|(outcome, _)| outcome);
        prop_assert_eq!(own, task.machine.outcome(), "it joined another fate");
    }
    Ok(())
}

/// A refused request has no task, and no task ends for it.
fn changes_nothing(run: &Run, member: &Member) -> Checked {
    let by = member.demand.transition;
    let touches =
        |task: &Task| task.transition == by || task.machine.outcome() == Some(&Outcome::Superseded { by });
    let touched = run.store.tasks.iter().any(touches);
    let admission = &member.admission;
    let moves = admission.superseded.len() + admission.absorbed.len();
    let changes = touched || moves > 0 || admission.overtaken.is_some() || member.task.is_some();
    prop_assert!(!changes, "a refused request changed something: {member:#?}");
    Ok(())
}

/// Only who comes later takes one's place.
fn superseded_by_the_later(run: &Run, member: &Member) -> Checked {
    for (outcome, _) in &member.ends {
        if let Outcome::Superseded { by } = outcome {
            let members = &run.store.members;
            let place = |id| members.iter().position(|other| other.demand.transition == id);
            let later = place(*by) > place(member.demand.transition);
            // A force-off that was paused has its old number and a new place; one that has left the line is no longer met there by who
            // joins, or is moved to, what it overtook and what is still in flight.
            let own = run.store.tasks.iter().find(|task| task.transition == *by);
            let joined = member.task.map(|task| Disposition::Joins { task });
            let joins = joined == Some(member.admission.disposition);
            let meets = |task: TaskId| joins && member.met.iter().any(|met| met.task == task);
            let again = own.is_some_and(|task| task.was_paused || !meets(task.id));
            prop_assert!(later || again, "superseded by an earlier request: {member:#?}");
        }
    }
    Ok(())
}

fn pauses(script: &Script) -> bool {
    script
        .deeds
        .iter()
        .any(|(_, deed)| matches!(deed, Deed::Pause(_)))
}

fn cuts(script: &Script) -> bool {
    script
        .offers
        .iter()
        .any(|ability| ability.what == Primitive::ForceOff)
}

/// How long it takes to act on what is decided: what is in flight ends, settles and is read, and the next intent leaves.
fn reaction(script: &Script, run: &Run) -> Duration {
    let times = script.times;
    let once = 2 * times.leave + times.send + 2 * times.read + 5 * times.store + times.settle + 2_000;
    let deaths = u32::try_from(run.crashes.len()).unwrap();
    let dead: Duration = run.crashes.iter().map(|(_, down)| *down).sum();
    Duration::from_millis(once) * (deaths + 1) + dead
}

/// A force-off that meets work which was sent cuts the power as soon as that can be: it waits for what is in flight and for the settle
/// time, and for nothing else.
pub(crate) fn a_force_off_waits_for_nobody(script: &Script, run: &Run) -> Checked {
    if !cuts(script) || !script.is_answering() || pauses(script) {
        return Ok(());
    }
    let within = reaction(script, run);
    for member in &run.store.members {
        let Demand {
            operation, joined_at, ..
        } = member.demand;
        let sent = member.met.iter().any(|met| met.progress == Progress::Sent);
        let Some(task) = member.task.filter(|_| sent && operation == Operation::ForceOff) else {
            continue;
        };
        let cut = first(run, task, Primitive::ForceOff);
        let ended = member.ends.first().map(|(_, at)| *at);
        let done = [cut, ended].into_iter().flatten().min();
        prop_assert!(
            done.is_some_and(|at| at <= joined_at + within),
            "a force-off waited longer than {within:?}: {member:#?}"
        );
    }
    Ok(())
}

fn first(run: &Run, task: TaskId, primitive: Primitive) -> Option<Timestamp> {
    let mut intents = run.intents.iter();
    let first = intents.find(|(of, what, _)| *of == task && *what == primitive);
    first.map(|(.., at)| *at)
}

/// When somebody wants the power to be cut, whose shutdown was first sent at `since`.
fn grace_end(demand: &Demand, since: Timestamp) -> Option<Timestamp> {
    match (demand.operation, demand.deadline) {
        (Operation::ForceOff, _) => Some(since.max(demand.joined_at)),
        (Operation::SoftOff | Operation::On, _) | (_, Deadline::SkipConfirmation | Deadline::Unbounded) => {
            None
        }
        (_, Deadline::Within(time)) => Some(since.max(demand.joined_at) + time),
    }
}

/// The power is cut after a shutdown only when the grace of somebody who shares the task has passed: never for a soft-off alone.
pub(crate) fn the_power_is_cut_for_somebody(run: &Run) -> Checked {
    for cut in &run.cuts {
        let since = first(run, cut.task, Primitive::GracefulShutdown).unwrap_or_default();
        let mut ends = cut.demands.iter().filter_map(|demand| grace_end(demand, since));
        prop_assert!(
            ends.any(|end| end <= cut.at),
            "nobody wanted the power to be cut: {cut:#?}"
        );
    }
    Ok(())
}

/// The power is cut when the first grace has passed.
pub(crate) fn a_grace_ends(script: &Script, run: &Run) -> Checked {
    if !cuts(script) || !script.is_answering() || pauses(script) {
        return Ok(());
    }
    let in_flight = Duration::from_millis(script.times.leave + script.times.send);
    let within = reaction(script, run) + down(run) + in_flight;
    for member in &run.store.members {
        let Some(task) = member.task else { continue };
        let Some(since) = first(run, task, Primitive::GracefulShutdown) else {
            continue;
        };
        let Some(end) = grace_end(&member.demand, since) else {
            continue;
        };
        // Who is moved to a task of which something was sent came to share it later than he came.
        let joined = member.admission.disposition == Disposition::Joins { task };
        if !joined && run.store.task(task).transition != member.demand.transition {
            continue;
        }
        let left = member.ends.first().map(|(_, at)| *at);
        let mut executed = run.bmc.executed.iter().filter(|executed| executed.at >= since);
        let off = executed.find(|executed| executed.primitive.level().is_some());
        let cut = first(run, task, Primitive::ForceOff);
        let done = [left, off.map(|executed| executed.at), cut]
            .into_iter()
            .flatten()
            .min();
        prop_assert!(
            done.is_some_and(|at| at <= end + within),
            "the grace of a request has passed and the power was not cut: {member:#?}"
        );
    }
    Ok(())
}
