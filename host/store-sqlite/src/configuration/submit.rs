//! Storing a request to configure, in a handful of statements whatever its size.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::{Value, json};
use sqlx::SqliteConnection;
use switchyard_core::configuration::{Machine, Outcome, Tally, Track};
use switchyard_core::{ComponentId, Standing, TaskId, Timestamp};
use switchyard_store::configuration::decision::{self, Decision, Situation, Standing as InLine};
use switchyard_store::event::kind;
use switchyard_store::{
    ConfigurationAccepted, ConfigurationAnswer, ConfigurationCounts, ConfigurationHow, ConfigurationMember,
    ConfigurationRecord, ConfigurationTask, ConfigurationWant, Counted, NewConfiguration,
    NewConfigurationMember, NewEvent, Part, Refusal, StoreError,
};
use uuid::Uuid;

use super::ending;
use super::moved::{self, Moved};
use super::row::TaskRow;
use crate::encoding::to_json;
use crate::error::failed;
use crate::{audit, event, situation};

/// Stores a request as it was decided. When the answer is a refusal, nothing has been written.
pub(super) async fn submit(
    conn: &mut SqliteConnection,
    request: NewConfiguration,
) -> Result<ConfigurationAnswer, StoreError> {
    let situation = read(conn, &request).await?;
    let places = places(&situation);
    let first = next_seq(conn).await?;
    let NewConfiguration {
        mut configuration,
        members,
        all_or_none,
        audit,
    } = request;
    let decision = decision::decide(&configuration, members, situation, first);
    if all_or_none && decision.refuses_any() {
        return Ok(ConfigurationAnswer::Refused(decision.members));
    }
    let counts = counts(&decision, &places);
    let unfinished = counts.components.new;
    configuration.cancel_asked_at = None;
    configuration.ended_at = (unfinished == 0).then_some(configuration.created_at);

    let seq = insert(conn, &configuration, decision.members.len(), &counts).await?;
    insert_tasks(conn, &configuration, &decision.tasks).await?;
    insert_members(conn, seq, &decision, &places).await?;
    let ends = end(conn, &decision.ended).await?;
    audit::append(conn, audit.as_ref()).await?;
    let mut events = opening(&configuration, &decision, unfinished);
    events.extend(ends);
    if let Some(at) = configuration.ended_at {
        let track = configuration.track.name();
        events.push(ending::event_of_end(
            configuration.id,
            track,
            counts.components,
            at,
        ));
    }
    event::append(conn, &events.iter().collect::<Vec<_>>()).await?;
    Ok(ConfigurationAnswer::Accepted(Box::new(ConfigurationAccepted {
        configuration,
        members: decision.members,
        tasks: decision.tasks,
        joined: decision.joined,
        ended: decision.ended,
    })))
}

/// What would be decided now.
pub(super) async fn preview(
    conn: &mut SqliteConnection,
    request: NewConfiguration,
) -> Result<Vec<ConfigurationMember>, StoreError> {
    let situation = read(conn, &request).await?;
    let first = next_seq(conn).await?;
    let NewConfiguration {
        configuration,
        members,
        ..
    } = request;
    Ok(decision::decide(&configuration, members, situation, first).members)
}

async fn next_seq(conn: &mut SqliteConnection) -> Result<i64, StoreError> {
    let last = sqlx::query_scalar!(
        r#"SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'configuration_task'), 0) AS "seq!: i64""#
    )
    .fetch_one(conn)
    .await
    .map_err(failed("read the last number of a task"))?;
    Ok(last + 1)
}

/// What [`decision::decide`] has to know.
async fn read(conn: &mut SqliteConnection, request: &NewConfiguration) -> Result<Situation, StoreError> {
    let named = request.members.iter().filter_map(wanted_of);
    let named = to_json(&named.collect::<Vec<_>>())?;
    let (track, now) = (request.configuration.track, request.configuration.created_at);
    Ok(Situation {
        lines: lines(conn, &named, track).await?,
        holds: situation::holds(conn, &named, now).await?,
    })
}

fn wanted_of(member: &NewConfigurationMember) -> Option<&str> {
    match &member.want {
        ConfigurationWant::Task(wanted) => Some(wanted.component.as_str()),
        ConfigurationWant::Refused { .. } => None,
    }
}

