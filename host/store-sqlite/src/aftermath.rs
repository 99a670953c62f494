//! What the end of a task leaves behind on its component: that it is uncertain, that it no longer is, or that nothing is desired of it.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::{Value, json};
use sqlx::SqliteConnection;
use switchyard_core::{Operation, Outcome, TaskId, TransitionId};
use switchyard_store::event::kind;
use switchyard_store::{NewEvent, StoreError};
use uuid::Uuid;

use crate::encoding::{from_text, to_json};
use crate::error::failed;
use crate::moved::Moved;

/// What is to be stored once the tasks are stored as ended.
#[derive(Debug, Default)]
pub(crate) struct Aftermath {
    certain: Vec<String>,
    uncertain: Vec<Mark>,
    undesired: Vec<String>,
    events: Vec<NewEvent>,
}

#[derive(Debug, Serialize)]
struct Mark {
    component: String,
    task: TaskId,
}

/// Whether the end means something for the component; that of a success only when some component is uncertain.
fn matters(moved: &Moved<'_>, any_uncertain: bool) -> bool {
    match moved.machine.outcome() {
        Some(outcome) if leaves_nothing_desired(outcome) => true,
        Some(outcome) => any_uncertain && clears(moved.machine.operation, outcome),
        None => false,
    }
}

fn leaves_nothing_desired(outcome: &Outcome) -> bool {
    matches!(
        outcome,
        Outcome::Cancelled | Outcome::CancelledAfterSend { .. } | Outcome::Uncertain { .. }
    )
}

/// Whether a level was reached, so that it no longer matters whether something was executed before.
fn clears(operation: Operation, outcome: &Outcome) -> bool {
    outcome.is_success() && !operation.needs_certainty()
}

/// Finds out what the ends mean. Asked before they are stored, since a task ends once.
pub(crate) async fn of(conn: &mut SqliteConnection, ended: &[Moved<'_>]) -> Result<Aftermath, StoreError> {
    if ended.is_empty() {
        return Ok(Aftermath::default());
    }
    let any_uncertain = any_uncertain(conn).await?;
    let ended: HashMap<TaskId, &Moved<'_>> = ended
        .iter()
        .filter(|moved| matters(moved, any_uncertain))
        .map(|moved| (moved.task, moved))
        .collect();
    if ended.is_empty() {
        return Ok(Aftermath::default());
    }
    let wanted = to_json(&ended.keys().collect::<Vec<_>>())?;
    let rows = sqlx::query!(
        r#"SELECT t.id AS "task!: Uuid", t.component AS "component!: String", t.transition AS "transition!: Uuid",
               c.uncertain AS "uncertain: Uuid"
           FROM json_each(?1) AS wanted
           CROSS JOIN task AS t ON t.id = unhex(wanted.value, '-') AND t.phase <> 'done'
           CROSS JOIN component AS c ON c.id = t.component
           ORDER BY t.seq"#,
        wanted,
    )
    .fetch_all(conn)
    .await
    .map_err(failed("find the components of tasks that end"))?;
    let mut aftermath = Aftermath::default();
    for row in rows {
        let Some((moved, outcome)) = ended
            .get(&TaskId(row.task))
            .and_then(|moved| Some((moved, moved.machine.outcome()?)))
        else {
            continue;
        };
        let told = |kind: &str, task: Uuid, transition, data: Value| {
            Ok::<_, StoreError>(NewEvent {
                at: moved.at,
                kind: kind.to_owned(),
                component: Some(from_text(&row.component, "component")?),
                task: Some(TaskId(task)),
                transition,
                data,
            })
        };
        match (outcome, row.uncertain) {
            (Outcome::Uncertain { primitive }, _) => {
                let data = json!({ "primitive": primitive });
                let transition = Some(TransitionId(row.transition));
                aftermath
                    .events
                    .push(told(kind::COMPONENT_UNCERTAIN, row.task, transition, data)?);
                aftermath.uncertain.push(Mark {
                    component: row.component.clone(),
                    task: moved.task,
                });
            }
            (outcome, Some(by)) if clears(moved.machine.operation, outcome) => {
                let data = json!({ "verdict": "moot" });
                aftermath
                    .events
                    .push(told(kind::COMPONENT_RESOLVED, by, None, data)?);
                aftermath.certain.push(row.component.clone());
            }
            _ => {}
        }
        if leaves_nothing_desired(outcome) {
            aftermath.undesired.push(row.component);
        }
    }
    Ok(aftermath)
}

async fn any_uncertain(conn: &mut SqliteConnection) -> Result<bool, StoreError> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM component WHERE uncertain IS NOT NULL) AS "any!: bool""#
    )
    .fetch_one(conn)
    .await
    .map_err(failed("look for uncertain components"))
}

impl Aftermath {
    /// Stores it, after the ends, and gives the events that tell so. Uncertain wins over certain.
    pub(crate) async fn store(self, conn: &mut SqliteConnection) -> Result<Vec<NewEvent>, StoreError> {
        make_certain(conn, &self.certain).await?;
        if !self.uncertain.is_empty() {
            let marks = to_json(&self.uncertain)?;
            sqlx::query!(
                "UPDATE component SET uncertain = c.task
                 FROM (
                     SELECT value ->> '$.component' AS id, unhex(value ->> '$.task', '-') AS task FROM jsonb_each(?1)
                 ) AS c
                 WHERE component.id = c.id",
                marks,
            )
            .execute(&mut *conn)
            .await
            .map_err(failed("store which components are uncertain"))?;
        }
        leave_nothing_desired(conn, &self.undesired).await?;
        Ok(self.events)
    }
}

/// Takes the mark of uncertainty from components.
pub(crate) async fn make_certain(
    conn: &mut SqliteConnection,
    components: &[String],
) -> Result<(), StoreError> {
    if components.is_empty() {
        return Ok(());
    }
    let components = to_json(components)?;
    sqlx::query!(
        "UPDATE component SET uncertain = NULL WHERE id IN (SELECT value FROM json_each(?1))",
        components
    )
    .execute(conn)
    .await
    .map(drop)
    .map_err(failed("store which components are certain"))
}

/// Forgets what is desired of components, but for those that have work in line which nobody wants cancelled.
pub(crate) async fn leave_nothing_desired(
    conn: &mut SqliteConnection,
    components: &[String],
) -> Result<(), StoreError> {
    if components.is_empty() {
        return Ok(());
    }
    let components = to_json(components)?;
    sqlx::query!(
        "UPDATE component SET desired = NULL
         WHERE id IN (SELECT value FROM json_each(?1))
             AND NOT EXISTS (
                 SELECT 1 FROM task AS t
                 WHERE t.component = component.id AND t.lane = 'power' AND t.phase <> 'done' AND t.cancel_asked IS NULL
             )",
        components,
    )
    .execute(conn)
    .await
    .map(drop)
    .map_err(failed("store that nothing is desired"))
}
