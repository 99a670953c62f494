//! Who wants what of tasks.

use std::collections::HashMap;

use sqlx::SqliteConnection;
use switchyard_core::{Demand, Timestamp, TransitionId};
use switchyard_store::{OpenTask, StoreError, TaskRecord};
use uuid::Uuid;

use crate::encoding::{from_json, from_name, to_json};
use crate::error::failed;

/// The demands on tasks by their `seq`, in the order in which the requests came. A task that nobody shares is not there.
pub(crate) async fn on(
    conn: &mut SqliteConnection,
    tasks: &[i64],
) -> Result<HashMap<i64, Vec<Demand>>, StoreError> {
    let mut demands: HashMap<i64, Vec<Demand>> = HashMap::with_capacity(tasks.len());
    if tasks.is_empty() {
        return Ok(demands);
    }
    let tasks = to_json(tasks)?;
    let rows = sqlx::query!(
        r#"SELECT m.task AS "task!: i64", r.id AS "id!: Uuid", r.operation AS "operation!: String",
               r.deadline AS "deadline!: String", r.created_at AS "created_at!: i64",
               r.start_by AS "start_by!: i64", r.expires_at AS "expires_at!: i64"
           FROM json_each(?1) AS wanted
           CROSS JOIN task AS t ON t.seq = wanted.value
           CROSS JOIN member AS m ON m.task = t.seq AND m.departure IS NULL
           CROSS JOIN transition AS r ON r.seq = m.transition
           ORDER BY r.seq"#,
        tasks,
    )
    .fetch_all(conn)
    .await
    .map_err(failed("read who shares tasks"))?;
    for row in rows {
        let demand = Demand {
            transition: TransitionId(row.id),
            operation: from_name(&row.operation, "transition", row.id)?,
            deadline: from_json(&row.deadline, "transition", row.id)?,
            joined_at: Timestamp::from_millis(row.created_at),
            start_by: Timestamp::from_millis(row.start_by),
            expires: Timestamp::from_millis(row.expires_at),
        };
        demands.entry(row.task).or_default().push(demand);
    }
    Ok(demands)
}

/// Tasks with those who want them, in the order of the tasks.
pub(crate) async fn with(
    conn: &mut SqliteConnection,
    tasks: Vec<TaskRecord>,
) -> Result<Vec<OpenTask>, StoreError> {
    let seqs: Vec<i64> = tasks.iter().map(|task| task.seq).collect();
    let mut demands = on(conn, &seqs).await?;
    let mut callers = callers(conn, &seqs).await?;
    Ok(tasks
        .into_iter()
        .map(|record| OpenTask {
            demands: demands.remove(&record.seq).unwrap_or_default(),
            requested_by: callers.remove(&record.seq).unwrap_or_default(),
            record,
        })
        .collect())
}

/// Who asked first for tasks, by their `seq`; nobody where that request is forgotten.
async fn callers(conn: &mut SqliteConnection, tasks: &[i64]) -> Result<HashMap<i64, String>, StoreError> {
    if tasks.is_empty() {
        return Ok(HashMap::new());
    }
    let tasks = to_json(tasks)?;
    let rows = sqlx::query!(
        r#"SELECT t.seq AS "task!: i64", r.requested_by AS "requested_by!: String"
           FROM json_each(?1) AS wanted
           CROSS JOIN task AS t ON t.seq = wanted.value
           CROSS JOIN transition AS r ON r.id = t.transition"#,
        tasks,
    )
    .fetch_all(conn)
    .await
    .map_err(failed("read who asked for tasks"))?;
    Ok(rows.into_iter().map(|row| (row.task, row.requested_by)).collect())
}
