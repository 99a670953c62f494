//! How the parts of configurations stand.

use std::collections::HashMap;

use sqlx::SqliteConnection;
use switchyard_core::Standing;
use switchyard_store::{ConfigurationCounts, StoreError};

use crate::encoding::{from_name, to_json};
use crate::error::failed;

/// The counts of configurations by their place, from the tasks as they stand now.
pub(super) async fn of(
    conn: &mut SqliteConnection,
    configurations: &[i64],
) -> Result<HashMap<i64, ConfigurationCounts>, StoreError> {
    let mut counts: HashMap<i64, ConfigurationCounts> = configurations
        .iter()
        .map(|seq| (*seq, ConfigurationCounts::default()))
        .collect();
    if configurations.is_empty() {
        return Ok(counts);
    }
    let wanted = to_json(configurations)?;
    let rows = sqlx::query!(
        r#"SELECT m.configuration AS "configuration!: i64", coalesce(m.counted ->> '$.standing', t.standing) AS "standing!: String",
               count(*) AS "n!: u32",
               sum(iif(m.counted IS NULL, t.operations, m.counted ->> '$.operations')) AS "operations!: u32",
               sum(iif(m.counted IS NULL, t.left_out, 0)) AS "left_out!: u32"
           FROM json_each(?1) AS wanted
           CROSS JOIN configuration_member AS m ON m.configuration = wanted.value
           LEFT JOIN configuration_task AS t ON t.seq = m.task
           GROUP BY 1, 2"#,
        wanted,
    )
    .fetch_all(conn)
    .await
    .map_err(failed("count the tasks of configurations"))?;
    for row in rows {
        let standing: Standing = from_name(&row.standing, "standing", row.configuration)?;
        let counts = counts.entry(row.configuration).or_default();
        counts.components.add(standing, row.n);
        counts.operations.add(standing, row.operations);
        counts.operations.add(Standing::Failed, row.left_out);
    }
    Ok(counts)
}
