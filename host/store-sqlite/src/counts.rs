//! How the parts of transitions stand.

use std::collections::HashMap;

use sqlx::SqliteConnection;
use switchyard_core::Standing;
use switchyard_store::{Counts, StoreError};

use crate::encoding::{from_name, to_json};
use crate::error::failed;

/// The counts of transitions by their place, from the tasks as they stand now.
pub(crate) async fn of(
    conn: &mut SqliteConnection,
    transitions: &[i64],
) -> Result<HashMap<i64, Counts>, StoreError> {
    let mut counts: HashMap<i64, Counts> = transitions.iter().map(|seq| (*seq, Counts::default())).collect();
    if transitions.is_empty() {
        return Ok(counts);
    }
    let wanted = to_json(transitions)?;
    let rows = sqlx::query!(
        r#"SELECT m.transition AS "transition!: i64", coalesce(m.standing, t.standing) AS "standing!: String",
               count(*) AS "n!: u32"
           FROM json_each(?1) AS wanted
           CROSS JOIN member AS m ON m.transition = wanted.value
           LEFT JOIN task AS t ON t.seq = m.task
           GROUP BY 1, 2"#,
        wanted,
    )
    .fetch_all(conn)
    .await
    .map_err(failed("count tasks"))?;
    for row in rows {
        let standing: Standing = from_name(&row.standing, "standing", row.transition)?;
        counts.entry(row.transition).or_default().add(standing, row.n);
    }
    Ok(counts)
}
