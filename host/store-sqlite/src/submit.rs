//! Storing a request, all in a handful of statements whatever its size.

mod rows;

use std::collections::HashMap;

use serde_json::{Value, json};
use sqlx::SqliteConnection;
use switchyard_core::{Demand, Outcome, Standing, TaskId, Timestamp};
use switchyard_store::decision::{self, Decision, Situation};
use switchyard_store::event::kind;
use switchyard_store::{
    Counts, MemberRecord, NewEvent, OpenTask, Part, StoreError, Submission, SubmitAnswer, Submitted,
    TaskRecord, TransitionRecord,
};

use crate::moved::Moved;
use crate::reservation::NewKeys;
use crate::{audit, demands, dependency, ending, event, moved, outbox, place, situation};

/// Stores a request as it was decided. When the answer is a refusal, nothing has been written.
pub(crate) async fn submit(
    conn: &mut SqliteConnection,
    submission: Submission,
) -> Result<SubmitAnswer, StoreError> {
    let situation = situation::read(conn, &submission).await?;
    let mut places = places(&situation);
    let first = place::next(conn).await?;
    let Submission {
        mut transition,
        members,
        if_busy,
        all_or_none,
        audit,
        callback,
    } = submission;
    let keys = NewKeys::of(&members);
    let decision = decision::decide(&transition, members, if_busy, situation, first);
    if all_or_none && decision.refuses_any() {
        return Ok(SubmitAnswer::Refused(decision.members));
    }
    let counts = counts(&decision.members);
    transition.cancel_asked_at = None;
    transition.ended_at = (counts.new == 0).then_some(transition.created_at);

    let seq = rows::insert_transition(conn, &transition, decision.members.len(), &counts).await?;
    let tasks = rows::TaskRows::of(&decision.tasks)?;
    tasks.insert(conn, &transition).await?;
    places.extend(decision.tasks.iter().map(|task| (task.id, task.seq)));
    rows::insert_members(conn, seq, &decision, &places).await?;
    if transition.ended_at.is_none() {
        keys.insert(conn, seq).await?;
    }
    dependency::insert(conn, seq, &decision.dependencies, &places).await?;
    rows::store_desired(conn, &transition, &decision).await?;
    moved::share_instead(conn, &decision.moved).await?;
    let ends = end(conn, &decision.ended).await?;
    audit::append(conn, audit.as_ref()).await?;
    outbox::keep_callback(conn, transition.id, callback.as_deref()).await?;

    event::append(
        conn,
        &opening(&transition, &decision, &counts)
            .iter()
            .collect::<Vec<_>>(),
    )
    .await?;
    tasks.append_events(conn, &transition).await?;
    let mut closing = joined(&transition, &decision);
    closing.extend(ends);
    if transition.ended_at.is_some() {
        let data = json!({ "counts": counts });
        closing.push(about(&transition, kind::TRANSITION_ENDED, data));
    }
    event::append(conn, &closing.iter().collect::<Vec<_>>()).await?;
    submitted(conn, transition, decision, &places)
        .await
        .map(|submitted| SubmitAnswer::Accepted(Box::new(submitted)))
}

/// What would be decided now.
pub(crate) async fn preview(
    conn: &mut SqliteConnection,
    submission: Submission,
) -> Result<Vec<MemberRecord>, StoreError> {
    let situation = situation::read(conn, &submission).await?;
    let first = place::next(conn).await?;
    let Submission {
        transition,
        members,
        if_busy,
        ..
    } = submission;
    Ok(decision::decide(&transition, members, if_busy, situation, first).members)
}

/// The `seq` of tasks by their id, new ones included.
type Places = HashMap<TaskId, i64>;

/// Of the tasks that the request may come to share.
fn places(situation: &Situation) -> Places {
    let lines = situation.lines.values().flatten();
    lines
        .map(|standing| (standing.record.id, standing.record.seq))
        .collect()
}

