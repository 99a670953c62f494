//! Asking to cancel a configuration.

use serde::Serialize;
use serde_json::json;
use sqlx::SqliteConnection;
use switchyard_core::{ComponentId, Standing, TaskId};
use switchyard_store::event::kind;
use switchyard_store::{
    ConfigurationCancel, ConfigurationCancelled, ConfigurationTask, Counted, NewEvent, StoreError,
};
use uuid::Uuid;

use super::ending::Left;
use super::{ending, read};
use crate::encoding::{from_text, to_json};
use crate::error::failed;
use crate::{audit, event};

pub(super) async fn ask(
    conn: &mut SqliteConnection,
    ask: &ConfigurationCancel,
) -> Result<ConfigurationCancelled, StoreError> {
    let found = sqlx::query!(
        r#"SELECT seq AS "seq!", track, cancel_asked_at, ended_at FROM configuration WHERE id = ?1"#,
        ask.id.0
    )
    .fetch_optional(&mut *conn)
    .await
    .map_err(failed("read a configuration"))?;
    let (seq, track) = match found {
        None => return Ok(ConfigurationCancelled::NotFound),
        Some(row) if row.cancel_asked_at.is_some() => return Ok(ConfigurationCancelled::AskedBefore),
        Some(row) if row.ended_at.is_some() => return Ok(ConfigurationCancelled::Ended),
        Some(row) => (row.seq, row.track),
    };
    mark(conn, seq, ask).await?;
    let parts = parts(conn, seq).await?;
    let (shared, alone): (Vec<Part>, Vec<Part>) = parts.into_iter().partition(|part| part.is_shared);
    let detached = shared
        .iter()
        .map(|part| Ok((TaskId(part.id), from_text(&part.component, "component")?)))
        .collect::<Result<Vec<(TaskId, ComponentId)>, StoreError>>()?;
    let ends = depart(conn, seq, &shared, ask).await?;
    let tasks = mark_tasks(conn, &alone, ask).await?;
    let asked = about(
        kind::CONFIGURATION_CANCEL_ASKED,
        ask,
        json!({ "configuration": ask.id, "by": ask.by }),
    );
    let left = detached.iter().map(|(task, component)| NewEvent {
        component: Some(component.clone()),
        task: Some(*task),
        ..about(
            kind::SETTING_DETACHED,
            ask,
            json!({ "configuration": ask.id, "track": track }),
        )
    });
    let events: Vec<NewEvent> = std::iter::once(asked).chain(left).chain(ends).collect();
    event::append(conn, &events.iter().collect::<Vec<_>>()).await?;
    audit::append(conn, ask.audit.as_ref()).await?;
    Ok(ConfigurationCancelled::Asked { tasks, detached })
}

fn about(kind: &str, ask: &ConfigurationCancel, data: serde_json::Value) -> NewEvent {
    NewEvent {
        at: ask.at,
        kind: kind.to_owned(),
        component: None,
        task: None,
        transition: None,
        data,
    }
}

async fn mark(conn: &mut SqliteConnection, seq: i64, ask: &ConfigurationCancel) -> Result<(), StoreError> {
    let at = ask.at.as_millis();
    sqlx::query!(
        "UPDATE configuration SET cancel_asked_at = ?2, cancel_asked_by = ?3 WHERE seq = ?1",
        seq,
        at,
        ask.by
    )
    .execute(conn)
    .await
    .map(drop)
    .map_err(failed("mark a configuration as asked to cancel"))
}

/// A task that a configuration waits for.
struct Part {
    seq: i64,
    position: i64,
    id: Uuid,
    component: String,
    operations: u32,
    is_shared: bool,
}

async fn parts(conn: &mut SqliteConnection, configuration: i64) -> Result<Vec<Part>, StoreError> {
    sqlx::query_as!(
        Part,
        r#"SELECT t.seq AS "seq!: i64", m.position AS "position!: i64", t.id AS "id!: Uuid", t.component AS "component!: String",
               t.operations + t.left_out AS "operations!: u32",
               EXISTS (
                   SELECT 1 FROM configuration_member AS o
                   WHERE o.task = t.seq AND o.departed_at IS NULL
                       AND (o.configuration <> m.configuration OR o.position <> m.position)
               ) AS "is_shared!: bool"
           FROM configuration_member AS m CROSS JOIN configuration_task AS t ON t.seq = m.task
           WHERE m.configuration = ?1 AND m.departed_at IS NULL AND t.phase <> 'done'
           ORDER BY t.seq"#,
        configuration,
    )
    .fetch_all(conn)
    .await
    .map_err(failed("read the parts of a configuration"))
}

#[derive(Serialize)]
struct Departing {
    position: i64,
    counted: Counted,
}

/// Ends parts whose tasks go on for others, and gives the events of configurations that end by it.
async fn depart(
    conn: &mut SqliteConnection,
    configuration: i64,
    parts: &[Part],
    ask: &ConfigurationCancel,
) -> Result<Vec<NewEvent>, StoreError> {
    if parts.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<Departing> = parts
        .iter()
        .map(|part| Departing {
            position: part.position,
            counted: Counted {
                standing: Standing::Failed,
                operations: part.operations,
            },
        })
        .collect();
    let rows = to_json(&rows)?;
    let at = ask.at.as_millis();
    sqlx::query!(
        "UPDATE configuration_member SET departed_at = ?3, counted = c.value ->> '$.counted'
         FROM jsonb_each(?2) AS c
         WHERE configuration_member.configuration = ?1 AND configuration_member.position = c.value ->> '$.position'",
        configuration,
        rows,
        at,
    )
    .execute(&mut *conn)
    .await
    .map_err(failed("end parts of a configuration"))?;
    let left: Vec<Left> = parts
        .iter()
        .map(|_| Left {
            configuration,
            at: ask.at,
        })
        .collect();
    let ended = ending::count_off(conn, &[], &left).await?;
    ending::freeze_counts(conn, ended).await
}

async fn mark_tasks(
    conn: &mut SqliteConnection,
    parts: &[Part],
    ask: &ConfigurationCancel,
) -> Result<Vec<ConfigurationTask>, StoreError> {
    if parts.is_empty() {
        return Ok(Vec::new());
    }
    let seqs: Vec<i64> = parts.iter().map(|part| part.seq).collect();
    let wanted = to_json(&seqs)?;
    let at = ask.at.as_millis();
    sqlx::query!(
        "UPDATE configuration_task SET cancel_asked = 1, updated_at = ?2
         WHERE seq IN (SELECT value FROM json_each(?1)) AND phase <> 'done'",
        wanted,
        at,
    )
    .execute(&mut *conn)
    .await
    .map_err(failed("mark tasks of a configuration as asked to cancel"))?;
    read::tasks(conn, &seqs).await
}
