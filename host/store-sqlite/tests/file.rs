//! The file: its lock, its schema, a broken row, and a kill in the middle of writing.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use switchyard_core::admission::IfBusy;
use switchyard_core::machine::{Deadline, Machine, Phase};
use switchyard_core::{ComponentId, ControllerId, Operation, Outcome, TaskId, Timestamp, TransitionId};
use switchyard_store::group_commit::Limits;
use switchyard_store::{
    Applied, AuditFilter, Change, Gap, GroupCommit, Journal, NewAudit, NewEvent, NewMember, Store,
    StoreError, Submission, SubmitAnswer, Submitted, TaskChange, TransitionFilter, TransitionRecord, Want,
    Wanted,
};
use switchyard_store_sqlite::SqliteStore;
use tempfile::TempDir;
use uuid::Uuid;

fn file() -> (TempDir, PathBuf) {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("switchyard.db");
    (dir, path)
}

/// A request of one caller for one component.
fn submission(id: u128, name: &str, operation: Operation, caller: &str) -> Submission {
    let now = Timestamp::from_millis(1_000);
    let deadline = Deadline::Within(Deadline::DEFAULT);
    let expires_at = now + Duration::from_hours(1);
    let machine = Machine::new(operation, deadline, now, Duration::from_mins(1), expires_at);
    Submission {
        transition: TransitionRecord {
            id: TransitionId(Uuid::from_u128(id)),
            operation,
            created_at: now,
            expires_at,
            requested_by: caller.to_owned(),
            reason: None,
            request_id: "r".to_owned(),
            deadline,
            start_by: machine.start_by,
            retry_of: None,
            max_failures: None,
            struck_at: None,
            cancel_asked_at: None,
            ended_at: None,
        },
        members: vec![NewMember {
            name: name.to_owned(),
            want: Want::Task(Box::new(Wanted {
                id: TaskId(Uuid::from_u128(id)),
                component: ComponentId::parse(name).unwrap(),
                controller: ControllerId::parse("bmc").unwrap(),
                machine,
                below: Vec::new(),
                deputy_keys: Vec::new(),
                after: Vec::new(),
            })),
            included: false,
        }],
        if_busy: IfBusy::Queue,
        all_or_none: false,
        audit: None,
        callback: None,
    }
}

async fn accept(store: &SqliteStore, submission: Submission) -> Submitted {
    match store.submit(submission).await.unwrap() {
        SubmitAnswer::Accepted(submitted) => *submitted,
        SubmitAnswer::Refused(members) => panic!("{members:?}"),
    }
}

async fn submit(store: &SqliteStore, id: u128) -> Submitted {
    accept(
        store,
        submission(id, &format!("n{id}"), Operation::On, "anonymous"),
    )
    .await
}

async fn execute(path: &Path, sql: &str) {
    let mut connection = SqliteConnectOptions::new()
        .filename(path)
        .connect()
        .await
        .unwrap();
    sqlx::query(AssertSqlSafe(sql))
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn one_store_at_a_time() {
    let (_dir, path) = file();
    let store = SqliteStore::open(&path).await.unwrap();
    let clone = store.clone();
    let second = SqliteStore::open(&path).await;
    assert!(
        matches!(&second, Err(StoreError::InUse { path: used }) if used.ends_with("switchyard.db")),
        "{second:?}"
    );
    store.close().await;
    assert!(matches!(clone.ping().await, Err(StoreError::Closed)));
    assert!(
        matches!(SqliteStore::open(&path).await, Err(StoreError::InUse { .. })),
        "a clone still holds the lock"
    );
    drop(clone);
    SqliteStore::open(&path).await.unwrap();
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_left_alone() {
    let (_dir, path) = file();
    SqliteStore::open(&path).await.unwrap().close().await;
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'from the future', true, x'00', 1)";
    execute(&path, newer).await;
    let refused = SqliteStore::open(&path).await;
    assert!(
        matches!(
            refused,
            Err(StoreError::TooNew {
                found: 9999,
                known: 10..9999
            })
        ),
        "{refused:?}"
    );
    execute(&path, "DELETE FROM _sqlx_migrations WHERE version = 9999").await;
    SqliteStore::open(&path).await.unwrap();
}

#[tokio::test]
async fn the_ids_of_another_file_are_none_of_this_one() {
    let (_dir, path) = file();
    let (_other_dir, other) = file();
    let store = SqliteStore::open(&path).await.unwrap();
    let other = SqliteStore::open(&other).await.unwrap();
    for store in [&store, &other] {
        submit(store, 1).await;
    }
    let foreign = other.events_after(None, 1).await.unwrap().end;
    let page = store.events_after(Some(&foreign), 10).await.unwrap();
    assert_eq!((page.events.len(), page.gap), (2, Some(Gap::Unknown)));
}

#[tokio::test]
async fn a_directory_that_is_not_there_is_an_error() {
    let (dir, _) = file();
    let error = SqliteStore::open(&dir.path().join("nowhere/switchyard.db"))
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "the database failed to open its lock file");
}

