//! Storing the states of the lane's tasks.

use std::collections::{HashMap, HashSet};

use serde::Serialize;
use sqlx::SqliteConnection;
use switchyard_core::configuration::{Machine, Outcome, Phase, Tally};
use switchyard_core::{Standing, TaskId, Timestamp};
use switchyard_store::event::kind;
use switchyard_store::{ConfigurationChange, ConfigurationTask, NewEvent, StoreError};
use uuid::Uuid;

use super::ending;
use crate::encoding::to_json;
use crate::error::{NotOpen, Unknown, conflict, failed};

/// The new state of a task.
#[derive(Debug, Serialize)]
pub(super) struct Moved<'a> {
    pub(super) task: TaskId,
    phase: &'static str,
    standing: Standing,
    operations: u32,
    left_out: u32,
    outcome: Option<&'static str>,
    pub(super) at: Timestamp,
    machine: &'a Machine,
}

impl<'a> Moved<'a> {
    pub(super) fn new(task: TaskId, machine: &'a Machine, at: Timestamp) -> Self {
        let Tally {
            standing,
            operations,
            left_out,
        } = Tally::from(machine);
        Self {
            task,
            phase: machine.phase.name(),
            standing,
            operations,
            left_out,
            outcome: machine.outcome().map(Outcome::name),
            at,
            machine,
        }
    }
}

impl<'a> From<&'a ConfigurationTask> for Moved<'a> {
    fn from(record: &'a ConfigurationTask) -> Self {
        Self::new(record.id, &record.machine, record.updated_at)
    }
}

/// The changes of a batch, in order.
#[derive(Debug, Default)]
pub(crate) struct Moves<'a> {
    changes: Vec<&'a ConfigurationChange>,
}

impl<'a> Moves<'a> {
    pub(crate) fn push(&mut self, change: &'a ConfigurationChange) {
        self.changes.push(change);
    }
}

/// Stores the last state of each task, and gives the events of the batch that are true and those of configurations that end by it.
pub(crate) async fn apply(
    conn: &mut SqliteConnection,
    moves: &Moves<'_>,
) -> Result<Vec<NewEvent>, StoreError> {
    if moves.changes.is_empty() {
        return Ok(Vec::new());
    }
    check_intents(conn, moves).await?;
    let ids: Vec<TaskId> = moves.changes.iter().map(|change| change.task).collect();
    let over = ended_before(conn, &ids).await?;
    let mut latest: HashMap<TaskId, &ConfigurationChange> = HashMap::new();
    let mut told = Vec::new();
    for change in &moves.changes {
        let ended = latest
            .get(&change.task)
            .is_some_and(|former| former.machine.outcome().is_some());
        let silent =
            |event: &&NewEvent| (ended || over.contains(&change.task)) && event.kind == kind::SETTING_ENDED;
        told.extend(change.events.iter().filter(|event| !silent(event)).cloned());
        if !ended {
            latest.insert(change.task, change);
        }
    }
    let (mut ended, mut queued, mut active) = (Vec::new(), Vec::new(), Vec::new());
    for change in latest.into_values() {
        let list = match &change.machine.phase {
            Phase::Done { .. } => &mut ended,
            Phase::Queued => &mut queued,
            _ => &mut active,
        };
        list.push(Moved::new(change.task, &change.machine, change.at));
    }
    let ends = ending::count_off(conn, &ended, &[]).await?;
    // A task that leaves its component makes way before another becomes its active one.
    for tasks in [&ended, &queued, &active] {
        store(conn, tasks).await?;
    }
    told.extend(ending::freeze_counts(conn, ends).await?);
    Ok(told)
}

