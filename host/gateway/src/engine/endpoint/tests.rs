use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use switchyard_core::breaker::{FAILURES_MAX, REST_AUTH, REST_FIRST, UNANSWERED_MAX};
use switchyard_core::machine::{Answer, TaskProgress};
use switchyard_core::{Cause, Delivery, Kind, Observation, PermitId, PowerState, Primitive, Replay, Subject};
use switchyard_store::group_commit::Limits;
use switchyard_store::{Journal, Store};
use switchyard_store_sqlite::SqliteStore;
use switchyard_transport::{Login, LoginVersion, Secret, Timeouts};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::clock::ManualClock;
use crate::engine::hardware::{Findings, Hardware, Order, Urgency};
use crate::engine::lease::{LeaseGuard, SendGuard};

const PATIENCE: Duration = Duration::from_secs(20);
const BMC: &str = "x0c0s0b0";

/// What the controller does with every call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    Answers,
    Silent,
    RefusesLogin,
    /// Reads are answered, changes are lost.
    Deaf,
}

#[derive(Debug)]
struct Scripted {
    mood: Mutex<Mood>,
    asked: AtomicUsize,
    /// A call takes one permit before it goes on.
    passes: Semaphore,
    login: Mutex<Option<LoginVersion>>,
    /// Whether logins cannot be had.
    login_away: Mutex<bool>,
    /// The login that is found when the present one was refused.
    renewed: Mutex<Option<LoginVersion>>,
}

impl Scripted {
    fn new(mood: Mood) -> Arc<Self> {
        Arc::new(Self {
            mood: Mutex::new(mood),
            asked: AtomicUsize::new(0),
            passes: Semaphore::new(Semaphore::MAX_PERMITS),
            login: Mutex::new(Some(login("first"))),
            login_away: Mutex::default(),
            renewed: Mutex::default(),
        })
    }

    fn set(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// From now on calls wait until they are let go.
    fn hold(&self) {
        self.passes.forget_permits(Semaphore::MAX_PERMITS);
    }

    async fn answer(&self, change: bool, cancel: &CancellationToken) -> Result<(), Failure> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        tokio::select! {
            biased;
            pass = self.passes.acquire() => pass.unwrap().forget(),
            () = cancel.cancelled() => return Err(Failure::new(Cause::Cancelled, "cancelled")),
        }
        match *self.mood.lock().unwrap() {
            Mood::Answers => Ok(()),
            Mood::Deaf if !change => Ok(()),
            Mood::Deaf => Err(Failure::new(Cause::Timeout, "no answer")),
            Mood::Silent => Err(Failure::new(Cause::Unreachable, "no route to host")),
            Mood::RefusesLogin => Err(Failure {
                status: Some(401),
                ..Failure::new(Cause::Auth, "wrong password")
            }),
        }
    }
}

fn login(password: &str) -> LoginVersion {
    Login::new("root", Secret::new(password.to_owned())).version()
}

#[async_trait]
impl Hardware for Scripted {
    async fn survey(
        &self,
        _: &ControllerId,
        _: Urgency,
        cancel: &CancellationToken,
    ) -> Result<Findings, Failure> {
        self.answer(false, cancel).await.map(|()| Findings::default())
    }

    async fn observe(
        &self,
        _: &ControllerId,
        _: &Subject,
        _: Urgency,
        cancel: &CancellationToken,
    ) -> Result<Observation, Failure> {
        self.answer(false, cancel).await.map(|()| Observation {
            state: PowerState::On,
            raw: "On".to_owned(),
            evidence: Vec::new(),
            at: Timestamp::from_millis(0),
            controller: None,
        })
    }

    async fn act(&self, order: Order) -> (Delivery, Result<Answer, Failure>) {
        let answer = self.answer(true, &order.cancel).await;
        let delivery = match &answer {
            Ok(()) => Delivery::of_http_status(204),
            Err(failure) if failure.cause == Cause::Timeout => Delivery::MaybeSent,
            Err(_) => Delivery::NotSent,
        };
        (delivery, answer.map(|()| Answer::Accepted))
    }

    async fn poll(
        &self,
        _: &ControllerId,
        _: &str,
        cancel: &CancellationToken,
    ) -> Result<TaskProgress, Failure> {
        self.answer(false, cancel).await.map(|()| TaskProgress::Done)
    }

    async fn login_version(&self, _: &ControllerId) -> Result<Option<LoginVersion>, Failure> {
        if *self.login_away.lock().unwrap() {
            return Err(Failure::new(Cause::NoLogin, "The secret store does not answer."));
        }
        Ok(*self.login.lock().unwrap())
    }

