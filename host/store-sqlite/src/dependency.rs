//! What tasks of one request wait for.

use std::collections::HashMap;

use serde::Serialize;
use sqlx::SqliteConnection;
use switchyard_core::{Relation, TaskId, Timestamp, TransitionId};
use switchyard_store::{Dependency, DependencyRecord, StoreError};
use uuid::Uuid;

use crate::encoding::{from_json, from_name, from_text, to_json};
use crate::error::failed;

#[derive(Serialize)]
struct Row {
    task: i64,
    on: i64,
    relation: Relation,
}

/// Stores which tasks wait for which, for a request. The tasks are known by their `seq`.
pub(crate) async fn insert(
    conn: &mut SqliteConnection,
    transition: i64,
    dependencies: &[Dependency],
    seqs: &HashMap<TaskId, i64>,
) -> Result<(), StoreError> {
    if dependencies.is_empty() {
        return Ok(());
    }
    let rows = dependencies.iter().filter_map(|dependency| {
        Some(Row {
            task: *seqs.get(&dependency.task)?,
            on: *seqs.get(&dependency.on)?,
            relation: dependency.relation,
        })
    });
    let rows = to_json(&rows.collect::<Vec<_>>())?;
    sqlx::query!(
        "INSERT OR IGNORE INTO task_dependency (task, on_task, transition, relation)
         SELECT value ->> '$.task', value ->> '$.on', ?2, value ->> '$.relation' FROM jsonb_each(?1)",
        rows,
        transition,
    )
    .execute(conn)
    .await
    .map(drop)
    .map_err(failed("store the order of tasks"))
}

/// Lets tasks wait for, and be waited for, in the place of others; pairs of ids as JSON, from and to.
pub(crate) async fn move_all(conn: &mut SqliteConnection, pairs: &str) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE OR REPLACE task_dependency SET task = c.new
         FROM (
             SELECT f.seq AS old, t.seq AS new FROM jsonb_each(?1) AS pair
             CROSS JOIN task AS f ON f.id = unhex(pair.value ->> '$.from', '-')
             CROSS JOIN task AS t ON t.id = unhex(pair.value ->> '$.to', '-')
         ) AS c
         WHERE task_dependency.task = c.old",
        pairs,
    )
    .execute(&mut *conn)
    .await
    .map_err(failed("move the order of tasks"))?;
    sqlx::query!(
        "UPDATE OR REPLACE task_dependency SET on_task = c.new
         FROM (
             SELECT f.seq AS old, t.seq AS new FROM jsonb_each(?1) AS pair
             CROSS JOIN task AS f ON f.id = unhex(pair.value ->> '$.from', '-')
             CROSS JOIN task AS t ON t.id = unhex(pair.value ->> '$.to', '-')
         ) AS c
         WHERE task_dependency.on_task = c.old",
        pairs,
    )
    .execute(conn)
    .await
    .map(drop)
    .map_err(failed("move the order of tasks"))
}

/// What unfinished tasks wait for, for one request or for all.
pub(crate) async fn read(
    conn: &mut SqliteConnection,
    of: Option<TransitionId>,
) -> Result<Vec<DependencyRecord>, StoreError> {
    let of = of.map(|id| id.0);
    let rows = sqlx::query!(
        r#"SELECT t.id AS "task!: Uuid", t.component AS "component!: String", o.id AS "on_task!: Uuid",
               o.component AS "on_component!: String", o.machine AS "machine!: String", d.relation AS "relation!: String",
               r.id AS "transition!: Uuid", r.created_at AS "made_at!: i64",
               (SELECT m.departure FROM member AS m WHERE m.transition = d.transition AND m.task = d.on_task)
                   AS "departed: String"
           FROM task AS t
           CROSS JOIN task_dependency AS d ON d.task = t.seq
           CROSS JOIN task AS o ON o.seq = d.on_task
           CROSS JOIN transition AS r ON r.seq = d.transition
           WHERE t.phase <> 'done' AND (?1 IS NULL OR r.id = ?1)
               AND NOT EXISTS (
                   SELECT 1 FROM member AS m
                   WHERE m.transition = d.transition AND m.task = d.task AND m.departure IS NOT NULL
               )
           ORDER BY t.place, o.place"#,
        of,
    )
    .fetch_all(conn)
    .await
    .map_err(failed("read the order of tasks"))?;
    rows.into_iter()
        .map(|row| {
            let which = row.on_task;
            Ok(DependencyRecord {
                dependency: Dependency {
                    task: TaskId(row.task),
                    component: from_text(&row.component, "component")?,
                    on: TaskId(row.on_task),
                    on_component: from_text(&row.on_component, "component")?,
                    relation: from_name(&row.relation, "task", which)?,
                },
                transition: TransitionId(row.transition),
                made_at: Timestamp::from_millis(row.made_at),
                machine: from_json(&row.machine, "task", which)?,
                departed: row
                    .departed
                    .map(|end| from_json(&end, "member", which))
                    .transpose()?,
            })
        })
        .collect()
}
