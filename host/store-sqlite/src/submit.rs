//! Storing a request, all in a handful of statements whatever its size.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::json;
use sqlx::SqliteConnection;
use switchyard_core::admission::{self, Disposition};
use switchyard_core::machine::Machine;
use switchyard_core::{Standing, TaskId, Timestamp};
use switchyard_store::event::kind;
use switchyard_store::{
    Counts, MemberRecord, NewEvent, NewMember, Part, Refusal, StoreError, Submission, Submitted, TaskRecord,
    TransitionRecord, Want,
};
use uuid::Uuid;

use crate::encoding::to_json;
use crate::error::failed;
use crate::{event, inventory, outbox};

pub(crate) async fn submit(
    conn: &mut SqliteConnection,
    submission: Submission,
) -> Result<Submitted, StoreError> {
    let Submission {
        mut transition,
        members,
        callback,
    } = submission;
    let lines = lines(conn, &members).await?;
    let first_seq = next_seq(conn).await?;
    let (members, tasks) = admit(&transition, members, lines, first_seq);
    transition.cancel_asked_at = None;
    transition.ended_at = tasks.is_empty().then_some(transition.created_at);

    let counts = counts(&members);
    let transition_seq = insert_transition(conn, &transition, &members, tasks.len(), &counts).await?;
    let rows: Vec<TaskRow<'_>> = tasks.iter().map(TaskRow::of).collect();
    let rows = to_json(&rows)?;
    inventory::make_known(conn, &rows).await?;
    insert_tasks(conn, &transition, &rows).await?;
    insert_members(conn, transition_seq, &members, &tasks).await?;
    insert_events(conn, &transition, members.len(), tasks.len(), &rows, &counts).await?;
    outbox::keep_callback(conn, transition.id, callback.as_deref()).await?;
    Ok(Submitted {
        transition,
        members,
        tasks,
    })
}

type Lines = HashMap<String, Vec<TaskId>>;

/// The unfinished tasks of the components that are asked for, the active one first.
async fn lines(conn: &mut SqliteConnection, members: &[NewMember]) -> Result<Lines, StoreError> {
    let components: Vec<&str> = members
        .iter()
        .filter_map(|member| match &member.want {
            Want::Task { component, .. } => Some(component.as_str()),
            Want::Refused(_) => None,
        })
        .collect();
    let components = to_json(&components)?;
    let rows = sqlx::query!(
        r#"SELECT t.component AS "component!: String", t.id AS "id!: Uuid"
           FROM json_each(?1) AS wanted
           CROSS JOIN task AS t ON t.component = wanted.value AND t.phase <> 'done'
           ORDER BY t.phase = 'queued', t.seq"#,
        components,
    )
    .fetch_all(conn)
    .await
    .map_err(failed("read the lines of components"))?;
    let mut lines = Lines::new();
    for row in rows {
        lines.entry(row.component).or_default().push(TaskId(row.id));
    }
    Ok(lines)
}

/// The place that the next task gets. Places are never given twice, also when the last task has been deleted.
async fn next_seq(conn: &mut SqliteConnection) -> Result<i64, StoreError> {
    let last = sqlx::query_scalar!(
        r#"SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'task'), 0) AS "seq!: i64""#
    )
    .fetch_one(conn)
    .await
    .map_err(failed("read the last place in line"))?;
    Ok(last + 1)
}

fn admit(
    transition: &TransitionRecord,
    members: Vec<NewMember>,
    mut lines: Lines,
    first_seq: i64,
) -> (Vec<MemberRecord>, Vec<TaskRecord>) {
    let mut tasks = Vec::with_capacity(members.len());
    let mut seq = first_seq;
    let members = members
        .into_iter()
        .map(|NewMember { name, want }| {
            let part = match want {
                Want::Refused(refusal) => Part::Refused { refusal },
                Want::Task {
                    id,
                    component,
                    controller,
                    machine,
                } => {
                    let line = lines.entry(component.as_str().to_owned()).or_default();
                    match admission::admit(line) {
                        Disposition::Full => Part::Refused {
                            refusal: Refusal::QueueFull,
                        },
                        Disposition::Starts | Disposition::Queues { .. } => {
                            line.push(id);
                            tasks.push(TaskRecord {
                                id,
                                component,
                                controller,
                                transition: transition.id,
                                seq,
                                created_at: transition.created_at,
                                updated_at: transition.created_at,
                                cancel_asked: false,
                                machine: *machine,
                            });
                            seq += 1;
                            Part::Task { task: id }
                        }
                    }
                }
            };
            MemberRecord { name, part }
        })
        .collect();
    (members, tasks)
}

/// The counts of a request that has just been made.
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

