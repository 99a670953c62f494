//! What must hold in every history, whatever the BMC does and whenever the process dies.

use std::time::Duration;

use proptest::prelude::*;
use switchyard_core::machine::Deadline;
use switchyard_core::power::Level;
use switchyard_core::{Operation, Outcome, Primitive, Replay, TaskId, TransitionId};

use super::bmc::Request;
use super::engine::{CHANGE_TIMEOUT, Run};
use super::script::{Deed, Script, T0};
use super::store::{EXPIRES, Member};

pub(crate) type Checked = Result<(), TestCaseError>;

/// The requests of a task that may have been executed, as far as the host can tell.
pub(crate) fn open(run: &Run, task: TaskId) -> impl Iterator<Item = &Request> {
    let requests = run.bmc.requests.iter();
    requests.filter(move |request| request.task == task && !request.disproved)
}

/// A restart is executed at most once for each task, and never more often in all than there are restarts that were sent: ten requests
/// that share a restart are one.
pub(crate) fn restarts_are_single(run: &Run) -> Checked {
    let restarted = |task: TaskId| {
        let executed = run.bmc.executed.iter();
        executed
            .filter(|executed| executed.restarted && executed.task == task)
            .count()
    };
    let mut sent = 0;
    for task in &run.store.tasks {
        let times = restarted(task.id);
        prop_assert!(
            times <= 1,
            "task {:?} restarted the component {times} times",
            task.id
        );
        let restart = |request: &Request| request.primitive.replay_floor() == Replay::Never;
        sent += usize::from(open(run, task.id).any(restart));
    }
    let all = run
        .bmc
        .executed
        .iter()
        .filter(|executed| executed.restarted)
        .count();
    prop_assert!(all <= sent, "{all} restarts of {sent} tasks that sent one");
    Ok(())
}

/// A task that was superseded or absorbed in line, or cancelled before it sent, sends nothing.
pub(crate) fn what_ends_in_line_sends_nothing(run: &Run) -> Checked {
    let admissions = run.store.members.iter().map(|member| &member.admission);
    let displaced = admissions.flat_map(|admission| admission.superseded.iter().chain(&admission.absorbed));
    for task in displaced {
        let sent = open(run, *task).count();
        prop_assert_eq!(
            sent,
            0,
            "task {:?} was displaced in line and sent something",
            task
        );
    }
    for task in &run.store.tasks {
        let unsent = matches!(
            task.machine.outcome(),
            Some(Outcome::Cancelled | Outcome::Absorbed { .. } | Outcome::Already { .. })
        );
        let sent = open(run, task.id).count();
        prop_assert!(
            !unsent || sent == 0,
            "task {:?} ended as unsent and sent {sent} times",
            task.id
        );
    }
    Ok(())
}

/// After a task was told to stop nothing leaves for it any more, but for a restart that is to finish.
pub(crate) fn what_is_stopped_sends_no_more(run: &Run) -> Checked {
    for stopped in &run.stopped {
        let task = run.store.task(stopped.task);
        if stopped.finishes && task.machine.plan.len() > 1 {
            continue;
        }
        let requests = run.bmc.requests.iter();
        let late = requests.filter(|request| request.task == task.id && request.tick > stopped.tick);
        // Who lets a restart finish lets go what is intended already.
        let most = usize::from(stopped.finishes);
        prop_assert!(
            late.count() <= most,
            "sent after the task was to stop: {stopped:?}"
        );
    }
    Ok(())
}

/// Every accepted request ends once, and nobody leaves a task that ends or that nobody else wants.
pub(crate) fn every_request_ends_once(script: &Script, run: &Run) -> Checked {
    for member in &run.store.members {
        let expected = usize::from(member.task.is_some());
        prop_assert_eq!(member.ends.len(), expected, "ends of {:#?}", member);
        for (outcome, at) in &member.ends {
            let absorbed = matches!(outcome, Outcome::Absorbed { .. });
            prop_assert!(!absorbed, "only tasks are absorbed: {member:#?}");
            let took = at.since(member.demand.joined_at);
            let most = longest(script, run, member);
            prop_assert!(took <= most, "took {took:?}, not {most:?}: {member:#?}");
        }
    }
    for (task, goes_on) in &run.departures {
        prop_assert!(goes_on, "somebody left task {task:?}, which did not go on");
    }
    Ok(())
}

