//! What stands in the way of a request: lines, holds, and components that are uncertain.

use std::collections::{HashMap, HashSet};

use sqlx::SqliteConnection;
use switchyard_core::operation::Lane;
use switchyard_core::{ComponentId, TaskId, Timestamp};
use switchyard_store::decision::{Situation, Standing};
use switchyard_store::{HoldId, HoldRecord, NewMember, StoreError, Submission, Want};
use uuid::Uuid;

use crate::encoding::{from_json, from_text, to_json};
use crate::error::failed;
use crate::row::TaskRow;

/// Reads what [`decide`](switchyard_store::decision::decide) has to know.
pub(crate) async fn read(
    conn: &mut SqliteConnection,
    submission: &Submission,
) -> Result<Situation, StoreError> {
    let named = to_json(&components(&submission.members, false))?;
    let touched = to_json(&components(&submission.members, true))?;
    let lane = submission.transition.operation.lane();
    Ok(Situation {
        lines: lines(conn, &touched, lane).await?,
        holds: holds(conn, &named, submission.transition.created_at).await?,
        uncertain: uncertain(conn, &named).await?,
    })
}

/// The components that are asked for, with those below them when wanted.
fn components(members: &[NewMember], with_below: bool) -> HashSet<&str> {
    members
        .iter()
        .filter_map(|member| match &member.want {
            Want::Task(wanted) => Some(wanted),
            Want::Refused(_) => None,
        })
        .flat_map(|wanted| {
            let below = wanted.below.iter().filter(move |_| with_below);
            std::iter::once(&wanted.component).chain(below)
        })
        .map(ComponentId::as_str)
        .collect()
}

/// The unfinished tasks of components, given as JSON, in order of each line.
pub(crate) async fn lines(
    conn: &mut SqliteConnection,
    components: &str,
    lane: Lane,
) -> Result<HashMap<ComponentId, Vec<Standing>>, StoreError> {
    let lane = lane.name();
    let rows = sqlx::query!(
        r#"SELECT t.id AS "id!: Uuid", t.component AS "component!: String", t.controller AS "controller!: String",
               t.transition AS "transition!: Uuid", t.seq AS "seq!: i64", t.place AS "place!: i64",
               t.created_at AS "created_at!: i64", t.updated_at AS "updated_at!: i64", t.cancel_asked AS "cancel_asked: String",
               t.paused AS "paused!: bool", t.machine AS "machine!: String",
               (SELECT count(*) FROM member AS m WHERE m.task = t.seq AND m.departure IS NULL) AS "joined!: u32"
           FROM json_each(?1) AS wanted
           CROSS JOIN task AS t ON t.component = wanted.value AND t.lane = ?2 AND t.phase <> 'done'
           ORDER BY t.phase = 'queued', t.place"#,
        components,
        lane,
    )
    .fetch_all(conn)
    .await
    .map_err(failed("read the lines of components"))?;
    let mut lines: HashMap<ComponentId, Vec<Standing>> = HashMap::new();
    for row in rows {
        let record = TaskRow {
            id: row.id,
            component: row.component,
            controller: row.controller,
            transition: row.transition,
            seq: row.seq,
            place: row.place,
            created_at: row.created_at,
            updated_at: row.updated_at,
            cancel_asked: row.cancel_asked,
            paused: row.paused,
            machine: row.machine,
        }
        .record()?;
        let joined = usize::try_from(row.joined).unwrap_or(usize::MAX);
        let line = lines.entry(record.component.clone()).or_default();
        line.push(Standing { record, joined });
    }
    Ok(lines)
}

/// The holds on components at `now`, each as far as it is about the component.
pub(crate) async fn holds(
    conn: &mut SqliteConnection,
    components: &str,
    now: Timestamp,
) -> Result<HashMap<ComponentId, Vec<HoldRecord>>, StoreError> {
    let now = now.as_millis();
    let rows = sqlx::query!(
        r#"SELECT held.component AS "component!: String", h.id AS "id!: Uuid", h.reason AS "reason!: String",
               h.placed_by AS "placed_by!: String", h.placed_at AS "placed_at!: i64", h.until AS "until!: i64",
               h.allow AS "allow!: String"
           FROM hold AS h CROSS JOIN held ON held.hold = h.seq
           WHERE h.released_at IS NULL AND h.until > ?2 AND held.component IN (SELECT value FROM json_each(?1))
           ORDER BY h.seq"#,
        components,
        now,
    )
    .fetch_all(conn)
    .await
    .map_err(failed("read the holds on components"))?;
    let mut holds: HashMap<ComponentId, Vec<HoldRecord>> = HashMap::new();
    for row in rows {
        let component: ComponentId = from_text(&row.component, "component")?;
        let hold = HoldRecord {
            id: HoldId(row.id),
            components: vec![component.clone()],
            reason: row.reason,
            by: row.placed_by,
            at: Timestamp::from_millis(row.placed_at),
            until: Timestamp::from_millis(row.until),
            allow: from_json(&row.allow, "hold", row.id)?,
        };
        holds.entry(component).or_default().push(hold);
    }
    Ok(holds)
}

async fn uncertain(
    conn: &mut SqliteConnection,
    components: &str,
) -> Result<HashMap<ComponentId, TaskId>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT id AS "id!: String", uncertain AS "task!: Uuid" FROM component INDEXED BY component_uncertain
           WHERE uncertain IS NOT NULL AND id IN (SELECT value FROM json_each(?1))"#,
        components,
    )
    .fetch_all(conn)
    .await
    .map_err(failed("read which components are uncertain"))?;
    rows.into_iter()
        .map(|row| Ok((from_text(&row.id, "component")?, TaskId(row.task))))
        .collect()
}
