//! Stepping out of the line, and getting in again.

use std::collections::{HashMap, HashSet};

use serde::Serialize;
use sqlx::SqliteConnection;
use switchyard_core::admission::Progress;
use switchyard_core::machine::Machine;
use switchyard_core::operation::Lane;
use switchyard_core::{ComponentId, Demand, Outcome, TaskId, Timestamp};
use switchyard_store::decision::{self, Resumption, Standing};
use switchyard_store::event::kind;
use switchyard_store::{NewEvent, PauseAnswer, Paused, StoreError, TaskRecord};

use crate::encoding::to_json;
use crate::error::failed;
use crate::moved::Moved;
use crate::submit::displaced;
use crate::{demands, event, moved, place, read};

pub(crate) async fn pause(
    conn: &mut SqliteConnection,
    tasks: &[TaskId],
    paused: bool,
    at: Timestamp,
) -> Result<Vec<Paused>, StoreError> {
    let tasks = known(conn, tasks).await?;
    if paused {
        step_out(conn, tasks, at).await
    } else {
        get_in_again(conn, tasks, at).await
    }
}

/// The tasks that are known, each once, in the order in which they are asked for.
async fn known(conn: &mut SqliteConnection, tasks: &[TaskId]) -> Result<Vec<TaskRecord>, StoreError> {
    let wanted = to_json(tasks)?;
    let seqs = sqlx::query_scalar!(
        r#"SELECT t.seq AS "seq!: i64" FROM json_each(?1) AS wanted CROSS JOIN task AS t ON t.id = unhex(wanted.value, '-')"#,
        wanted,
    )
    .fetch_all(&mut *conn)
    .await
    .map_err(failed("find tasks"))?;
    let found = read::tasks(conn, &seqs).await?;
    let mut found: HashMap<TaskId, TaskRecord> = found.into_iter().map(|task| (task.id, task)).collect();
    Ok(tasks.iter().filter_map(|id| found.remove(id)).collect())
}

fn said(kind: &str, task: &TaskRecord, at: Timestamp) -> NewEvent {
    NewEvent {
        at,
        kind: kind.to_owned(),
        component: Some(task.component.clone()),
        task: Some(task.id),
        transition: Some(task.transition),
        data: serde_json::json!({}),
    }
}

async fn step_out(
    conn: &mut SqliteConnection,
    tasks: Vec<TaskRecord>,
    at: Timestamp,
) -> Result<Vec<Paused>, StoreError> {
    let mut rows = Vec::new();
    let mut events = Vec::new();
    let mut answers = Vec::with_capacity(tasks.len());
    for mut record in tasks {
        let can = record.machine.progress(record.paused) == Progress::Unsent && record.cancel_asked.is_none();
        if can {
            record.paused = true;
            record.updated_at = at;
            rows.push(record.seq);
            events.push(said(kind::TASK_PAUSED, &record, at));
        }
        let answer = if can {
            PauseAnswer::Paused
        } else {
            PauseAnswer::Unchanged
        };
        answers.push(Paused { record, answer });
    }
    if rows.is_empty() {
        return Ok(answers);
    }
    let rows = to_json(&rows)?;
    let millis = at.as_millis();
    sqlx::query!(
        "UPDATE task SET paused = 1, updated_at = ?2 WHERE seq IN (SELECT value FROM json_each(?1))",
        rows,
        millis,
    )
    .execute(&mut *conn)
    .await
    .map_err(failed("pause tasks"))?;
    event::append(conn, &events.iter().collect::<Vec<_>>()).await?;
    Ok(answers)
}

/// What is to be stored of tasks that go on.
#[derive(Default)]
struct GoingOn {
    rows: Vec<TaskRecord>,
    ended: Vec<TaskRecord>,
    moved: Vec<(TaskId, TaskId)>,
    events: Vec<NewEvent>,
}