/// The unfinished tasks of components, given as JSON, in order of each line.
async fn lines(
    conn: &mut SqliteConnection,
    components: &str,
    track: Track,
) -> Result<HashMap<ComponentId, Vec<InLine>>, StoreError> {
    let track = track.name();
    let rows = sqlx::query!(
        r#"SELECT t.id AS "id!: Uuid", t.component AS "component!: String", t.controller AS "controller!: String",
               t.configuration AS "configuration!: Uuid", t.seq AS "seq!: i64", t.created_at AS "created_at!: i64",
               t.updated_at AS "updated_at!: i64", t.cancel_asked AS "cancel_asked!: bool", t.machine AS "machine!: String",
               (SELECT count(*) FROM configuration_member AS m WHERE m.task = t.seq AND m.departed_at IS NULL) AS "joined!: u32"
           FROM json_each(?1) AS wanted
           CROSS JOIN configuration_task AS t ON t.component = wanted.value AND t.track = ?2 AND t.phase <> 'done'
           ORDER BY t.phase = 'queued', t.seq"#,
        components,
        track,
    )
    .fetch_all(conn)
    .await
    .map_err(failed("read the configuration lines of components"))?;
    let mut lines: HashMap<ComponentId, Vec<InLine>> = HashMap::new();
    for row in rows {
        let record = TaskRow {
            id: row.id,
            component: row.component,
            controller: row.controller,
            configuration: row.configuration,
            seq: row.seq,
            created_at: row.created_at,
            updated_at: row.updated_at,
            cancel_asked: row.cancel_asked,
            machine: row.machine,
        }
        .record()?;
        let joined = usize::try_from(row.joined).unwrap_or(usize::MAX);
        let line = lines.entry(record.component.clone()).or_default();
        line.push(InLine { record, joined });
    }
    Ok(lines)
}

/// The `seq` of tasks that were there before, by their id, with what they count for.
type Places = HashMap<TaskId, (i64, u32)>;

fn places(situation: &Situation) -> Places {
    let lines = situation.lines.values().flatten();
    lines
        .map(|standing| {
            let record = &standing.record;
            let tally = Tally::from(&record.machine);
            (
                record.id,
                (record.seq, tally.operations.saturating_add(tally.left_out)),
            )
        })
        .collect()
}

/// The counts of a request that has just been made: what it shares counts as new until it is read again.
fn counts(decision: &Decision, places: &Places) -> ConfigurationCounts {
    let made: HashMap<TaskId, u32> = decision
        .tasks
        .iter()
        .map(|task| (task.id, Tally::from(&task.machine).operations))
        .collect();
    let mut counts = ConfigurationCounts::default();
    for member in &decision.members {
        let (standing, operations) = match (&member.part, member.counted) {
            (Part::Task { task }, _) => {
                let shared = || places.get(task).map(|(_, operations)| *operations);
                (
                    Standing::New,
                    made.get(task).copied().or_else(shared).unwrap_or(1),
                )
            }
            (Part::Refused { .. }, Some(counted)) => (counted.standing, counted.operations),
            (Part::Refused { refusal }, None) => (refusal.standing(), 1),
        };
        counts.add(Tally {
            standing,
            operations,
            left_out: 0,
        });
    }
    counts
}

/// Stores the request itself and gives its `seq`.
async fn insert(
    conn: &mut SqliteConnection,
    configuration: &ConfigurationRecord,
    members: usize,
    counts: &ConfigurationCounts,
) -> Result<i64, StoreError> {
    let track = configuration.track.name();
    let created_at = configuration.created_at.as_millis();
    let expires_at = configuration.expires_at.as_millis();
    let members = i64::try_from(members).unwrap_or(i64::MAX);
    let unfinished = i64::from(counts.components.new);
    let ended_at = configuration.ended_at.map(Timestamp::as_millis);
    let frozen = ended_at.map(|_| to_json(counts)).transpose()?;
    let result = sqlx::query!(
        "INSERT INTO configuration (id, track, created_at, expires_at, requested_by, reason, request_id, members, unfinished,
             counts, ended_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        configuration.id.0,
        track,
        created_at,
        expires_at,
        configuration.requested_by,
        configuration.reason,
        configuration.request_id,
        members,
        unfinished,
        frozen,
        ended_at,
    )
    .execute(conn)
    .await
    .map_err(failed("store a configuration"))?;
    Ok(result.last_insert_rowid())
}

#[derive(Serialize)]
struct NewTask<'a> {
    seq: i64,
    id: TaskId,
    component: &'a str,
    controller: &'a str,
    phase: &'static str,
    standing: Standing,
    operations: u32,
    machine: &'a Machine,
}