    fn login_refused(&self, _: &ControllerId) {
        if let Some(renewed) = self.renewed.lock().unwrap().take() {
            *self.login.lock().unwrap() = Some(renewed);
            self.set(Mood::Answers);
        }
    }

    fn change_timeout(&self) -> Duration {
        Duration::from_secs(1)
    }
}

struct Bench {
    hardware: Arc<Scripted>,
    endpoints: Arc<Endpoints>,
    guarded: Arc<Guarded>,
    clock: Arc<ManualClock>,
    store: Arc<SqliteStore>,
    commit: GroupCommit,
}

impl Bench {
    async fn start(folder: &Path, mood: Mood) -> Self {
        let file = folder.join("inventory.toml");
        let text = format!("[[controller]]\nid = \"{BMC}\"\naddress = \"http://127.0.0.1:1\"\n");
        std::fs::write(&file, text).unwrap();
        let inventory = Inventory::read(&file, Timeouts::default()).unwrap();
        let store = Arc::new(SqliteStore::open(&folder.join("switchyard.db")).await.unwrap());
        let clock = Arc::new(ManualClock::new(Timestamp::from_millis(1_000_000)));
        let lease = store.begin("test", clock.now()).await.unwrap();
        store.sync_inventory(&lease, &[bmc()], &[]).await.unwrap();
        let journal = Arc::clone(&store) as Arc<dyn Journal>;
        let commit = GroupCommit::start(journal, lease, Limits::default());
        let remembered = store.controllers().await.unwrap();
        let endpoints = Endpoints::new(
            &inventory,
            remembered,
            commit.clone(),
            Arc::clone(&clock) as Arc<dyn Clock>,
        );
        let (hardware, endpoints) = (Scripted::new(mood), Arc::new(endpoints));
        let inner = Arc::clone(&hardware) as Arc<dyn Hardware>;
        Self {
            guarded: Arc::new(Guarded::new(inner, Arc::clone(&endpoints))),
            hardware,
            endpoints,
            clock,
            store,
            commit,
        }
    }

    async fn read(&self) -> Result<Observation, Failure> {
        read(&self.guarded).await
    }

    async fn act(&self, passage: Passage) -> (Delivery, Result<Answer, Failure>) {
        let token = CancellationToken::new;
        let order = Order {
            controller: bmc(),
            subject: subject(),
            primitive: Primitive::ForceOff,
            permit: PermitId(uuid::Uuid::from_u128(7)),
            replay: Replay::Safe,
            passage,
            guard: Arc::new(SendGuard::new(Arc::new(LeaseGuard::default()), token(), token())),
            cancel: token(),
        };
        self.guarded.act(order).await
    }

    /// Reads until the breaker has opened.
    async fn wear_out(&self) {
        for _ in 0..FAILURES_MAX {
            self.read().await.unwrap_err();
        }
        assert!(self.endpoints.is_open(&bmc()));
    }

    async fn until(&self, what: &str, condition: impl Fn(&Self) -> bool) {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        while !condition(self) {
            assert!(tokio::time::Instant::now() < deadline, "never: {what}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    fn state(&self) -> &'static str {
        self.endpoints.get(BMC).unwrap().record().breaker.name()
    }
}

fn bmc() -> ControllerId {
    ControllerId::parse(BMC).unwrap()
}

fn subject() -> Subject {
    Subject {
        kind: Kind::Node,
        id: String::new(),
    }
}

async fn read(guarded: &Guarded) -> Result<Observation, Failure> {
    let cancel = CancellationToken::new();
    guarded
        .observe(&bmc(), &subject(), Urgency::Action, &cancel)
        .await
}

#[tokio::test]
async fn a_controller_that_does_not_answer_is_left_alone_and_fails_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path(), Mood::Silent).await;
    bench.wear_out().await;
    let asked = bench.hardware.asked();
    assert_eq!(asked, usize::from(FAILURES_MAX));
    let refused = bench.read().await.unwrap_err();
    assert_eq!(refused.cause, Cause::BreakerOpen);
    assert!(
        refused.is_transient() && refused.text.contains("no route to host"),
        "{refused}"
    );
    assert!(
        refused.retry_after.is_some_and(|wait| wait <= REST_FIRST),
        "{refused:?}"
    );
    let (delivery, answer) = bench.act(Passage::Ordinary).await;
    assert_eq!(
        (delivery, answer.unwrap_err().cause),
        (Delivery::NotSent, Cause::BreakerOpen)
    );
    assert_eq!(bench.hardware.asked(), asked, "a refused call makes no traffic");
}

