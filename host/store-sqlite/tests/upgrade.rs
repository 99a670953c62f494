//! A file of the first version comes up to date with everything that it holds.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::path::Path;
use std::time::Duration;

use serde_json::json;
use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{AssertSqlSafe, SqlitePool};
use switchyard_core::admission::IfBusy;
use switchyard_core::machine::{Deadline, Machine, Phase, Stop};
use switchyard_core::power::Level;
use switchyard_core::{
    ComponentId, ControllerId, Observation, Operation, Outcome, PowerState, Primitive, Standing, TaskId,
    Timestamp, TransitionId,
};
use switchyard_store::{
    AttemptRecord, CancelMode, Counts, Journal, NewMember, Part, Refusal, Store, Submission, SubmitAnswer,
    TaskRecord, TransitionFilter, TransitionRecord, Want, Wanted,
};
use switchyard_store_sqlite::SqliteStore;
use tempfile::TempDir;
use uuid::Uuid;

const FIRST_TASK: i64 = 3;
/// The last place that the old version gave; its task has been deleted since.
const LAST_PLACE: i64 = 41;
const CREATED: i64 = 1_000;
const ENDED: i64 = 5_000;

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n << 64 | 7)
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn machine(deadline: Deadline) -> Machine {
    let expires = at(CREATED) + Duration::from_hours(24);
    Machine::new(
        Operation::Off,
        deadline,
        at(CREATED),
        Duration::from_mins(20),
        expires,
    )
}

fn ended(mut machine: Machine) -> Machine {
    let reading = Observation {
        state: PowerState::Off,
        raw: "Off".to_owned(),
        evidence: Vec::new(),
        at: at(ENDED),
        controller: None,
    };
    machine.phase = Phase::Done {
        outcome: Outcome::Already { reading },
        at: at(ENDED),
    };
    machine
}

/// A machine as the first version stored it.
fn stored_first(machine: &Machine, cancelled: bool) -> String {
    let mut json = serde_json::to_value(machine).unwrap();
    let fields = json.as_object_mut().unwrap();
    for later in ["stop", "resumed_at", "emergency"] {
        fields.remove(later);
    }
    fields.insert("cancelled".to_owned(), json!(cancelled));
    json.to_string()
}

/// The database as the first migration alone makes it.
async fn first_version(path: &Path) -> SqlitePool {
    let all: Migrator = sqlx::migrate!();
    let first = all.iter().filter(|migration| migration.version == 1).cloned();
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .foreign_keys(true);
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .connect_with(options)
        .await
        .unwrap();
    Migrator::with_migrations(first.collect())
        .run(&pool)
        .await
        .unwrap();
    pool
}

async fn execute(pool: &SqlitePool, sql: String) {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(pool).await.unwrap();
}

fn hex(n: u128) -> String {
    format!("x'{}'", id(n).simple())
}