async fn insert_tasks(
    conn: &mut SqliteConnection,
    configuration: &ConfigurationRecord,
    tasks: &[ConfigurationTask],
) -> Result<(), StoreError> {
    if tasks.is_empty() {
        return Ok(());
    }
    let rows: Vec<NewTask<'_>> = tasks
        .iter()
        .map(|task| {
            let tally = Tally::from(&task.machine);
            NewTask {
                seq: task.seq,
                id: task.id,
                component: task.component.as_str(),
                controller: task.controller.as_str(),
                phase: task.machine.phase.name(),
                standing: tally.standing,
                operations: tally.operations,
                machine: &task.machine,
            }
        })
        .collect();
    let rows = to_json(&rows)?;
    let track = configuration.track.name();
    let at = configuration.created_at.as_millis();
    sqlx::query!(
        "INSERT INTO configuration_task (seq, id, configuration, component, controller, track, phase, standing, operations,
             left_out, created_at, updated_at, machine)
         SELECT value ->> '$.seq', unhex(value ->> '$.id', '-'), ?2, value ->> '$.component', value ->> '$.controller', ?3,
             value ->> '$.phase', value ->> '$.standing', value ->> '$.operations', 0, ?4, ?4, value ->> '$.machine'
         FROM jsonb_each(?1)",
        rows,
        configuration.id.0,
        track,
        at,
    )
    .execute(conn)
    .await
    .map(drop)
    .map_err(failed("store tasks of a configuration"))
}

#[derive(Serialize)]
struct NewMember<'a> {
    name: &'a str,
    task: Option<i64>,
    refusal: Option<&'a Refusal>,
    how: Option<&'a ConfigurationHow>,
    counted: Option<Counted>,
}

async fn insert_members(
    conn: &mut SqliteConnection,
    configuration: i64,
    decision: &Decision,
    places: &Places,
) -> Result<(), StoreError> {
    let made: HashMap<TaskId, i64> = decision.tasks.iter().map(|task| (task.id, task.seq)).collect();
    let seq_of = |id: &TaskId| {
        let before = || places.get(id).map(|(seq, _)| *seq);
        made.get(id).copied().or_else(before)
    };
    let rows: Vec<NewMember<'_>> = decision
        .members
        .iter()
        .map(|member| {
            let (task, refusal) = match &member.part {
                Part::Task { task } => (seq_of(task), None),
                Part::Refused { refusal } => (None, Some(refusal)),
            };
            NewMember {
                name: &member.name,
                task,
                refusal,
                how: member.how.as_ref(),
                counted: member.counted,
            }
        })
        .collect();
    let rows = to_json(&rows)?;
    sqlx::query!(
        "INSERT INTO configuration_member (configuration, position, name, task, refusal, how, counted)
         SELECT ?2, key, value ->> '$.name', value ->> '$.task', value ->> '$.refusal', value ->> '$.how', value ->> '$.counted'
         FROM jsonb_each(?1)",
        rows,
        configuration,
    )
    .execute(conn)
    .await
    .map(drop)
    .map_err(failed("store members of a configuration"))
}

/// Stores the tasks that end, and gives the events of configurations that end with them.
async fn end(conn: &mut SqliteConnection, tasks: &[ConfigurationTask]) -> Result<Vec<NewEvent>, StoreError> {
    let tasks: Vec<Moved<'_>> = tasks.iter().map(Moved::from).collect();
    let ended = ending::count_off(conn, &tasks, &[]).await?;
    moved::store(conn, &tasks).await?;
    ending::freeze_counts(conn, ended).await
}

/// That the request is accepted, which tasks ended because of it, and which were made or are shared.
fn opening(configuration: &ConfigurationRecord, decision: &Decision, tasks: u32) -> Vec<NewEvent> {
    let (id, track) = (configuration.id, configuration.track);
    let about = |kind: &str, component: Option<&ComponentId>, task: Option<TaskId>, data: Value| NewEvent {
        at: configuration.created_at,
        kind: kind.to_owned(),
        component: component.cloned(),
        task,
        transition: None,
        data,
    };
    let data = json!({
        "configuration": id,
        "track": track,
        "requested_by": configuration.requested_by,
        "members": decision.members.len(),
        "tasks": tasks,
    });
    let plain = || json!({ "configuration": id, "track": track });
    let mut events = vec![about(kind::CONFIGURATION_ACCEPTED, None, None, data)];
    events.extend(decision.ended.iter().filter_map(|task| {
        let Outcome::Superseded { by } = task.machine.outcome()? else {
            return None;
        };
        let data = json!({ "configuration": task.configuration, "track": track, "by": by });
        Some(about(
            kind::SETTING_SUPERSEDED,
            Some(&task.component),
            Some(task.id),
            data,
        ))
    }));
    events.extend(decision.tasks.iter().map(|task| {
        about(
            kind::SETTING_ACCEPTED,
            Some(&task.component),
            Some(task.id),
            plain(),
        )
    }));
    events.extend(
        decision
            .joined
            .iter()
            .map(|(task, component)| about(kind::SETTING_JOINED, Some(component), Some(*task), plain())),
    );
    events
}