#[tokio::test]
async fn a_controller_that_is_taken_down_may_be_silent() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path(), Mood::Silent).await;
    let taken_down = bench.endpoints.take_down(&bmc()).unwrap();
    for _ in 0..3 * FAILURES_MAX {
        assert_eq!(bench.read().await.unwrap_err().cause, Cause::Unreachable);
    }
    bench.act(Passage::Ordinary).await.1.unwrap_err();
    assert_eq!(bench.state(), "closed");
    drop(taken_down);
    bench.wear_out().await;
    assert_eq!(bench.state(), "open");
}

#[tokio::test]
async fn one_call_probes_while_the_others_fail_at_once_and_its_answer_closes_the_breaker() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path(), Mood::Silent).await;
    bench.wear_out().await;
    let asked = bench.hardware.asked();
    bench.clock.advance(REST_FIRST);
    bench.hardware.hold();
    bench.hardware.set(Mood::Answers);
    let guarded = Arc::clone(&bench.guarded);
    let probe = tokio::spawn(async move { read(&guarded).await });
    bench
        .until("the probe is on its way", |bench| bench.state() == "half-open")
        .await;
    for _ in 0..10 {
        assert_eq!(bench.read().await.unwrap_err().cause, Cause::BreakerOpen);
    }
    assert_eq!(bench.hardware.asked(), asked + 1);
    let endpoints = Arc::clone(&bench.endpoints);
    let waiting = tokio::spawn(async move { endpoints.called_again(&bmc()).await });
    bench.hardware.passes.add_permits(100);
    probe.await.unwrap().unwrap();
    tokio::time::timeout(PATIENCE, waiting).await.unwrap().unwrap();
    assert_eq!(bench.state(), "closed");
    bench.read().await.unwrap();
}

#[tokio::test]
async fn a_probe_that_is_dropped_lets_another_one_go_later() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path(), Mood::Silent).await;
    bench.wear_out().await;
    bench.clock.advance(REST_FIRST);
    bench.hardware.hold();
    let guarded = Arc::clone(&bench.guarded);
    let probe = tokio::spawn(async move { read(&guarded).await });
    bench
        .until("the probe is on its way", |bench| bench.state() == "half-open")
        .await;
    probe.abort();
    assert!(probe.await.unwrap_err().is_cancelled());
    assert_eq!(bench.state(), "open");
    bench.clock.advance(REST_FIRST);
    bench.hardware.passes.add_permits(1);
    bench.hardware.set(Mood::Answers);
    bench.read().await.unwrap();
}

#[tokio::test]
async fn of_many_calls_at_once_one_tries_a_login_that_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path(), Mood::RefusesLogin).await;
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let guarded = Arc::clone(&bench.guarded);
            tokio::spawn(async move { read(&guarded).await })
        })
        .collect();
    for call in calls {
        let failure = call.await.unwrap().unwrap_err();
        assert_eq!(failure.cause, Cause::Auth);
        assert!(failure.text.contains("wrong password"), "{failure}");
    }
    assert_eq!(bench.hardware.asked(), 1);
    bench.clock.advance(REST_AUTH / 2);
    bench.read().await.unwrap_err();
    assert_eq!(bench.hardware.asked(), 1);
    bench.clock.advance(REST_AUTH / 2);
    bench.read().await.unwrap_err();
    bench.read().await.unwrap_err();
    assert_eq!(bench.hardware.asked(), 2);
    *bench.hardware.login.lock().unwrap() = Some(login("second"));
    bench.hardware.set(Mood::Answers);
    bench.read().await.unwrap();
    assert_eq!(bench.state(), "closed");
}

#[tokio::test]
async fn what_waits_for_a_controller_ends_when_its_breaker_opens() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path(), Mood::Answers).await;
    bench.read().await.unwrap();
    bench.hardware.hold();
    bench.hardware.set(Mood::Silent);
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let guarded = Arc::clone(&bench.guarded);
            tokio::spawn(async move { read(&guarded).await })
        })
        .collect();
    bench
        .until("all wait", |bench| bench.hardware.asked() == 21)
        .await;
    bench.hardware.passes.add_permits(usize::from(FAILURES_MAX));
    let mut causes = Vec::new();
    for call in calls {
        let ended = tokio::time::timeout(PATIENCE, call).await.unwrap();
        causes.push(ended.unwrap().unwrap_err().cause);
    }
    let left_alone = causes
        .iter()
        .filter(|cause| **cause == Cause::BreakerOpen)
        .count();
    assert_eq!(left_alone, 20 - usize::from(FAILURES_MAX), "{causes:?}");
}