/// The longest time that a request may take: its wait, and the steps of its own deadline.
fn longest(script: &Script, run: &Run, member: &Member) -> Duration {
    let deadline = match member.demand.deadline {
        Deadline::Within(time) => time,
        Deadline::SkipConfirmation => Deadline::DEFAULT,
        Deadline::Unbounded => EXPIRES,
    };
    let pauses = script
        .deeds
        .iter()
        .any(|(_, deed)| matches!(deed, Deed::Pause(_)));
    let paused = if pauses { EXPIRES } else { Duration::ZERO };
    let limit = script
        .offers
        .iter()
        .map(|ability| ability.limit)
        .max()
        .unwrap_or_default();
    let away: u64 = script.away.iter().map(|(_, length)| *length).sum();
    let slack = Duration::from_mins(3);
    let step = script.start_within + deadline + limit + CHANGE_TIMEOUT + slack;
    script.start_within + paused + Duration::from_secs(away) + down(run) + step * 4
}

/// How long no process was there, with the time for which each death left something in flight.
pub(crate) fn down(run: &Run) -> Duration {
    run.crashes.iter().map(|(_, down)| *down + CHANGE_TIMEOUT).sum()
}

/// One task is active at a time, in the process and in the store.
pub(crate) fn one_is_active(run: &Run) -> Checked {
    let crowd = run.crowds.first();
    prop_assert!(crowd.is_none(), "active at once: {crowd:?}");
    Ok(())
}

/// Nobody's request ends as cancelled but by himself.
pub(crate) fn a_cancel_is_ones_own(run: &Run) -> Checked {
    for member in run.store.members.iter().filter(|member| !member.cancelled) {
        let cancelled =
            |outcome: &Outcome| matches!(outcome, Outcome::Cancelled | Outcome::CancelledAfterSend { .. });
        let by_others = member.ends.iter().any(|(outcome, _)| cancelled(outcome));
        prop_assert!(!by_others, "cancelled by another: {member:#?}");
    }
    Ok(())
}

/// Where nothing fails, the component is left at the level that was accepted last. A restart leaves it as it was, as does what the
/// component cannot do.
pub(crate) fn the_last_word_holds(script: &Script, run: &Run) -> Checked {
    let restarts = |member: &Member| match member.demand.operation {
        Operation::PowerCycle => !script.offers(Primitive::PowerCycle),
        Operation::FullPowerCycle => true,
        operation => operation.needs_on(),
    };
    // What was overtaken may still do what it was asked for, when the force-off that was to follow ends in line.
    let overtakers = run
        .store
        .members
        .iter()
        .filter(|member| member.admission.overtaken.is_some());
    let superseded = |(outcome, _): &(Outcome, _)| matches!(outcome, Outcome::Superseded { .. });
    if overtakers.flat_map(|member| &member.ends).any(superseded) {
        return Ok(());
    }
    let mut accepted = run
        .store
        .members
        .iter()
        .rev()
        .filter(|member| member.task.is_some());
    let last = accepted.find(|member| !restarts(member));
    let before = if script.starts_on { Level::On } else { Level::Off };
    let left = run.bmc.state(run.ended + Duration::from_hours(1));
    let level = last.map_or(before, |member| member.demand.operation.end_level());
    prop_assert!(left.is(level), "left {left:?} after {last:#?}");
    Ok(())
}

/// Where the history began, for messages.
pub(crate) fn tale(script: &Script, run: &Run) -> String {
    let mut lines = vec![format!("starts on: {}", script.starts_on)];
    for member in &run.store.members {
        let at = member.demand.joined_at.since(T0);
        let ends = member
            .ends
            .iter()
            .map(|(outcome, at)| format!("{} {:?}", outcome.name(), at.since(T0)));
        let ends = ends.collect::<Vec<_>>().join(", ");
        lines.push(format!(
            "{at:?} {} {:?}: {:?} ended {ends}",
            member.demand.operation, member.demand.deadline, member.admission
        ));
    }
    lines.extend(run.bmc.requests.iter().map(|request| {
        let at = request.at.since(T0);
        format!(
            "{at:?} sent {} of {:?}, disproved {}",
            request.primitive, request.task, request.disproved
        )
    }));
    lines.extend(run.bmc.executed.iter().map(|executed| {
        format!(
            "{:?} executed {} of {:?}",
            executed.at.since(T0),
            executed.primitive,
            executed.task
        )
    }));
    lines.push(format!("crashes {:?}", run.crashes));
    lines.join("\n")
}

/// Everybody but one gets the same, at the same time, and the same is executed for them.
pub(crate) fn others_get_the_same(one: &Run, other: &Run, but: TransitionId) -> Checked {
    let ends = |run: &Run| {
        let others = run
            .store
            .members
            .iter()
            .filter(|member| member.demand.transition != but);
        let ends = others.map(|member| (member.demand.transition, member.ends.clone()));
        ends.collect::<Vec<_>>()
    };
    prop_assert_eq!(ends(one), ends(other), "a cancel changed what others get");
    prop_assert_eq!(
        &one.bmc.executed,
        &other.bmc.executed,
        "a cancel changed what is executed"
    );
    Ok(())
}
