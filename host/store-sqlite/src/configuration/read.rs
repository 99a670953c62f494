//! Reading configurations and their tasks.

use std::collections::HashMap;

use sqlx::{QueryBuilder, Sqlite, SqliteConnection};
use switchyard_core::{ConfigurationId, TaskId, Timestamp};
use switchyard_store::{
    ConfigurationCounts, ConfigurationFilter, ConfigurationRecord, ConfigurationTask, ConfigurationView,
    OpenConfigurationTask, Part, StoreError,
};
use uuid::Uuid;

use super::counts;
use super::row::{self, ConfigurationRow, MemberRow, TaskRow};
use crate::encoding::to_json;
use crate::error::failed;

pub(super) async fn configuration(
    conn: &mut SqliteConnection,
    id: ConfigurationId,
) -> Result<Option<ConfigurationView>, StoreError> {
    let row = sqlx::query_as!(
        ConfigurationRow,
        r#"SELECT seq AS "seq!", id AS "id!: Uuid", track, created_at, expires_at, requested_by, reason, request_id,
               cancel_asked_at, ended_at, counts
           FROM configuration WHERE id = ?1"#,
        id.0,
    )
    .fetch_optional(&mut *conn)
    .await
    .map_err(failed("read a configuration"))?;
    let Some(row) = row else { return Ok(None) };
    let members = members(conn, row.seq).await?;
    let mut tasks = tasks_of(conn, row.seq).await?.into_iter();
    let counts = match row.frozen_counts()? {
        Some(counts) => counts,
        None => counts::of(conn, &[row.seq])
            .await?
            .remove(&row.seq)
            .unwrap_or_default(),
    };
    let members = members.into_iter().map(|member| {
        let member = member.record()?;
        let task = match member.part {
            Part::Task { .. } => tasks.next(),
            Part::Refused { .. } => None,
        };
        Ok((member, task))
    });
    let members = members.collect::<Result<_, StoreError>>()?;
    Ok(Some(ConfigurationView {
        configuration: row.record()?,
        counts,
        members,
    }))
}

async fn members(conn: &mut SqliteConnection, configuration: i64) -> Result<Vec<MemberRow>, StoreError> {
    sqlx::query_as!(
        MemberRow,
        r#"SELECT m.position AS "position!", m.name AS "name!", t.id AS "task: Uuid", m.refusal AS "refusal: String",
               m.how AS "how: String", m.departed_at AS "departed_at: i64", m.counted AS "counted: String"
           FROM configuration_member AS m LEFT JOIN configuration_task AS t ON t.seq = m.task
           WHERE m.configuration = ?1
           ORDER BY m.position"#,
        configuration,
    )
    .fetch_all(conn)
    .await
    .map_err(failed("read the members of a configuration"))
}

/// The tasks of the members that have one, in order of the members.
async fn tasks_of(
    conn: &mut SqliteConnection,
    configuration: i64,
) -> Result<Vec<ConfigurationTask>, StoreError> {
    let rows = sqlx::query_as!(
        TaskRow,
        r#"SELECT t.id AS "id!: Uuid", t.component AS "component!", t.controller AS "controller!",
               t.configuration AS "configuration!: Uuid", t.seq AS "seq!", t.created_at AS "created_at!",
               t.updated_at AS "updated_at!", t.cancel_asked AS "cancel_asked!: bool", t.machine AS "machine!"
           FROM configuration_member AS m CROSS JOIN configuration_task AS t ON t.seq = m.task
           WHERE m.configuration = ?1
           ORDER BY m.position"#,
        configuration,
    )
    .fetch_all(conn)
    .await
    .map_err(failed("read the tasks of a configuration"))?;
    row::tasks(rows)
}

/// Configurations, newest first, with their counts.
pub(super) async fn list(
    conn: &mut SqliteConnection,
    filter: &ConfigurationFilter,
    limit: u32,
) -> Result<Vec<(ConfigurationRecord, ConfigurationCounts)>, StoreError> {
    let rows: Vec<ConfigurationRow> = query(filter, limit)
        .build_query_as()
        .fetch_all(&mut *conn)
        .await
        .map_err(failed("list configurations"))?;
    let open: Vec<i64> = rows
        .iter()
        .filter(|row| row.counts.is_none())
        .map(|row| row.seq)
        .collect();
    let live = counts::of(conn, &open).await?;
    rows.into_iter()
        .map(|row| {
            let counts = match row.frozen_counts()? {
                Some(counts) => counts,
                None => live.get(&row.seq).copied().unwrap_or_default(),
            };
            Ok((row.record()?, counts))
        })
        .collect()
}