async fn insert_transition(
    conn: &mut SqliteConnection,
    transition: &TransitionRecord,
    members: &[MemberRecord],
    tasks: usize,
    counts: &Counts,
) -> Result<i64, StoreError> {
    let operation = transition.operation.name();
    let created_at = transition.created_at.as_millis();
    let expires_at = transition.expires_at.as_millis();
    let members = i64::try_from(members.len()).unwrap_or(i64::MAX);
    let unfinished = i64::try_from(tasks).unwrap_or(i64::MAX);
    let ended_at = transition.ended_at.map(Timestamp::as_millis);
    let frozen = if tasks == 0 { Some(to_json(counts)?) } else { None };
    let result = sqlx::query!(
        "INSERT INTO transition (id, operation, created_at, expires_at, requested_by, reason, request_id, members,
             unfinished, counts, ended_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        transition.id.0,
        operation,
        created_at,
        expires_at,
        transition.requested_by,
        transition.reason,
        transition.request_id,
        members,
        unfinished,
        frozen,
        ended_at,
    )
    .execute(conn)
    .await
    .map_err(failed("store a transition"))?;
    Ok(result.last_insert_rowid())
}

#[derive(Serialize)]
struct TaskRow<'a> {
    seq: i64,
    id: TaskId,
    component: &'a str,
    controller: &'a str,
    phase: &'static str,
    standing: Standing,
    machine: &'a Machine,
}

impl<'a> TaskRow<'a> {
    fn of(task: &'a TaskRecord) -> Self {
        Self {
            seq: task.seq,
            id: task.id,
            component: task.component.as_str(),
            controller: task.controller.as_str(),
            phase: task.machine.phase.name(),
            standing: Standing::from(&task.machine),
            machine: &task.machine,
        }
    }
}

/// Stores the tasks and what they want of their components.
async fn insert_tasks(
    conn: &mut SqliteConnection,
    transition: &TransitionRecord,
    rows: &str,
) -> Result<(), StoreError> {
    let at = transition.created_at.as_millis();
    sqlx::query!(
        "INSERT INTO task (seq, id, transition, component, controller, phase, standing, created_at, updated_at, machine)
         SELECT value ->> '$.seq', unhex(value ->> '$.id', '-'), ?2, value ->> '$.component', value ->> '$.controller',
             value ->> '$.phase', value ->> '$.standing', ?3, ?3, value ->> '$.machine'
         FROM jsonb_each(?1)",
        rows,
        transition.id.0,
        at,
    )
    .execute(&mut *conn)
    .await
    .map_err(failed("store tasks"))?;
    let desired = to_json(&transition.operation.end_level())?;
    sqlx::query!(
        "UPDATE component SET desired = ?2 ->> '$' WHERE id IN (SELECT value ->> '$.component' FROM jsonb_each(?1))",
        rows,
        desired,
    )
    .execute(conn)
    .await
    .map_err(failed("store the desired state"))?;
    Ok(())
}

#[derive(Serialize)]
struct MemberRow<'a> {
    name: &'a str,
    task: Option<i64>,
    refusal: Option<&'a Refusal>,
    standing: Option<Standing>,
}

/// Stores the members; the tasks are in order of the members that have one.
async fn insert_members(
    conn: &mut SqliteConnection,
    transition: i64,
    members: &[MemberRecord],
    tasks: &[TaskRecord],
) -> Result<(), StoreError> {
    let mut tasks = tasks.iter();
    let rows: Vec<MemberRow<'_>> = members
        .iter()
        .map(|member| {
            let name = member.name.as_str();
            match &member.part {
                Part::Task { .. } => MemberRow {
                    name,
                    task: tasks.next().map(|task| task.seq),
                    refusal: None,
                    standing: None,
                },
                Part::Refused { refusal } => MemberRow {
                    name,
                    task: None,
                    refusal: Some(refusal),
                    standing: Some(refusal.standing()),
                },
            }
        })
        .collect();
    let rows = to_json(&rows)?;
    sqlx::query!(
        "INSERT INTO member (transition, position, name, task, refusal, standing)
         SELECT ?2, key, value ->> '$.name', value ->> '$.task', value ->> '$.refusal', value ->> '$.standing'
         FROM jsonb_each(?1)",
        rows,
        transition,
    )
    .execute(conn)
    .await
    .map_err(failed("store members"))?;
    Ok(())
}

async fn insert_events(
    conn: &mut SqliteConnection,
    transition: &TransitionRecord,
    members: usize,
    tasks: usize,
    rows: &str,
    counts: &Counts,
) -> Result<(), StoreError> {
    let about = |kind: &str, data| NewEvent {
        at: transition.created_at,
        kind: kind.to_owned(),
        component: None,
        task: None,
        transition: Some(transition.id),
        data,
    };
    let accepted = about(
        kind::TRANSITION_ACCEPTED,
        json!({
            "operation": transition.operation,
            "requested_by": transition.requested_by,
            "members": members,
            "tasks": tasks,
        }),
    );
    event::append(conn, &[&accepted]).await?;
    if tasks == 0 {
        let ended = about(kind::TRANSITION_ENDED, json!({ "counts": counts }));
        return event::append(conn, &[&ended]).await;
    }
    let at = transition.created_at.as_millis();
    let data = to_json(&json!({ "operation": transition.operation }))?;
    sqlx::query!(
        "INSERT INTO event (seq, at, kind, component, task, transition, data)
         SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'event'), 0) + 1 + key,
             ?2, ?3, value ->> '$.component', unhex(value ->> '$.id', '-'), ?4, ?5
         FROM jsonb_each(?1)",
        rows,
        at,
        kind::TASK_ACCEPTED,
        transition.id.0,
        data,
    )
    .execute(conn)
    .await
    .map_err(failed("append events"))?;
    Ok(())
}