/// The counts of a request that has just been made: what it shares counts as new until it is read again.
fn counts(members: &[MemberRecord]) -> Counts {
    let mut counts = Counts::default();
    for member in members {
        let standing = match &member.part {
            Part::Task { .. } => Standing::New,
            Part::Refused { refusal } => refusal.standing(),
        };
        counts.add(standing, 1);
    }
    counts
}

/// Stores the tasks that end, and gives the events of transitions that end with them.
async fn end(conn: &mut SqliteConnection, tasks: &[TaskRecord]) -> Result<Vec<NewEvent>, StoreError> {
    let tasks: Vec<Moved<'_>> = tasks.iter().map(Moved::from).collect();
    let ended = ending::count_off(conn, &tasks, &[]).await?;
    moved::store(conn, &tasks).await?;
    ending::freeze_counts(conn, ended).await
}

fn about(transition: &TransitionRecord, kind: &str, data: Value) -> NewEvent {
    NewEvent {
        at: transition.created_at,
        kind: kind.to_owned(),
        component: None,
        task: None,
        transition: Some(transition.id),
        data,
    }
}

/// That the request is accepted, and which tasks have ended because of it.
fn opening(transition: &TransitionRecord, decision: &Decision, counts: &Counts) -> Vec<NewEvent> {
    let data = json!({
        "operation": transition.operation,
        "requested_by": transition.requested_by,
        "members": decision.members.len(),
        "tasks": counts.new,
    });
    let accepted = about(transition, kind::TRANSITION_ACCEPTED, data);
    let ended = decision
        .ended
        .iter()
        .filter_map(|task| displaced(task, transition.created_at));
    std::iter::once(accepted).chain(ended).collect()
}

/// That a waiting task has ended because of a request.
pub(crate) fn displaced(task: &TaskRecord, at: Timestamp) -> Option<NewEvent> {
    let (kind, data) = match task.machine.outcome()? {
        Outcome::Superseded { by } => (kind::TASK_SUPERSEDED, json!({ "by": by })),
        Outcome::Absorbed { into } => (kind::TASK_ABSORBED, json!({ "into": into })),
        _ => return None,
    };
    Some(NewEvent {
        at,
        kind: kind.to_owned(),
        component: Some(task.component.clone()),
        task: Some(task.id),
        transition: Some(task.transition),
        data,
    })
}

fn joined(transition: &TransitionRecord, decision: &Decision) -> Vec<NewEvent> {
    let joined = decision.joined.iter();
    joined
        .map(|(task, component)| NewEvent {
            component: Some(component.clone()),
            task: Some(*task),
            ..about(
                transition,
                kind::TASK_JOINED,
                json!({ "operation": transition.operation }),
            )
        })
        .collect()
}

/// The answer. Who shares a task is read only where it is not the request alone.
async fn submitted(
    conn: &mut SqliteConnection,
    transition: TransitionRecord,
    decision: Decision,
    places: &Places,
) -> Result<Submitted, StoreError> {
    let absorbing = decision.moved.iter().filter_map(|(_, to)| places.get(to));
    let sharing = decision.joined.iter().filter_map(|(task, _)| places.get(task));
    let shared: Vec<i64> = absorbing.chain(sharing).copied().collect();
    let mut demands = demands::on(conn, &shared).await?;
    let alone: Demand = transition.demand();
    let tasks = decision.tasks.into_iter().map(|record| OpenTask {
        demands: demands.remove(&record.seq).unwrap_or_else(|| vec![alone]),
        requested_by: transition.requested_by.clone(),
        record,
    });
    let tasks: Vec<OpenTask> = tasks.collect();
    let joined = decision.joined.into_iter().map(|(task, component)| {
        let all = places.get(&task).and_then(|seq| demands.remove(seq));
        (task, component, all.unwrap_or_default())
    });
    Ok(Submitted {
        joined: joined.collect(),
        transition,
        members: decision.members,
        tasks,
        ended: decision.ended,
        dependencies: decision.dependencies,
    })
}