/// A query with a condition for each part of the filter that is set. It is put together here and so cannot be checked at compile time.
fn query(filter: &ConfigurationFilter, limit: u32) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new(
        "SELECT seq, id, track, created_at, expires_at, requested_by, reason, request_id, cancel_asked_at, ended_at, counts
         FROM configuration WHERE true",
    );
    if let Some(now) = filter.alive_at.map(Timestamp::as_millis) {
        query
            .push(
                " AND seq IN (SELECT seq FROM configuration WHERE ended_at IS NULL
                      UNION ALL SELECT seq FROM configuration WHERE expires_at > ",
            )
            .push_bind(now)
            .push(")");
    }
    match filter.ended {
        Some(true) => query.push(" AND ended_at IS NOT NULL"),
        Some(false) => query.push(" AND ended_at IS NULL"),
        None => &mut query,
    };
    if !filter.tracks.is_empty() {
        query.push(" AND track IN (");
        let mut names = query.separated(", ");
        for track in &filter.tracks {
            names.push_bind(track.name());
        }
        query.push(")");
    }
    if let Some(caller) = &filter.requested_by {
        query.push(" AND requested_by = ").push_bind(caller.clone());
    }
    if let Some(before) = filter.before {
        query
            .push(" AND seq < (SELECT seq FROM configuration WHERE id = ")
            .push_bind(before.0)
            .push(")");
    }
    query.push(" ORDER BY seq DESC LIMIT ").push_bind(limit);
    query
}

pub(super) async fn task(
    conn: &mut SqliteConnection,
    id: TaskId,
) -> Result<Option<ConfigurationTask>, StoreError> {
    let row = sqlx::query_as!(
        TaskRow,
        r#"SELECT id AS "id!: Uuid", component, controller, configuration AS "configuration!: Uuid", seq AS "seq!", created_at,
               updated_at, cancel_asked AS "cancel_asked!: bool", machine
           FROM configuration_task WHERE id = ?1"#,
        id.0,
    )
    .fetch_optional(conn)
    .await
    .map_err(failed("read a task of a configuration"))?;
    row.map(TaskRow::record).transpose()
}

/// Tasks by their `seq`, in order.
pub(super) async fn tasks(
    conn: &mut SqliteConnection,
    seqs: &[i64],
) -> Result<Vec<ConfigurationTask>, StoreError> {
    let seqs = to_json(seqs)?;
    let rows = sqlx::query_as!(
        TaskRow,
        r#"SELECT id AS "id!: Uuid", component, controller, configuration AS "configuration!: Uuid", seq AS "seq!", created_at,
               updated_at, cancel_asked AS "cancel_asked!: bool", machine
           FROM configuration_task WHERE seq IN (SELECT value FROM json_each(?1))
           ORDER BY seq"#,
        seqs,
    )
    .fetch_all(conn)
    .await
    .map_err(failed("read tasks of configurations"))?;
    row::tasks(rows)
}

pub(super) async fn open_tasks(
    conn: &mut SqliteConnection,
    after: i64,
    limit: u32,
) -> Result<Vec<OpenConfigurationTask>, StoreError> {
    let rows = sqlx::query_as!(
        TaskRow,
        r#"SELECT id AS "id!: Uuid", component, controller, configuration AS "configuration!: Uuid", seq AS "seq!", created_at,
               updated_at, cancel_asked AS "cancel_asked!: bool", machine
           FROM configuration_task WHERE phase <> 'done' AND seq > ?1
           ORDER BY seq
           LIMIT ?2"#,
        after,
        limit,
    )
    .fetch_all(&mut *conn)
    .await
    .map_err(failed("read the unfinished tasks of configurations"))?;
    let seqs: Vec<i64> = rows.iter().map(|row| row.seq).collect();
    let mut callers = callers(conn, &seqs).await?;
    row::tasks(rows)?
        .into_iter()
        .map(|record| {
            let callers = callers.remove(&record.seq).unwrap_or_default();
            Ok(OpenConfigurationTask { record, callers })
        })
        .collect()
}

/// Who shares tasks, in the order in which they came.
async fn callers(
    conn: &mut SqliteConnection,
    tasks: &[i64],
) -> Result<HashMap<i64, Vec<String>>, StoreError> {
    let wanted = to_json(tasks)?;
    let rows = sqlx::query!(
        r#"SELECT m.task AS "task!: i64", r.requested_by AS "caller!: String"
           FROM json_each(?1) AS wanted
           CROSS JOIN configuration_member AS m ON m.task = wanted.value AND m.departed_at IS NULL
           CROSS JOIN configuration AS r ON r.seq = m.configuration
           ORDER BY r.seq"#,
        wanted,
    )
    .fetch_all(conn)
    .await
    .map_err(failed("read who shares tasks of configurations"))?;
    let mut callers: HashMap<i64, Vec<String>> = HashMap::new();
    for row in rows {
        callers.entry(row.task).or_default().push(row.caller);
    }
    Ok(callers)
}
