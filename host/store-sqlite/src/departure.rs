//! Requests that end while the task that they share goes on for others.

use std::collections::HashSet;

use serde::Serialize;
use serde_json::json;
use sqlx::SqliteConnection;
use switchyard_core::{Outcome, Standing, TaskId, Timestamp, TransitionId};
use switchyard_store::event::kind;
use switchyard_store::{Detached, MemberEnd, NewEvent, StoreError};

use crate::encoding::{from_text, to_json};
use crate::error::failed;
use crate::{aftermath, demands};

/// A request that is to leave a task.
#[derive(Debug, Serialize)]
pub(crate) struct Leaving<'a> {
    pub(crate) task: TaskId,
    pub(crate) transition: TransitionId,
    #[serde(skip)]
    pub(crate) outcome: &'a Outcome,
    #[serde(skip)]
    pub(crate) at: Timestamp,
}

/// A part that has ended so, as [`count_off`](crate::ending::count_off) has it.
#[derive(Debug, Serialize)]
pub(crate) struct Left {
    transition: i64,
    at: Timestamp,
}

/// What has come of departures.
#[derive(Debug, Default)]
pub(crate) struct Departures {
    pub(crate) left: Vec<Left>,
    pub(crate) detached: Vec<Detached>,
    pub(crate) events: Vec<NewEvent>,
    /// Tasks that nobody shares any more.
    abandoned: Vec<Abandoned>,
}

#[derive(Debug, Serialize)]
struct Abandoned {
    task: i64,
    at: Timestamp,
}

#[derive(Serialize)]
struct Row {
    transition: i64,
    position: i64,
    standing: Standing,
    departure: MemberEnd,
}

/// Stores departures from tasks that have not ended; of several of one request from one task the first.
pub(crate) async fn store(
    conn: &mut SqliteConnection,
    leaving: &[Leaving<'_>],
) -> Result<Departures, StoreError> {
    if leaving.is_empty() {
        return Ok(Departures::default());
    }
    let wanted = to_json(leaving)?;
    let found = sqlx::query!(
        r#"SELECT c.key + 0 AS "key!: i64", m.transition AS "transition!: i64", m.position AS "position!: i64", t.seq AS "task!: i64",
               t.component AS "component!: String"
           FROM jsonb_each(?1) AS c
           CROSS JOIN task AS t ON t.id = unhex(c.value ->> '$.task', '-') AND t.phase <> 'done'
           CROSS JOIN transition AS r ON r.id = unhex(c.value ->> '$.transition', '-')
           CROSS JOIN member AS m INDEXED BY member_of_task ON m.task = t.seq AND m.transition = r.seq AND m.departure IS NULL
           ORDER BY c.key"#,
        wanted,
    )
    .fetch_all(&mut *conn)
    .await
    .map_err(failed("find who leaves tasks"))?;

    let mut seen = HashSet::new();
    let mut rows = Vec::with_capacity(found.len());
    let mut parts = Vec::with_capacity(found.len());
    for part in found {
        let leaving = usize::try_from(part.key).ok().and_then(|key| leaving.get(key));
        let Some(leaving) = leaving.filter(|_| seen.insert((part.transition, part.position))) else {
            continue;
        };
        rows.push(Row {
            transition: part.transition,
            position: part.position,
            standing: standing(leaving.outcome),
            departure: MemberEnd {
                outcome: leaving.outcome.clone(),
                at: leaving.at,
            },
        });
        parts.push((leaving, part.task, part.component));
    }
    end_members(conn, &rows).await?;
    let left = rows
        .iter()
        .map(|row| Left {
            transition: row.transition,
            at: row.departure.at,
        })
        .collect();

    let tasks: HashSet<i64> = parts.iter().map(|(_, task, _)| *task).collect();
    let tasks: Vec<i64> = tasks.into_iter().collect();
    let demands = demands::on(conn, &tasks).await?;
    let mut departures = Departures {
        left,
        ..Departures::default()
    };
    for (leaving, task, component) in parts {
        let live = demands.get(&task).map_or(&[][..], Vec::as_slice);
        let detached = Detached {
            task: leaving.task,
            component: from_text(&component, "component")?,
            goes_on_for: live.iter().map(|demand| demand.transition).collect(),
        };
        if live.is_empty() {
            let at = leaving.at;
            departures.abandoned.push(Abandoned { task, at });
        }
        departures.events.push(event(leaving, &detached)?);
        departures.detached.push(detached);
    }
    Ok(departures)
}

/// Marks what nobody shares any more, and has not ended meanwhile, as asked to cancel: nothing more is sent for it, also after a restart.
pub(crate) async fn cancel_abandoned(
    conn: &mut SqliteConnection,
    departures: &Departures,
) -> Result<(), StoreError> {
    if departures.abandoned.is_empty() {
        return Ok(());
    }
    let abandoned = to_json(&departures.abandoned)?;
    let components = sqlx::query_scalar!(
        r#"UPDATE task SET cancel_asked = 'now', updated_at = c.at
           FROM (
               SELECT value ->> '$.task' AS task, max(value ->> '$.at') AS at FROM jsonb_each(?1) GROUP BY value ->> '$.task'
           ) AS c
           WHERE task.seq = c.task AND task.phase <> 'done'
           RETURNING component AS "component!: String""#,
        abandoned,
    )
    .fetch_all(&mut *conn)
    .await
    .map_err(failed("cancel tasks that nobody shares any more"))?;
    aftermath::leave_nothing_desired(conn, &components).await
}

/// What a request counts as that ended so.
fn standing(outcome: &Outcome) -> Standing {
    if outcome.is_success() {
        Standing::Succeeded
    } else {
        Standing::Failed
    }
}

async fn end_members(conn: &mut SqliteConnection, rows: &[Row]) -> Result<(), StoreError> {
    let rows = to_json(rows)?;
    sqlx::query!(
        "UPDATE member SET departure = c.departure, standing = c.standing
         FROM (
             SELECT value ->> '$.transition' AS transition, value ->> '$.position' AS position,
                 value ->> '$.standing' AS standing, value ->> '$.departure' AS departure
             FROM jsonb_each(?1)
         ) AS c
         WHERE member.transition = c.transition AND member.position = c.position",
        rows,
    )
    .execute(conn)
    .await
    .map(drop)
    .map_err(failed("store who leaves tasks"))
}

/// The outcome as `task.ended` has it, and who still wants the task.
fn event(leaving: &Leaving<'_>, detached: &Detached) -> Result<NewEvent, StoreError> {
    let mut data = serde_json::to_value(leaving.outcome).map_err(|source| StoreError::Engine {
        step: "encode what is to be stored",
        source: source.into(),
    })?;
    if let Some(data) = data.as_object_mut() {
        data.insert("goes_on_for".to_owned(), json!(detached.goes_on_for));
    }
    Ok(NewEvent {
        at: leaving.at,
        kind: kind::TASK_DETACHED.to_owned(),
        component: Some(detached.component.clone()),
        task: Some(leaving.task),
        transition: Some(leaving.transition),
        data,
    })
}
