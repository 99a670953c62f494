//! Asking to cancel.

use serde_json::json;
use sqlx::SqliteConnection;
use switchyard_core::{ComponentId, Outcome, TaskId, Timestamp, TransitionId};
use switchyard_store::event::kind;
use switchyard_store::{CancelAnswer, CancelAsk, CancelMode, CancelScope, NewEvent, StoreError, TaskRecord};
use uuid::Uuid;

use crate::departure::Leaving;
use crate::encoding::to_json;
use crate::error::failed;
use crate::{aftermath, audit, departure, ending, event, read};

pub(crate) async fn ask(conn: &mut SqliteConnection, ask: &CancelAsk) -> Result<CancelAnswer, StoreError> {
    let answer = match &ask.scope {
        CancelScope::Transition { id, only } => part(conn, ask, *id, only.as_deref()).await?,
        CancelScope::Tasks(tasks) => tasks_of_everybody(conn, ask, tasks).await?,
    };
    if matches!(answer, CancelAnswer::Asked { .. }) {
        audit::append(conn, ask.audit.as_ref()).await?;
    }
    Ok(answer)
}

/// A task that a request waits for.
struct Part {
    seq: i64,
    id: Uuid,
    is_done: bool,
    is_shared: bool,
}

async fn part(
    conn: &mut SqliteConnection,
    ask: &CancelAsk,
    id: TransitionId,
    only: Option<&[ComponentId]>,
) -> Result<CancelAnswer, StoreError> {
    let found = sqlx::query!(
        r#"SELECT seq AS "seq!", cancel_asked_at, ended_at FROM transition WHERE id = ?1"#,
        id.0
    )
    .fetch_optional(&mut *conn)
    .await
    .map_err(failed("read a transition"))?;
    let seq = match found {
        None => return Ok(CancelAnswer::NotFound),
        Some(row) if row.cancel_asked_at.is_some() => return Ok(CancelAnswer::AskedBefore),
        Some(row) if row.ended_at.is_some() => return Ok(CancelAnswer::Ended),
        Some(row) => row.seq,
    };
    let mut parts = parts(conn, seq, only).await?;
    if only.is_some() && parts.is_empty() {
        return Ok(CancelAnswer::NotFound);
    }
    parts.retain(|part| !part.is_done);
    if parts.is_empty() {
        return Ok(CancelAnswer::Ended);
    }
    if only.is_none() {
        mark_transition(conn, seq, id, ask).await?;
    }
    let (shared, alone): (Vec<Part>, Vec<Part>) = parts.into_iter().partition(|part| part.is_shared);
    let leaving: Vec<Leaving<'_>> = shared
        .iter()
        .map(|part| Leaving {
            task: TaskId(part.id),
            transition: id,
            outcome: &Outcome::Cancelled,
            at: ask.at,
        })
        .collect();
    let departures = departure::store(conn, &leaving).await?;
    let ended = ending::count_off(conn, &[], &departures.left).await?;
    let seqs: Vec<i64> = alone.iter().map(|part| part.seq).collect();
    let tasks = mark_tasks(conn, &seqs, ask.mode, ask.at).await?;
    let ends = ending::freeze_counts(conn, ended).await?;
    let events: Vec<&NewEvent> = departures.events.iter().chain(&ends).collect();
    event::append(conn, &events).await?;
    Ok(CancelAnswer::Asked {
        tasks,
        detached: departures.detached,
    })
}

/// The parts of a request that it has not left, in order of their tasks; for a whole request those that have not ended.
async fn parts(
    conn: &mut SqliteConnection,
    transition: i64,
    only: Option<&[ComponentId]>,
) -> Result<Vec<Part>, StoreError> {
    let only = only.map(to_json).transpose()?;
    sqlx::query_as!(
        Part,
        r#"SELECT t.seq AS "seq!: i64", t.id AS "id!: Uuid",
               (t.phase = 'done' OR m.departure IS NOT NULL) AS "is_done!: bool",
               EXISTS (
                   SELECT 1 FROM member AS o
                   WHERE o.task = t.seq AND o.departure IS NULL AND (o.transition <> m.transition OR o.position <> m.position)
               ) AS "is_shared!: bool"
           FROM member AS m CROSS JOIN task AS t ON t.seq = m.task
           WHERE m.transition = ?1 AND (?2 IS NULL OR t.component IN (SELECT value FROM json_each(?2)))
           ORDER BY t.place"#,
        transition,
        only,
    )
    .fetch_all(conn)
    .await
    .map_err(failed("read the parts of a transition"))
}

async fn mark_transition(
    conn: &mut SqliteConnection,
    seq: i64,
    id: TransitionId,
    ask: &CancelAsk,
) -> Result<(), StoreError> {
    let at = ask.at.as_millis();
    sqlx::query!(
        "UPDATE transition SET cancel_asked_at = ?2, cancel_asked_by = ?3 WHERE seq = ?1",
        seq,
        at,
        ask.by
    )
    .execute(&mut *conn)
    .await
    .map_err(failed("mark a transition as asked to cancel"))?;
    let asked = NewEvent {
        at: ask.at,
        kind: kind::TRANSITION_CANCEL_ASKED.to_owned(),
        component: None,
        task: None,
        transition: Some(id),
        data: json!({ "by": ask.by }),
    };
    event::append(conn, &[&asked]).await
}

async fn tasks_of_everybody(
    conn: &mut SqliteConnection,
    ask: &CancelAsk,
    tasks: &[TaskId],
) -> Result<CancelAnswer, StoreError> {
    let wanted = to_json(tasks)?;
    let found = sqlx::query!(
        r#"SELECT t.seq AS "seq!: i64", t.phase = 'done' AS "is_done!: bool"
           FROM json_each(?1) AS wanted CROSS JOIN task AS t ON t.id = unhex(wanted.value, '-')"#,
        wanted,
    )
    .fetch_all(&mut *conn)
    .await
    .map_err(failed("read tasks"))?;
    if found.is_empty() {
        return Ok(CancelAnswer::NotFound);
    }
    let open: Vec<i64> = found
        .iter()
        .filter(|task| !task.is_done)
        .map(|task| task.seq)
        .collect();
    if open.is_empty() {
        return Ok(CancelAnswer::Ended);
    }
    Ok(CancelAnswer::Asked {
        tasks: mark_tasks(conn, &open, ask.mode, ask.at).await?,
        detached: Vec::new(),
    })
}

/// Marks tasks as asked to cancel, and gives them in order of their place. Who was to finish may still be told to stop now, but not the
/// other way round.
pub(crate) async fn mark_tasks(
    conn: &mut SqliteConnection,
    tasks: &[i64],
    mode: CancelMode,
    at: Timestamp,
) -> Result<Vec<TaskRecord>, StoreError> {
    if tasks.is_empty() {
        return Ok(Vec::new());
    }
    let wanted = to_json(tasks)?;
    let mode = match mode {
        CancelMode::Now => "now",
        CancelMode::Finish => "finish",
    };
    let at = at.as_millis();
    sqlx::query!(
        "UPDATE task SET cancel_asked = iif(cancel_asked = 'now', 'now', ?2), updated_at = ?3
         WHERE seq IN (SELECT value FROM json_each(?1)) AND phase <> 'done'",
        wanted,
        mode,
        at,
    )
    .execute(&mut *conn)
    .await
    .map_err(failed("mark tasks as asked to cancel"))?;
    let marked = read::tasks(conn, tasks).await?;
    let components: Vec<String> = marked
        .iter()
        .map(|task| task.component.as_str().to_owned())
        .collect();
    aftermath::leave_nothing_desired(conn, &components).await?;
    Ok(marked)
}
