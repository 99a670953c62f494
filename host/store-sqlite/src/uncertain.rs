//! Saying of uncertain components what became of them.

use serde_json::json;
use sqlx::SqliteConnection;
use switchyard_core::{ComponentId, TaskId, Timestamp};
use switchyard_store::event::kind;
use switchyard_store::{NewEvent, StoreError};
use uuid::Uuid;

use crate::encoding::{from_text, to_json};
use crate::error::failed;
use crate::{aftermath, event};

/// Takes the mark from those that have it, and gives them in order of id.
pub(crate) async fn resolve(
    conn: &mut SqliteConnection,
    components: &[ComponentId],
    done: bool,
    at: Timestamp,
) -> Result<Vec<ComponentId>, StoreError> {
    let wanted = to_json(components)?;
    let marked = sqlx::query!(
        r#"SELECT id AS "id!: String", uncertain AS "task!: Uuid" FROM component
           WHERE uncertain IS NOT NULL AND id IN (SELECT value FROM json_each(?1))
           ORDER BY id"#,
        wanted,
    )
    .fetch_all(&mut *conn)
    .await
    .map_err(failed("read which components are uncertain"))?;
    let verdict = if done { "done" } else { "not-done" };
    let mut names = Vec::with_capacity(marked.len());
    let mut resolved: Vec<ComponentId> = Vec::with_capacity(marked.len());
    let mut events = Vec::with_capacity(marked.len());
    for row in marked {
        let component: ComponentId = from_text(&row.id, "component")?;
        events.push(NewEvent {
            at,
            kind: kind::COMPONENT_RESOLVED.to_owned(),
            component: Some(component.clone()),
            task: Some(TaskId(row.task)),
            transition: None,
            data: json!({ "verdict": verdict }),
        });
        resolved.push(component);
        names.push(row.id);
    }
    aftermath::make_certain(conn, &names).await?;
    event::append(conn, &events.iter().collect::<Vec<_>>()).await?;
    Ok(resolved)
}