#[tokio::test]
async fn a_row_that_cannot_be_understood_is_named() {
    let (_dir, path) = file();
    let store = SqliteStore::open(&path).await.unwrap();
    let submitted = submit(&store, 7).await;
    store.close().await;
    execute(&path, "UPDATE task SET machine = '{\"operation\": \"dance\"}'").await;
    let store = SqliteStore::open(&path).await.unwrap();
    let id = submitted.tasks[0].record.id;
    for error in [
        store.task(id).await.map(drop).unwrap_err(),
        store.open_tasks(0, 9).await.map(drop).unwrap_err(),
    ] {
        assert!(
            matches!(&error, StoreError::Inconsistent { what: "task", which, .. } if *which == id.to_string()),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn group_commit_over_a_file() {
    let (_dir, path) = file();
    let store = SqliteStore::open(&path).await.unwrap();
    let mut tasks = Vec::new();
    for id in 1..=2 {
        tasks.extend(submit(&store, id).await.tasks);
    }
    let lease = store.begin("one", Timestamp::from_millis(1)).await.unwrap();
    let journal: Arc<dyn Journal> = Arc::new(store.clone());
    let commit = GroupCommit::start(journal, lease, Limits::default());
    let moves = |index: usize, id: TaskId| {
        let mut machine = tasks[index].record.machine.clone();
        machine.phase = Phase::Preparing;
        Change::Task(Box::new(TaskChange {
            task: id,
            machine,
            attempt: None,
            at: Timestamp::from_millis(2),
            departed: Vec::new(),
            events: Vec::new(),
        }))
    };
    commit
        .apply_behind(moves(0, TaskId(Uuid::from_u128(99))))
        .await
        .unwrap();
    commit.apply_behind(moves(0, tasks[0].record.id)).await.unwrap();
    assert_eq!(
        commit.apply(moves(1, tasks[1].record.id)).await.unwrap(),
        Applied::Stored
    );
    for task in &tasks {
        assert_eq!(
            store.task(task.record.id).await.unwrap().unwrap().0.machine.phase,
            Phase::Preparing
        );
    }
    assert_eq!(
        commit.totals().lost_behind,
        1,
        "the unknown task alone is refused"
    );
    store.begin("two", Timestamp::from_millis(3)).await.unwrap();
    assert_eq!(
        commit.apply(moves(1, tasks[1].record.id)).await.unwrap(),
        Applied::Fenced
    );
    commit.stop().await;
}

/// The process that is killed: writes for ever, and names on its standard output what has been acknowledged.
const CHILD_FILE: &str = "SWITCHYARD_TEST_STORE_FILE";

#[tokio::test]
async fn a_killed_process_has_lost_nothing() {
    if let Some(path) = std::env::var_os(CHILD_FILE) {
        return write_for_ever(Path::new(&path)).await;
    }
    let (_dir, path) = file();
    let mut acknowledged = 0;
    for kills in 1..=5_u32 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "a_killed_process_has_lost_nothing", "--nocapture"])
            .env(CHILD_FILE, &path)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let numbers =
            lines.filter_map(|line| line.unwrap().strip_prefix("acknowledged ")?.parse::<u128>().ok());
        let mut in_this_life = 0;
        for number in numbers {
            acknowledged = number;
            in_this_life += 1;
            if in_this_life == 3 {
                assert!(matches!(
                    SqliteStore::open(&path).await,
                    Err(StoreError::InUse { .. })
                ));
            }
            if in_this_life == 10 * kills {
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
        let store = SqliteStore::open(&path).await.unwrap();
        for number in 1..=acknowledged {
            let view = store
                .transition(TransitionId(Uuid::from_u128(number)))
                .await
                .unwrap()
                .unwrap();
            assert_eq!(view.members.len(), 1);
        }
        let named = |event: &switchyard_store::Event| event.event.data.get("number")?.as_u64();
        let events = store.events_after(None, 100_000).await.unwrap().events;
        let last = events.iter().filter_map(named).max().unwrap();
        assert!(u128::from(last) >= acknowledged, "{last} {acknowledged}");
        assert_whole(&store, acknowledged).await;
    }
    assert!(acknowledged >= 100);
}

/// The one who contends for a component: what it asks for is the contrary of what it asked for before.
const CONTENDER: &str = "contender";
const CONTENDED: &str = "contended";
/// The ids of its requests begin here.
const CONTENDING: u128 = 1 << 64;

fn by(caller: &str) -> TransitionFilter {
    TransitionFilter {
        requested_by: Some(caller.to_owned()),
        ..TransitionFilter::default()
    }
}

async fn contend(store: &SqliteStore, number: u128) {
    let operation = if number.is_multiple_of(2) {
        Operation::Off
    } else {
        Operation::On
    };
    let mut submission = submission(CONTENDING + number, CONTENDED, operation, CONTENDER);
    submission.audit = Some(NewAudit {
        at: submission.transition.created_at,
        who: CONTENDER.to_owned(),
        action: "transition.create".to_owned(),
        target: CONTENDED.to_owned(),
        reason: None,
        origin: None,
        request_id: "r".to_owned(),
        detail: json!({}),
    });
    accept(store, submission).await;
}

/// No request is stored by half: each has its entry of the audit, and has ended the one before it, with its transition.
async fn assert_whole(store: &SqliteStore, acknowledged: u128) {
    let mut requests = store.transitions(&by(CONTENDER), u32::MAX).await.unwrap();
    requests.reverse();
    assert!(requests.len() as u128 >= acknowledged);
    let audits = store.audits(&AuditFilter::default(), u32::MAX).await.unwrap();
    assert_eq!(audits.len(), requests.len());
    let line = store.line(&ComponentId::parse(CONTENDED).unwrap()).await.unwrap();
    let ids: Vec<TransitionId> = requests.iter().map(|(request, _)| request.id).collect();
    let last: Vec<TransitionId> = line.iter().map(|task| task.record.transition).collect();
    assert_eq!(last, ids[ids.len() - 1..]);
    for ((request, counts), by) in requests.iter().zip(&ids[1..]) {
        assert!(request.ended_at.is_some());
        assert_eq!((counts.failed, counts.total()), (1, 1));
        let view = store.transition(request.id).await.unwrap().unwrap();
        let task = view.members[0].1.as_ref().unwrap();
        let superseded = Outcome::Superseded { by: *by };
        assert_eq!(task.machine.outcome(), Some(&superseded));
    }
}

#[expect(clippy::print_stdout, reason = "the parent reads what was acknowledged")]
async fn write_for_ever(path: &Path) {
    let store = SqliteStore::open(path).await.unwrap();
    let lease = store.begin("child", Timestamp::from_millis(1)).await.unwrap();
    let known = store.transitions(&by("anonymous"), u32::MAX).await.unwrap().len();
    for number in known as u128 + 1.. {
        contend(&store, number).await;
        submit(&store, number).await;
        let event = NewEvent {
            at: Timestamp::from_millis(2),
            kind: "test.number".to_owned(),
            component: None,
            task: None,
            transition: None,
            data: json!({ "number": u64::try_from(number).unwrap() }),
        };
        assert_eq!(
            store.apply(&lease, &[Change::Event(event)]).await.unwrap(),
            [Applied::Stored]
        );
        println!("acknowledged {number}");
    }
}

#[tokio::test]
async fn nobody_but_its_owner_can_read_the_file_and_its_log() {
    let (_dir, path) = file();
    let store = SqliteStore::open(&path).await.unwrap();
    store.begin("one", Timestamp::from_millis(1)).await.unwrap();
    for end in ["", "-wal", "-shm"] {
        let path = PathBuf::from(format!("{}{end}", path.display()));
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", path.display());
    }
}
