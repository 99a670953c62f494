//! Reservations in the state manager, and deputy keys.

use serde::Serialize;
use sqlx::SqliteConnection;
use switchyard_core::{ComponentId, TaskId, Timestamp};
use switchyard_store::{Grip, Key, NewMember, ReservationRecord, StoreError, Want};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::encoding::{from_text, to_json};
use crate::error::failed;

#[derive(Serialize)]
struct ReservationRow<'a> {
    component: &'a str,
    asked_at: Timestamp,
    key: Option<&'a str>,
    deputy_key: Option<&'a str>,
    expires_at: Option<Timestamp>,
}

pub(crate) async fn keep(
    conn: &mut SqliteConnection,
    records: &[ReservationRecord],
) -> Result<(), StoreError> {
    let rows = records.iter().map(|record| ReservationRow {
        component: record.component.as_str(),
        asked_at: record.asked_at,
        key: record.grip.as_ref().map(|grip| grip.key.expose()),
        deputy_key: record.grip.as_ref().map(|grip| grip.deputy_key.expose()),
        expires_at: record.grip.as_ref().map(|grip| grip.expires_at),
    });
    let rows = Zeroizing::new(to_json(&rows.collect::<Vec<_>>())?);
    let rows = rows.as_str();
    sqlx::query!(
        "INSERT OR REPLACE INTO reservation (component, asked_at, key, deputy_key, expires_at)
         SELECT value ->> '$.component', value ->> '$.asked_at', value ->> '$.key', value ->> '$.deputy_key',
             value ->> '$.expires_at'
         FROM jsonb_each(?1)",
        rows,
    )
    .execute(conn)
    .await
    .map(drop)
    .map_err(failed("store reservations"))
}

pub(crate) async fn forget(
    conn: &mut SqliteConnection,
    components: &[ComponentId],
) -> Result<(), StoreError> {
    let components = to_json(components)?;
    sqlx::query!(
        "DELETE FROM reservation WHERE component IN (SELECT value FROM json_each(?1))",
        components,
    )
    .execute(conn)
    .await
    .map(drop)
    .map_err(failed("forget reservations"))
}

pub(crate) async fn all(conn: &mut SqliteConnection) -> Result<Vec<ReservationRecord>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT component AS "component!: String", asked_at AS "asked_at!: i64", key AS "key: String",
               deputy_key AS "deputy_key: String", expires_at AS "expires_at: i64"
           FROM reservation ORDER BY component"#
    )
    .fetch_all(conn)
    .await
    .map_err(failed("read reservations"))?;
    rows.into_iter()
        .map(|row| {
            let grip = match (row.key, row.deputy_key, row.expires_at) {
                (Some(key), Some(deputy_key), Some(expires_at)) => Some(Grip {
                    key: Key::new(key),
                    deputy_key: Key::new(deputy_key),
                    expires_at: Timestamp::from_millis(expires_at),
                }),
                _ => None,
            };
            Ok(ReservationRecord {
                component: from_text(&row.component, "reservation")?,
                asked_at: Timestamp::from_millis(row.asked_at),
                grip,
            })
        })
        .collect()
}

/// The deputy keys of a request, by the position of the member that they came with.
pub(crate) struct NewKeys(Vec<(usize, Vec<Key>)>);

#[derive(Serialize)]
struct KeyRow<'a> {
    position: usize,
    number: usize,
    key: &'a str,
}

impl NewKeys {
    pub(crate) fn of(members: &[NewMember]) -> Self {
        let keys = members.iter().enumerate().filter_map(|(position, member)| {
            let Want::Task(wanted) = &member.want else {
                return None;
            };
            (!wanted.deputy_keys.is_empty()).then(|| (position, wanted.deputy_keys.clone()))
        });
        Self(keys.collect())
    }

    /// Stores them with the request.
    pub(crate) async fn insert(
        &self,
        conn: &mut SqliteConnection,
        transition: i64,
    ) -> Result<(), StoreError> {
        if self.0.is_empty() {
            return Ok(());
        }
        let rows = self.0.iter().flat_map(|(position, keys)| {
            keys.iter().enumerate().map(|(number, key)| KeyRow {
                position: *position,
                number,
                key: key.expose(),
            })
        });
        let rows = Zeroizing::new(to_json(&rows.collect::<Vec<_>>())?);
        let rows = rows.as_str();
        sqlx::query!(
            "INSERT INTO deputy_key (transition, position, number, key)
             SELECT ?2, value ->> '$.position', value ->> '$.number', value ->> '$.key' FROM jsonb_each(?1)",
            rows,
            transition,
        )
        .execute(conn)
        .await
        .map(drop)
        .map_err(failed("store deputy keys"))
    }
}

/// Forgets the deputy keys of transitions, by their `seq` as JSON.
pub(crate) async fn forget_keys(conn: &mut SqliteConnection, transitions: &[i64]) -> Result<(), StoreError> {
    let transitions = to_json(transitions)?;
    sqlx::query!(
        "DELETE FROM deputy_key WHERE transition IN (SELECT value FROM json_each(?1))",
        transitions,
    )
    .execute(conn)
    .await
    .map(drop)
    .map_err(failed("forget deputy keys"))
}

pub(crate) async fn keys_of(
    conn: &mut SqliteConnection,
    tasks: &[TaskId],
) -> Result<Vec<(TaskId, Key)>, StoreError> {
    let tasks = to_json(tasks)?;
    let rows = sqlx::query!(
        r#"SELECT t.id AS "task!: Uuid", k.key AS "key!: String"
           FROM json_each(?1) AS wanted
           CROSS JOIN task AS t ON t.id = unhex(wanted.value, '-')
           CROSS JOIN member AS m ON m.task = t.seq AND m.departure IS NULL
           CROSS JOIN deputy_key AS k ON k.transition = m.transition AND k.position = m.position
           ORDER BY wanted.key, k.transition, k.position, k.number"#,
        tasks,
    )
    .fetch_all(conn)
    .await
    .map_err(failed("read deputy keys"))?;
    Ok(rows
        .into_iter()
        .map(|row| (TaskId(row.task), Key::new(row.key)))
        .collect())
}