#[tokio::test]
async fn a_force_off_passes_what_does_not_answer_and_not_what_refuses_the_login() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path(), Mood::Silent).await;
    bench.wear_out().await;
    bench.hardware.set(Mood::Deaf);
    let (delivery, _) = bench.act(Passage::ForceOff).await;
    assert_eq!(delivery, Delivery::MaybeSent);
    bench.hardware.set(Mood::RefusesLogin);
    let (_, answer) = bench.act(Passage::ForceOff).await;
    assert_eq!(answer.unwrap_err().cause, Cause::Auth);
    let asked = bench.hardware.asked();
    bench.act(Passage::ForceOff).await.1.unwrap_err();
    assert_eq!(bench.hardware.asked(), asked);
    bench.act(Passage::EmergencyOff).await.1.unwrap_err();
    assert_eq!(bench.hardware.asked(), asked + 1);
}

#[tokio::test]
async fn changes_without_an_answer_open_a_breaker_although_reads_are_answered() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path(), Mood::Deaf).await;
    for _ in 0..UNANSWERED_MAX {
        bench.read().await.unwrap();
        assert_eq!(bench.act(Passage::Ordinary).await.0, Delivery::MaybeSent);
    }
    let record = bench.endpoints.get(BMC).unwrap().record();
    let reason = record.breaker.trip().map(|trip| trip.reason.name());
    assert_eq!(reason, Some("unanswered"));
}

#[tokio::test]
async fn a_person_can_have_a_controller_tried_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path(), Mood::Silent).await;
    bench.wear_out().await;
    let asked = bench.hardware.asked();
    assert!(!bench.endpoints.try_now("x9", "tester").await);
    assert!(bench.endpoints.try_now(BMC, "tester").await);
    assert_eq!(bench.endpoints.outlook(&bmc()), Outlook::ProbeDue);
    bench.read().await.unwrap_err();
    bench.read().await.unwrap_err();
    assert_eq!(bench.hardware.asked(), asked + 1);
    bench.hardware.set(Mood::Answers);
    bench.endpoints.try_now(BMC, "tester").await;
    bench.read().await.unwrap();
    assert_eq!(bench.state(), "closed");
}

#[tokio::test]
async fn an_open_breaker_is_open_after_a_restart_and_its_moves_are_events() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path(), Mood::Silent).await;
    bench.wear_out().await;
    let before = bench.endpoints.get(BMC).unwrap().record();
    bench.commit.clone().stop().await;
    Arc::into_inner(bench.store).unwrap().close().await;

    let bench = Bench::start(folder.path(), Mood::Answers).await;
    assert_eq!(bench.endpoints.get(BMC).unwrap().record(), before);
    assert_eq!(bench.read().await.unwrap_err().cause, Cause::BreakerOpen);
    assert_eq!(bench.hardware.asked(), 0);
    bench.clock.advance(REST_FIRST);
    bench.read().await.unwrap();
    bench.commit.clone().stop().await;
    let page = bench.store.events_after(None, 100).await.unwrap();
    let moves: Vec<_> = page
        .events
        .into_iter()
        .filter(|event| event.event.kind == kind::ENDPOINT_BREAKER)
        .map(|event| event.event.data)
        .collect();
    let states: Vec<_> = moves.iter().map(|data| data["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["open", "closed"]);
    assert_eq!(
        (moves[0]["controller"].as_str(), moves[0]["reason"].as_str()),
        (Some(BMC), Some("unreachable"))
    );
}

#[tokio::test]
async fn a_secret_store_that_is_away_keeps_calls_back_and_says_nothing_against_the_controller() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path(), Mood::Answers).await;
    *bench.hardware.login_away.lock().unwrap() = true;
    for _ in 0..2 * FAILURES_MAX {
        let failure = bench.read().await.unwrap_err();
        assert_eq!(failure.cause, Cause::NoLogin);
    }
    assert_eq!(bench.hardware.asked(), 0, "nothing is asked without a login");
    assert!(!bench.endpoints.is_open(&bmc()));
    *bench.hardware.login_away.lock().unwrap() = false;
    bench.read().await.unwrap();
}

#[tokio::test]
async fn a_rotated_login_costs_no_reading() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path(), Mood::RefusesLogin).await;
    *bench.hardware.renewed.lock().unwrap() = Some(login("second"));
    bench.read().await.unwrap();
    assert_eq!(bench.hardware.asked(), 2);
    assert!(!bench.endpoints.is_open(&bmc()));
}

#[tokio::test]
async fn a_login_that_stays_wrong_is_tried_once() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path(), Mood::RefusesLogin).await;
    let failure = bench.read().await.unwrap_err();
    assert_eq!((failure.cause, bench.hardware.asked()), (Cause::Auth, 1));
    assert!(bench.endpoints.is_open(&bmc()));
}
