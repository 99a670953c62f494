//! Controllers and components.

use serde::Serialize;
use sqlx::SqliteConnection;
use switchyard_core::{ComponentId, ControllerId, Timestamp};
use switchyard_store::{ComponentRecord, StoreError};

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

pub(crate) async fn components(conn: &mut SqliteConnection) -> Result<Vec<ComponentRecord>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT id AS "id!", observed, raw, available AS "available!: bool", changed_at, desired, abilities
           FROM component ORDER BY id"#
    )
    .fetch_all(conn)
    .await
    .map_err(failed("read components"))?;
    rows.into_iter()
        .map(|row| {
            let desired = row
                .desired
                .as_deref()
                .map(|level| from_name(level, "component", &row.id))
                .transpose()?;
            Ok(ComponentRecord {
                observed: from_name(&row.observed, "component", &row.id)?,
                raw: row.raw,
                available: row.available,
                changed_at: Timestamp::from_millis(row.changed_at),
                desired,
                abilities: from_json(&row.abilities, "component", &row.id)?,
                id: from_text(&row.id, "component")?,
            })
        })
        .collect()
}
