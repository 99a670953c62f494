//! Controllers and components.

use serde::Serialize;
use sqlx::SqliteConnection;
use switchyard_core::{ComponentId, ControllerId, TaskId, Timestamp};
use switchyard_store::{ComponentRecord, StoreError};
use uuid::Uuid;

use crate::encoding::{from_json, from_name, from_text, to_json};
use crate::error::failed;

#[derive(Serialize)]
struct ComponentOf<'a> {
    component: &'a str,
    controller: &'a str,
}

/// Makes these known and forgets all others, but for those that have unfinished tasks.
pub(crate) async fn sync(
    conn: &mut SqliteConnection,
    controllers: &[ControllerId],
    components: &[(ComponentId, ControllerId)],
) -> Result<(), StoreError> {
    let rows: Vec<ComponentOf<'_>> = components
        .iter()
        .map(|(component, controller)| ComponentOf {
            component: component.as_str(),
            controller: controller.as_str(),
        })
        .collect();
    let components = to_json(&rows)?;
    make_known(conn, &components).await?;
    let controllers = to_json(controllers)?;
    sqlx::query!(
        "INSERT INTO controller (id) SELECT value FROM json_each(?1) WHERE true ON CONFLICT DO NOTHING",
        controllers
    )
    .execute(&mut *conn)
    .await
    .map_err(failed("store controllers"))?;
    sqlx::query!(
        "DELETE FROM component
         WHERE id NOT IN (SELECT value ->> '$.component' FROM jsonb_each(?1))
             AND NOT EXISTS (SELECT 1 FROM task AS t WHERE t.component = component.id AND t.phase <> 'done')",
        components,
    )
    .execute(&mut *conn)
    .await
    .map_err(failed("forget components"))?;
    sqlx::query!(
        "DELETE FROM controller
         WHERE id NOT IN (SELECT value FROM json_each(?1))
             AND NOT EXISTS (SELECT 1 FROM component AS c WHERE c.controller = controller.id)
             AND NOT EXISTS (SELECT 1 FROM task AS t WHERE t.controller = controller.id AND t.phase <> 'done')",
        controllers,
    )
    .execute(conn)
    .await
    .map_err(failed("forget controllers"))?;
    Ok(())
}

/// Makes the `component` and `controller` of each row known; a component moves to the controller that is named with it.
pub(crate) async fn make_known(conn: &mut SqliteConnection, rows: &str) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO controller (id)
         SELECT DISTINCT value ->> '$.controller' FROM jsonb_each(?1) WHERE true
         ON CONFLICT DO NOTHING",
        rows,
    )
    .execute(&mut *conn)
    .await
    .map_err(failed("store controllers"))?;
    sqlx::query!(
        "INSERT INTO component (id, controller)
         SELECT value ->> '$.component', value ->> '$.controller' FROM jsonb_each(?1) WHERE true
         ON CONFLICT (id) DO UPDATE SET controller = excluded.controller WHERE controller <> excluded.controller",
        rows,
    )
    .execute(conn)
    .await
    .map_err(failed("store components"))?;
    Ok(())
}

/// A row of `component`, as far as it is a record.
struct ComponentRow {
    id: String,
    observed: String,
    raw: String,
    available: bool,
    changed_at: i64,
    desired: Option<String>,
    abilities: String,
    uncertain: Option<Uuid>,
}

impl ComponentRow {
    fn record(self) -> Result<ComponentRecord, StoreError> {
        let desired = self
            .desired
            .as_deref()
            .map(|level| from_name(level, "component", &self.id))
            .transpose()?;
        Ok(ComponentRecord {
            observed: from_name(&self.observed, "component", &self.id)?,
            raw: self.raw,
            available: self.available,
            changed_at: Timestamp::from_millis(self.changed_at),
            desired,
            abilities: from_json(&self.abilities, "component", &self.id)?,
            uncertain: self.uncertain.map(TaskId),
            id: from_text(&self.id, "component")?,
        })
    }
}

pub(crate) async fn component(
    conn: &mut SqliteConnection,
    id: &ComponentId,
) -> Result<Option<ComponentRecord>, StoreError> {
    let id = id.as_str();
    let row = sqlx::query_as!(
        ComponentRow,
        r#"SELECT id AS "id!", observed, raw, available AS "available!: bool", changed_at, desired, abilities,
               uncertain AS "uncertain: Uuid"
           FROM component WHERE id = ?1"#,
        id,
    )
    .fetch_optional(conn)
    .await
    .map_err(failed("read a component"))?;
    row.map(ComponentRow::record).transpose()
}

pub(crate) async fn components(conn: &mut SqliteConnection) -> Result<Vec<ComponentRecord>, StoreError> {
    let rows = sqlx::query_as!(
        ComponentRow,
        r#"SELECT id AS "id!", observed, raw, available AS "available!: bool", changed_at, desired, abilities,
               uncertain AS "uncertain: Uuid"
           FROM component ORDER BY id"#
    )
    .fetch_all(conn)
    .await
    .map_err(failed("read components"))?;
    rows.into_iter().map(ComponentRow::record).collect()
}

pub(crate) async fn failed_last(conn: &mut SqliteConnection) -> Result<Vec<ComponentId>, StoreError> {
    let rows = sqlx::query_scalar!(
        r#"SELECT c.id AS "id!" FROM component AS c
           WHERE (
               SELECT t.outcome FROM task AS t
               WHERE t.component = c.id AND t.phase = 'done' AND t.outcome NOT IN ('superseded', 'absorbed')
               ORDER BY t.seq DESC
               LIMIT 1
           ) IN ('failed', 'timed-out')
           ORDER BY c.id"#
    )
    .fetch_all(conn)
    .await
    .map_err(failed("read which components failed last"))?;
    rows.iter().map(|id| from_text(id, "component")).collect()
}