async fn get_in_again(
    conn: &mut SqliteConnection,
    tasks: Vec<TaskRecord>,
    at: Timestamp,
) -> Result<Vec<Paused>, StoreError> {
    let mut lines = lines_of(conn, &tasks).await?;
    let seqs: Vec<i64> = tasks.iter().map(|task| task.seq).collect();
    let mut demands = demands::on(conn, &seqs).await?;
    let mut next = place::next(conn).await?;
    let mut going_on = GoingOn::default();
    let mut answers = Vec::with_capacity(tasks.len());
    for record in tasks {
        let waits =
            record.machine.progress(record.paused) == Progress::Paused && record.cancel_asked.is_none();
        let key = (record.component.clone(), record.machine.operation.lane());
        let Some(line) = lines.get_mut(&key).filter(|_| waits) else {
            answers.push(Paused {
                record,
                answer: PauseAnswer::Unchanged,
            });
            continue;
        };
        let brings = demands.remove(&record.seq).unwrap_or_default();
        let paused = going_on.admit(record, line, brings, &mut next, at);
        answers.push(paused);
    }
    going_on.store(conn, next).await?;
    Ok(answers)
}

type Lines = HashMap<(ComponentId, Lane), Vec<Standing>>;

async fn lines_of(conn: &mut SqliteConnection, tasks: &[TaskRecord]) -> Result<Lines, StoreError> {
    let mut components: HashMap<Lane, HashSet<&ComponentId>> = HashMap::new();
    for task in tasks {
        let lane = components.entry(task.machine.operation.lane()).or_default();
        lane.insert(&task.component);
    }
    let mut all = Lines::new();
    for (lane, components) in components {
        let lines = crate::situation::lines(conn, &to_json(&components)?, lane).await?;
        all.extend(
            lines
                .into_iter()
                .map(|(component, line)| ((component, lane), line)),
        );
    }
    Ok(all)
}

impl GoingOn {
    fn admit(
        &mut self,
        mut record: TaskRecord,
        line: &mut Vec<Standing>,
        brings: Vec<Demand>,
        next: &mut i64,
        at: Timestamp,
    ) -> Paused {
        let own = line.iter().position(|standing| standing.record.id == record.id);
        let own = own.map(|index| line.remove(index));
        let joined = own.as_ref().map_or(0, |own| own.joined);
        let answer = match decision::resume(&record, line) {
            Resumption::InLine => {
                record.paused = false;
                record.place = *next;
                record.updated_at = at;
                record.machine.resume(at);
                *next += 1;
                self.events.push(said(kind::TASK_RESUMED, &record, at));
                self.rows.push(record.clone());
                line.push(Standing {
                    record: record.clone(),
                    joined,
                });
                PauseAnswer::Resumed
            }
            Resumption::Absorbed { into } => {
                record = decision::ended(record, Outcome::Absorbed { into }, at);
                self.moved.push((record.id, into));
                self.events.extend(displaced(&record, at));
                self.ended.push(record.clone());
                for standing in line.iter_mut().filter(|standing| standing.record.id == into) {
                    standing.joined += joined;
                }
                PauseAnswer::Absorbed {
                    into,
                    demands: brings,
                }
            }
            Resumption::Refused { conflict } => {
                line.extend(own);
                PauseAnswer::Refused { conflict }
            }
        };
        Paused { record, answer }
    }

    async fn store(self, conn: &mut SqliteConnection, next: i64) -> Result<(), StoreError> {
        put_in_line(conn, &self.rows).await?;
        place::give(conn, next).await?;
        moved::share_instead(conn, &self.moved).await?;
        let ended: Vec<Moved<'_>> = self.ended.iter().map(Moved::from).collect();
        moved::store(conn, &ended).await?;
        event::append(conn, &self.events.iter().collect::<Vec<_>>()).await
    }
}

#[derive(Serialize)]
struct Row<'a> {
    seq: i64,
    place: i64,
    at: Timestamp,
    machine: &'a Machine,
}

async fn put_in_line(conn: &mut SqliteConnection, tasks: &[TaskRecord]) -> Result<(), StoreError> {
    if tasks.is_empty() {
        return Ok(());
    }
    let rows = tasks.iter().map(|task| Row {
        seq: task.seq,
        place: task.place,
        at: task.updated_at,
        machine: &task.machine,
    });
    let rows = to_json(&rows.collect::<Vec<_>>())?;
    sqlx::query!(
        "UPDATE task SET paused = 0, place = c.place, machine = c.machine, updated_at = c.at
         FROM (
             SELECT value ->> '$.seq' AS seq, value ->> '$.place' AS place,
                 value ->> '$.machine' AS machine, value ->> '$.at' AS at
             FROM jsonb_each(?1)
         ) AS c
         WHERE task.seq = c.seq",
        rows,
    )
    .execute(conn)
    .await
    .map(drop)
    .map_err(failed("put tasks in line again"))
}