/// Two transitions: one that has ended, with its attempt, and one with a task that is cancelled, one that waits and a refused name.
async fn fill(pool: &SqlitePool) {
    let patient = Deadline::Within(Duration::from_mins(30));
    let done = stored_first(&ended(machine(Deadline::SkipConfirmation)), false);
    let cancelled = stored_first(&machine(patient), true);
    let waiting = stored_first(&machine(patient), false);
    let counts = serde_json::to_string(&Counts {
        succeeded: 1,
        ..Counts::default()
    })
    .unwrap();
    let refusal = serde_json::to_string(&Refusal::InvalidName).unwrap();
    let (one, two) = (hex(1), hex(2));
    let (first, second, third) = (FIRST_TASK, FIRST_TASK + 1, FIRST_TASK + 2);
    execute(
        pool,
        format!(
            "INSERT INTO controller (id) VALUES ('bmc');
             INSERT INTO component (id, controller, observed, raw, available, changed_at, desired)
                 VALUES ('a', 'bmc', 'on', 'On', 1, 4, 'off'), ('b', 'bmc', 'off', 'Off', 1, 5, NULL);
             INSERT INTO transition (seq, id, operation, created_at, expires_at, requested_by, reason, request_id, members,
                 unfinished, counts, ended_at, cancel_asked_at, cancel_asked_by)
                 VALUES (5, {one}, 'off', {CREATED}, 90000000, 'somebody', 'a reason', 'r1', 1, 0, '{counts}', {ENDED}, NULL, NULL),
                     (6, {two}, 'off', {CREATED}, 90000000, 'another', NULL, 'r2', 3, 2, NULL, NULL, 2000, 'x');
             INSERT INTO task (seq, id, transition, component, controller, phase, standing, outcome, cancel_asked, created_at,
                 updated_at, ended_at, machine)
                 VALUES ({first}, {t1}, {one}, 'b', 'bmc', 'done', 'succeeded', 'already', 0, {CREATED}, {ENDED}, {ENDED}, '{done}'),
                     ({second}, {t2}, {two}, 'b', 'bmc', 'queued', 'new', NULL, 1, {CREATED}, 2000, NULL, '{cancelled}'),
                     ({third}, {t3}, {two}, 'a', 'bmc', 'queued', 'new', NULL, 0, {CREATED}, {CREATED}, NULL, '{waiting}'),
                     ({LAST_PLACE}, x'00000000000000000000000000000000', {two}, 'a', 'bmc', 'queued', 'new', NULL, 0, 1, 1, NULL, '{waiting}');
             DELETE FROM task WHERE seq = {LAST_PLACE};
             INSERT INTO member (transition, position, name, task, refusal, standing)
                 VALUES (5, 0, 'B', {first}, NULL, NULL), (6, 0, 'b', {second}, NULL, NULL), (6, 1, '?', NULL, '{refusal}', 'failed'),
                     (6, 2, 'a', {third}, NULL, NULL);
             INSERT INTO attempt (permit, task, step, primitive, intent_at) VALUES ({permit}, {first}, 0, 'force-off', 3000);
             INSERT INTO event (at, kind, task, transition, data) VALUES (3000, 'task.ended', {t1}, {one}, '{{}}');",
            t1 = hex(11),
            t2 = hex(12),
            t3 = hex(13),
            permit = hex(21),
        ),
    )
    .await;
}

fn task(n: u128, seq: i64, component: &str, transition: u128, machine: Machine) -> TaskRecord {
    TaskRecord {
        id: TaskId(id(n)),
        component: ComponentId::parse(component).unwrap(),
        controller: ControllerId::parse("bmc").unwrap(),
        transition: TransitionId(id(transition)),
        seq,
        place: seq,
        created_at: at(CREATED),
        updated_at: at(CREATED),
        cancel_asked: None,
        paused: false,
        machine,
    }
}

/// The file as it comes up to date.
async fn upgraded() -> (TempDir, SqliteStore) {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("switchyard.db");
    let pool = first_version(&path).await;
    fill(&pool).await;
    pool.close().await;
    let store = SqliteStore::open(&path).await.unwrap();
    (dir, store)
}

#[tokio::test]
async fn what_has_ended_is_kept() {
    let (_dir, store) = upgraded().await;
    let view = store.transition(TransitionId(id(1))).await.unwrap().unwrap();
    let expected = TransitionRecord {
        id: TransitionId(id(1)),
        operation: Operation::Off,
        created_at: at(CREATED),
        expires_at: at(90_000_000),
        requested_by: "somebody".to_owned(),
        reason: Some("a reason".to_owned()),
        request_id: "r1".to_owned(),
        deadline: Deadline::SkipConfirmation,
        start_by: at(CREATED) + Duration::from_mins(20),
        retry_of: None,
        max_failures: None,
        struck_at: None,
        cancel_asked_at: None,
        ended_at: Some(at(ENDED)),
    };
    assert_eq!(view.transition, expected);
    assert_eq!((view.counts.succeeded, view.counts.total()), (1, 1));
    let mut done = task(11, FIRST_TASK, "b", 1, ended(machine(Deadline::SkipConfirmation)));
    done.updated_at = at(ENDED);
    let (member, shown) = &view.members[0];
    assert_eq!(
        (member.name.as_str(), &member.how, &member.departure),
        ("B", &None, &None)
    );
    assert_eq!(shown.as_ref(), Some(&done));
    let (_, attempts) = store.task(done.id).await.unwrap().unwrap();
    let [
        AttemptRecord {
            primitive: Primitive::ForceOff,
            intent_at,
            ended_at: None,
            ..
        },
    ] = attempts[..]
    else {
        panic!("{attempts:?}")
    };
    assert_eq!(intent_at, at(3000));
    assert_eq!(store.events_after(None, 10).await.unwrap().events.len(), 1);
    let components = store.components().await.unwrap();
    assert_eq!(components[0].desired, Some(Level::Off));
    assert_eq!(components[1].uncertain, None);
}

