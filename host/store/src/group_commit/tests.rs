use std::sync::atomic::AtomicU32;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;
use switchyard_core::{ComponentId, ControllerId, Timestamp, TransitionId};
use tokio::sync::Semaphore;

use super::*;
use crate::event::NewEvent;
use crate::record::OpenTask;

/// An engine that writes down what it is given: each batch needs a turn, and may be told to fail.
#[derive(Debug)]
struct Recorder {
    batches: Mutex<Vec<Vec<String>>>,
    turns: Semaphore,
    waiting: Semaphore,
    failures: AtomicU32,
    poison: Option<&'static str>,
    fenced: bool,
}

impl Recorder {
    fn new() -> Self {
        Self {
            batches: Mutex::new(Vec::new()),
            turns: Semaphore::new(Semaphore::MAX_PERMITS),
            waiting: Semaphore::new(0),
            failures: AtomicU32::new(0),
            poison: None,
            fenced: false,
        }
    }

    fn without_turns() -> Self {
        Self {
            turns: Semaphore::new(0),
            ..Self::new()
        }
    }

    fn batches(&self) -> Vec<Vec<String>> {
        self.batches.lock().unwrap().clone()
    }

    fn stored(&self) -> Vec<String> {
        self.batches().concat()
    }

    /// Waits until the engine has been given a batch.
    async fn is_asked(&self) {
        self.waiting.acquire().await.unwrap().forget();
    }
}

fn name_of(change: &Change) -> String {
    match change {
        Change::Event(event) => event.kind.clone(),
        other => panic!("the tests send events only, not {other:?}"),
    }
}

fn io_error() -> StoreError {
    StoreError::Engine {
        step: "write",
        source: std::io::Error::other("disk full").into(),
    }
}

#[async_trait]
impl Journal for Recorder {
    async fn begin(&self, _: &str, _: Timestamp) -> Result<Lease, StoreError> {
        Ok(lease())
    }

    async fn sync_inventory(
        &self,
        _: &Lease,
        _: &[ControllerId],
        _: &[(ComponentId, ControllerId)],
    ) -> Result<Applied, StoreError> {
        Ok(Applied::Stored)
    }

    async fn claim(&self, _: &Lease, _: &[ControllerId]) -> Result<Vec<ControllerId>, StoreError> {
        Ok(Vec::new())
    }

    async fn open_tasks(&self, _: i64, _: u32) -> Result<Vec<OpenTask>, StoreError> {
        Ok(Vec::new())
    }

    async fn dependencies(
        &self,
        _: Option<TransitionId>,
    ) -> Result<Vec<crate::DependencyRecord>, StoreError> {
        Ok(Vec::new())
    }

    async fn apply(&self, _: &Lease, changes: &[Change]) -> Result<Vec<Applied>, StoreError> {
        self.waiting.add_permits(1);
        self.turns.acquire().await.unwrap().forget();
        if self.failures.load(Ordering::SeqCst) > 0 {
            self.failures.fetch_sub(1, Ordering::SeqCst);
            return Err(io_error());
        }
        let names: Vec<String> = changes.iter().map(name_of).collect();
        if names.iter().any(|name| Some(name.as_str()) == self.poison) {
            return Err(StoreError::Conflict {
                step: "write",
                source: std::io::Error::other("poison").into(),
            });
        }
        if self.fenced {
            return Ok(vec![Applied::Fenced; changes.len()]);
        }
        self.batches.lock().unwrap().push(names);
        Ok(vec![Applied::Stored; changes.len()])
    }

    async fn prune(&self, _: &Lease, _: Timestamp, _: Timestamp, _: u32) -> Result<u64, StoreError> {
        Ok(0)
    }

    async fn retire(&self, _: &Lease, _: Timestamp, _: u32, _: u32) -> Result<u64, StoreError> {
        Ok(0)
    }

