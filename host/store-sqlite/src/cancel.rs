//! Asking to cancel.

use serde_json::json;
use sqlx::SqliteConnection;
use switchyard_core::{TaskId, Timestamp, TransitionId};
use switchyard_store::event::kind;
use switchyard_store::{CancelAnswer, NewEvent, StoreError};
use uuid::Uuid;

use crate::error::failed;
use crate::event;

pub(crate) async fn ask(
    conn: &mut SqliteConnection,
    id: TransitionId,
    by: &str,
    at: Timestamp,
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
    let millis = at.as_millis();
    sqlx::query!(
        "UPDATE transition SET cancel_asked_at = ?2, cancel_asked_by = ?3 WHERE seq = ?1",
        seq,
        millis,
        by
    )
    .execute(&mut *conn)
    .await
    .map_err(failed("mark a transition as asked to cancel"))?;
    let mut tasks = sqlx::query!(
        r#"UPDATE task SET cancel_asked = 1, updated_at = ?2
           WHERE seq IN (SELECT task FROM member WHERE transition = ?1) AND phase <> 'done'
           RETURNING seq AS "seq!: i64", id AS "id!: Uuid""#,
        seq,
        millis,
    )
    .fetch_all(&mut *conn)
    .await
    .map_err(failed("mark tasks as asked to cancel"))?;
    tasks.sort_unstable_by_key(|task| task.seq);
    let asked = NewEvent {
        at,
        kind: kind::TRANSITION_CANCEL_ASKED.to_owned(),
        component: None,
        task: None,
        transition: Some(id),
        data: json!({ "by": by }),
    };
    event::append(conn, &[&asked]).await?;
    Ok(CancelAnswer::Asked {
        tasks: tasks.into_iter().map(|task| TaskId(task.id)).collect(),
    })
}