#[tokio::test]
async fn what_waits_goes_on() {
    let (_dir, store) = upgraded().await;
    let patient = Deadline::Within(Duration::from_mins(30));
    let view = store.transition(TransitionId(id(2))).await.unwrap().unwrap();
    assert_eq!(view.transition.cancel_asked_at, Some(at(2000)));
    assert_eq!(view.transition.deadline, patient);
    assert_eq!((view.counts.new, view.counts.failed), (2, 1));
    let refusal = Refusal::InvalidName;
    assert_eq!(refusal.standing(), Standing::Failed);
    assert_eq!(view.members[1].0.part, Part::Refused { refusal });
    let mut cancelled = task(12, FIRST_TASK + 1, "b", 2, machine(patient));
    cancelled.machine.stop = Some(Stop::Cancelled);
    cancelled.cancel_asked = Some(CancelMode::Now);
    cancelled.updated_at = at(2000);
    let waiting = task(13, FIRST_TASK + 2, "a", 2, machine(patient));
    let open = store.open_tasks(0, 10).await.unwrap();
    let records: Vec<&TaskRecord> = open.iter().map(|task| &task.record).collect();
    assert_eq!(records, [&cancelled, &waiting]);
    for task in &open {
        assert_eq!(task.demands, [view.transition.demand()]);
        assert_eq!(task.requested_by, "another");
    }
}

#[tokio::test]
async fn places_go_on_behind_the_last_one_given() {
    let (_dir, store) = upgraded().await;
    let machine = machine(Deadline::Unbounded);
    let transition = TransitionRecord {
        id: TransitionId(id(3)),
        operation: Operation::Off,
        created_at: at(CREATED),
        expires_at: machine.expires,
        requested_by: "somebody".to_owned(),
        reason: None,
        request_id: "r3".to_owned(),
        deadline: machine.deadline,
        start_by: machine.start_by,
        retry_of: None,
        max_failures: None,
        struck_at: None,
        cancel_asked_at: None,
        ended_at: None,
    };
    let member = NewMember {
        name: "c".to_owned(),
        want: Want::Task(Box::new(Wanted {
            id: TaskId(id(14)),
            component: ComponentId::parse("c").unwrap(),
            controller: ControllerId::parse("bmc").unwrap(),
            machine,
            below: Vec::new(),
            deputy_keys: Vec::new(),
            after: Vec::new(),
        })),
        included: false,
    };
    let answer = store
        .submit(Submission {
            transition,
            members: vec![member],
            if_busy: IfBusy::Queue,
            all_or_none: false,
            audit: None,
            callback: None,
        })
        .await
        .unwrap();
    let SubmitAnswer::Accepted(submitted) = answer else {
        panic!("{answer:?}")
    };
    let made = &submitted.tasks[0].record;
    assert_eq!((made.seq, made.place), (LAST_PLACE + 1, LAST_PLACE + 1));
}

#[tokio::test]
async fn rows_still_hold_together() {
    let (dir, store) = upgraded().await;
    let lease = store.begin("one", at(1)).await.unwrap();
    // The transition takes its member, its task and the attempt with it.
    assert_eq!(store.prune(&lease, at(ENDED + 1), at(0), 10).await.unwrap(), 2);
    assert!(store.task(TaskId(id(11))).await.unwrap().is_none());
    let left = store.transitions(&TransitionFilter::default(), 10).await.unwrap();
    assert_eq!(left.len(), 1);
    store.close().await;
    let options = SqliteConnectOptions::new().filename(dir.path().join("switchyard.db"));
    let pool = SqlitePool::connect_with(options).await.unwrap();
    let violations = sqlx::query("PRAGMA foreign_key_check")
        .fetch_all(&pool)
        .await
        .unwrap();
    assert!(violations.is_empty());
    let attempts: i64 = sqlx::query_scalar("SELECT count(*) FROM attempt")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(attempts, 0);
}