/// A task that has ended sends nothing, whoever drives it: its intent contradicts what is stored.
async fn check_intents(conn: &mut SqliteConnection, moves: &Moves<'_>) -> Result<(), StoreError> {
    const STEP: &str = "store the intents of configurations";
    let mut over: HashSet<TaskId> = HashSet::new();
    let mut intents = Vec::new();
    let mut refused = None;
    for change in &moves.changes {
        if change.intent {
            if over.contains(&change.task) {
                refused = Some(change.task);
            }
            intents.push(change.task);
        }
        over.extend(change.machine.outcome().map(|_| change.task));
    }
    if refused.is_none() && !intents.is_empty() {
        refused = not_open(conn, &intents).await?;
    }
    match refused {
        None => Ok(()),
        Some(task) => Err(conflict(
            STEP,
            NotOpen {
                which: task.to_string(),
            },
        )),
    }
}

async fn not_open(conn: &mut SqliteConnection, tasks: &[TaskId]) -> Result<Option<TaskId>, StoreError> {
    let wanted = to_json(tasks)?;
    let found: HashSet<Uuid> = sqlx::query_scalar!(
        r#"SELECT t.id AS "id!: Uuid" FROM json_each(?1) AS wanted
           CROSS JOIN configuration_task AS t ON t.id = unhex(wanted.value, '-') AND t.phase <> 'done'"#,
        wanted,
    )
    .fetch_all(conn)
    .await
    .map_err(failed("look for ended tasks of configurations"))?
    .into_iter()
    .collect();
    Ok(tasks.iter().copied().find(|task| !found.contains(&task.0)))
}

async fn ended_before(conn: &mut SqliteConnection, tasks: &[TaskId]) -> Result<HashSet<TaskId>, StoreError> {
    let wanted = to_json(tasks)?;
    let rows = sqlx::query_scalar!(
        r#"SELECT t.id AS "id!: Uuid" FROM json_each(?1) AS wanted
           CROSS JOIN configuration_task AS t ON t.id = unhex(wanted.value, '-') AND t.phase = 'done'"#,
        wanted,
    )
    .fetch_all(conn)
    .await
    .map_err(failed("find the tasks of configurations that have ended before"))?;
    Ok(rows.into_iter().map(TaskId).collect())
}

/// Stores the states. A task that has ended moves no more; one that nobody knows is a conflict.
pub(super) async fn store(conn: &mut SqliteConnection, moved: &[Moved<'_>]) -> Result<(), StoreError> {
    const STEP: &str = "move tasks of configurations";
    if moved.is_empty() {
        return Ok(());
    }
    let rows = to_json(moved)?;
    let stored = sqlx::query!(
        "UPDATE configuration_task
         SET phase = c.phase, standing = c.standing, operations = c.operations, left_out = c.left_out, outcome = c.outcome,
             machine = c.machine, updated_at = c.at, ended_at = iif(c.phase = 'done', c.at, NULL)
         FROM (
             SELECT unhex(value ->> '$.task', '-') AS id, value ->> '$.phase' AS phase, value ->> '$.standing' AS standing,
                 value ->> '$.operations' AS operations, value ->> '$.left_out' AS left_out, value ->> '$.outcome' AS outcome,
                 value ->> '$.machine' AS machine, value ->> '$.at' AS at
             FROM jsonb_each(?1)
         ) AS c
         WHERE configuration_task.id = c.id AND configuration_task.phase <> 'done'",
        rows,
    )
    .execute(&mut *conn)
    .await
    .map_err(failed(STEP))?
    .rows_affected();
    if usize::try_from(stored).is_ok_and(|stored| stored == moved.len()) {
        return Ok(());
    }
    // The others have ended before, or nobody knows them.
    let unknown = sqlx::query_scalar!(
        r#"SELECT value ->> '$.task' AS "task!: String" FROM jsonb_each(?1)
           WHERE NOT EXISTS (SELECT 1 FROM configuration_task WHERE id = unhex(value ->> '$.task', '-'))
           LIMIT 1"#,
        rows,
    )
    .fetch_optional(conn)
    .await
    .map_err(failed("look for unknown tasks of configurations"))?;
    match unknown {
        None => Ok(()),
        Some(which) => Err(conflict(STEP, Unknown { what: "task", which })),
    }
}