    async fn prune_oversight(
        &self,
        _: &Lease,
        _: Timestamp,
        _: Timestamp,
        _: u32,
    ) -> Result<u64, StoreError> {
        Ok(0)
    }
}

fn lease() -> Lease {
    Lease {
        replica: "test".to_owned(),
        epoch: 1,
    }
}

fn change(name: &str) -> Change {
    Change::Event(NewEvent {
        at: Timestamp::from_millis(1),
        kind: name.to_owned(),
        component: None,
        task: None,
        transition: None,
        data: json!({}),
    })
}

fn start(recorder: &Arc<Recorder>, limits: Limits) -> GroupCommit {
    GroupCommit::start(recorder.clone(), lease(), limits)
}

async fn until_waiting(commit: &GroupCommit, changes: usize) {
    tokio::time::timeout(Duration::from_secs(10), async {
        while commit.waiting() < changes {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn an_idle_store_commits_at_once() {
    let recorder = Arc::new(Recorder::new());
    let commit = start(&recorder, Limits::default());
    assert_eq!(commit.apply(change("a")).await.unwrap(), Applied::Stored);
    assert_eq!(commit.apply(change("b")).await.unwrap(), Applied::Stored);
    assert_eq!(recorder.batches(), [["a"], ["b"]]);
}

#[tokio::test]
async fn a_batch_gathers_while_another_commits_and_keeps_the_order() {
    let recorder = Arc::new(Recorder::without_turns());
    let commit = start(
        &recorder,
        Limits {
            batch: 3,
            ..Limits::default()
        },
    );
    commit.apply_behind(change("first")).await.unwrap();
    recorder.is_asked().await;
    for name in ["a", "b", "c", "d"] {
        commit.apply_behind(change(name)).await.unwrap();
    }
    recorder.turns.add_permits(10);
    assert_eq!(commit.apply(change("e")).await.unwrap(), Applied::Stored);
    assert_eq!(
        recorder.batches(),
        [vec!["first"], vec!["a", "b", "c"], vec!["d", "e"]]
    );
    assert_eq!(
        commit.totals(),
        Totals {
            batches: 3,
            stored: 6,
            ..Totals::default()
        }
    );
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_holds_the_caller_back_and_then_refuses() {
    let recorder = Arc::new(Recorder::without_turns());
    let commit = start(
        &recorder,
        Limits {
            queue: 2,
            ..Limits::default()
        },
    );
    commit.apply_behind(change("in commit")).await.unwrap();
    recorder.is_asked().await;
    commit.apply_behind(change("a")).await.unwrap();
    commit.apply_behind(change("b")).await.unwrap();
    assert_eq!(commit.waiting(), 2);
    assert!(matches!(
        commit.apply(change("refused")).await,
        Err(StoreError::Overloaded)
    ));

    let held_back = tokio::spawn({
        let commit = commit.clone();
        async move { commit.apply(change("c")).await }
    });
    recorder.turns.add_permits(10);
    assert_eq!(held_back.await.unwrap().unwrap(), Applied::Stored);
    assert_eq!(recorder.stored(), ["in commit", "a", "b", "c"]);
}

#[tokio::test]
async fn stop_stores_what_is_queued_and_takes_no_more() {
    let recorder = Arc::new(Recorder::without_turns());
    let commit = start(
        &recorder,
        Limits {
            batch: 1,
            ..Limits::default()
        },
    );
    commit.apply_behind(change("a")).await.unwrap();
    recorder.is_asked().await;
    commit.apply_behind(change("b")).await.unwrap();
    let waiting = tokio::spawn({
        let commit = commit.clone();
        async move { commit.apply(change("c")).await }
    });
    until_waiting(&commit, 2).await;
    let other = commit.clone();
    let stopping = tokio::spawn(commit.stop());
    recorder.turns.add_permits(10);
    stopping.await.unwrap();
    assert_eq!(recorder.stored(), ["a", "b", "c"]);
    assert_eq!(waiting.await.unwrap().unwrap(), Applied::Stored);
    assert!(matches!(other.apply(change("d")).await, Err(StoreError::Closed)));
    assert!(matches!(
        other.apply_behind(change("e")).await,
        Err(StoreError::Closed)
    ));
    other.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_passing_failure_is_not_seen() {
    let recorder = Arc::new(Recorder::new());
    recorder.failures.store(TRIES_MAX - 1, Ordering::SeqCst);
    let commit = start(&recorder, Limits::default());
    assert_eq!(commit.apply(change("a")).await.unwrap(), Applied::Stored);
    assert_eq!(recorder.stored(), ["a"]);
}

#[tokio::test(start_paused = true)]
async fn a_lasting_failure_reaches_every_waiting_caller_and_the_next_works() {
    let recorder = Arc::new(Recorder::without_turns());
    recorder.failures.store(2 * TRIES_MAX, Ordering::SeqCst);
    let commit = start(&recorder, Limits::default());
    commit.apply_behind(change("lost")).await.unwrap();
    recorder.is_asked().await;
    let callers: Vec<_> = ["a", "b"]
        .map(|name| {
            let commit = commit.clone();
            tokio::spawn(async move { commit.apply(change(name)).await })
        })
        .into();
    until_waiting(&commit, 2).await;
    recorder.turns.add_permits(100);
    for caller in callers {
        let error = caller.await.unwrap().unwrap_err();
        assert!(matches!(error, StoreError::Engine { .. }), "{error:?}");
        assert_eq!(
            Chain(&error).to_string().matches("disk full").count(),
            1,
            "{}",
            Chain(&error)
        );
    }
    assert_eq!(commit.apply(change("next")).await.unwrap(), Applied::Stored);
    assert_eq!(recorder.stored(), ["next"]);
    assert_eq!(
        commit.totals(),
        Totals {
            batches: 1,
            stored: 1,
            failed: 3,
            lost_behind: 1,
            ..Totals::default()
        }
    );
}

#[tokio::test]
async fn a_change_that_contradicts_fails_alone() {
    let recorder = Arc::new(Recorder {
        poison: Some("d"),
        ..Recorder::without_turns()
    });
    let commit = start(&recorder, Limits::default());
    commit.apply_behind(change("first")).await.unwrap();
    recorder.is_asked().await;
    for name in ["a", "b", "c"] {
        commit.apply_behind(change(name)).await.unwrap();
    }
    let poisoned = tokio::spawn({
        let commit = commit.clone();
        async move { commit.apply(change("d")).await }
    });
    until_waiting(&commit, 4).await;
    commit.apply_behind(change("e")).await.unwrap();
    recorder.turns.add_permits(100);
    assert!(matches!(
        poisoned.await.unwrap(),
        Err(StoreError::Conflict { .. })
    ));
    assert_eq!(commit.apply(change("f")).await.unwrap(), Applied::Stored);
    assert_eq!(recorder.stored(), ["first", "a", "b", "c", "e", "f"]);
}

#[tokio::test]
async fn a_void_lease_is_an_answer() {
    let recorder = Arc::new(Recorder {
        fenced: true,
        ..Recorder::new()
    });
    let commit = start(&recorder, Limits::default());
    commit.apply_behind(change("behind")).await.unwrap();
    assert_eq!(commit.apply(change("a")).await.unwrap(), Applied::Fenced);
    assert_eq!(commit.totals().lost_behind, 1);
    assert_eq!(commit.totals().fenced, 2);
}

#[tokio::test]
async fn dropping_every_handle_still_stores_what_is_queued() {
    let recorder = Arc::new(Recorder::without_turns());
    let commit = start(&recorder, Limits::default());
    commit.apply_behind(change("a")).await.unwrap();
    recorder.is_asked().await;
    commit.apply_behind(change("b")).await.unwrap();
    drop(commit);
    recorder.turns.add_permits(10);
    tokio::time::timeout(Duration::from_secs(10), async {
        while recorder.stored().len() < 2 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await
    .unwrap();
}
