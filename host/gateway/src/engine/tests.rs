//! The engine over a real store and model BMCs.

mod direct;
mod failure_limit;
mod fallback;
mod model;
mod order;
mod queue;
mod replacement;
mod retuning;

use std::fmt::Write as _;

use switchyard_core::machine::Deadline;
use switchyard_core::{Operation, Outcome, PowerState, Primitive, TransitionId};
use switchyard_store::{
    CancelAnswer, CancelAsk, CancelMode, CancelScope, Journal, Part, Refusal, Store, TransitionView,
};
use switchyard_store_sqlite::SqliteStore;

use self::model::{Fault, ModelHardware};
use super::*;
use crate::clock::SystemClock;
use crate::inventory::Inventory;

const PATIENCE: Duration = Duration::from_secs(20);

struct Bench {
    engine: Engine,
    hardware: Arc<ModelHardware>,
    store: Arc<SqliteStore>,
}

impl Bench {
    /// One node behind each BMC.
    async fn start(folder: &std::path::Path, hardware: Arc<ModelHardware>) -> Self {
        let mut text = String::new();
        for n in 0..hardware.count() {
            writeln!(
                text,
                "[[controller]]\nid = \"x0c0s{n}b0\"\naddress = \"http://127.0.0.1:{}\"\n\
                 [[component]]\nid = \"x0c0s{n}b0n0\"\nkind = \"node\"\naliases = [\"nid{n}\"]\n\
                 controller = \"x0c0s{n}b0\"\npath = \"/redfish/v1/Systems/1\"",
                n + 1
            )
            .unwrap();
        }
        Self::with_inventory(folder, hardware, &text).await
    }

    async fn with_inventory(folder: &std::path::Path, hardware: Arc<ModelHardware>, text: &str) -> Self {
        let store = Arc::new(SqliteStore::open(&folder.join("switchyard.db")).await.unwrap());
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let lease = store.begin("test", clock.now()).await.unwrap();
        let file = folder.join("inventory.toml");
        std::fs::write(&file, text).unwrap();
        let engine = Engine::start(Parts {
            store: Arc::clone(&store) as Arc<dyn Store>,
            journal: Arc::clone(&store) as Arc<dyn Journal>,
            hardware: Arc::clone(&hardware) as Arc<dyn Hardware>,
            inventory: Inventory::read(&file, switchyard_transport::Timeouts::default()).unwrap(),
            clock,
            lease,
            guard: Arc::new(LeaseGuard::default()),
            settings: EngineSettings::default(),
            poller: PollerSettings {
                enabled: false,
                ..PollerSettings::default()
            },
            reservations: Arc::new(Unreserved),
            stagger: Vec::new(),
        })
        .await
        .unwrap();
        Self {
            engine,
            hardware,
            store,
        }
    }

    async fn ask(&self, operation: Operation, names: &[&str]) -> TransitionId {
        self.ask_as("tester", operation, names).await.transition.id
    }

    async fn ask_as(&self, who: &str, operation: Operation, names: &[&str]) -> Submitted {
        match self.engine.submit(request(who, operation, names)).await.unwrap() {
            Answer::Accepted { submitted, .. } => *submitted,
            Answer::Refused(members) => panic!("refused: {members:?}"),
        }
    }

    /// Cancels a transition.
    async fn cancel(&self, id: TransitionId) -> CancelAnswer {
        let ask = CancelAsk {
            scope: CancelScope::Transition { id, only: None },
            mode: CancelMode::Now,
            by: "tester".to_owned(),
            at: SystemClock.now(),
            audit: None,
        };
        self.engine.cancel(ask).await.unwrap()
    }

    /// Waits until something was sent for every task of a transition.
    async fn sent(&self, id: TransitionId) {
        self.until(id, "sent", |view| {
            view.members
                .iter()
                .all(|(_, task)| task.as_ref().is_some_and(|task| task.machine.ever_sent))
        })
        .await;
    }

    async fn view(&self, id: TransitionId) -> TransitionView {
        self.store.transition(id).await.unwrap().unwrap()
    }

    /// Waits until a transition is as wanted.
    async fn until(
        &self,
        id: TransitionId,
        what: &str,
        wanted: impl Fn(&TransitionView) -> bool,
    ) -> TransitionView {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let view = self.view(id).await;
            if wanted(&view) {
                return view;
            }
            assert!(tokio::time::Instant::now() < deadline, "never {what}: {view:#?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn ended(&self, id: TransitionId) -> Vec<Outcome> {
        let view = self
            .until(id, "ended", |view| view.transition.ended_at.is_some())
            .await;
        view.members
            .into_iter()
            .filter_map(|(_, task)| task?.machine.outcome().cloned())
            .collect()
    }
}

fn request(who: &str, operation: Operation, names: &[&str]) -> Request {
    Request {
        requested_by: who.to_owned(),
        request_id: "r".to_owned(),
        ..Request::new(
            TransitionId(fresh_id(SystemClock.now())),
            operation,
            Deadline::from_minutes(5),
            names.iter().map(|name| (*name).to_owned()).collect(),
        )
    }
}

fn model(count: usize, state: PowerState) -> Arc<ModelHardware> {
    Arc::new(ModelHardware::new(count, state))
}

#[tokio::test]
async fn on_is_verified_and_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path(), model(2, PowerState::Off)).await;
    let id = bench.ask(Operation::On, &["x0c0s0b0n0", "x0c0s1b0n0"]).await;
    let outcomes = bench.ended(id).await;
    assert_eq!(outcomes.len(), 2);
    assert!(
        outcomes
            .iter()
            .all(|outcome| matches!(outcome, Outcome::Verified { .. })),
        "{outcomes:?}"
    );
    assert_eq!(bench.hardware.executed(0), [Primitive::On]);
    let (_, task) = bench.view(id).await.members.remove(0);
    let (_, attempts) = bench.store.task(task.unwrap().id).await.unwrap().unwrap();
    assert_eq!(attempts.len(), 1);
    assert!(
        attempts[0]
            .delivery
            .is_some_and(switchyard_core::Delivery::is_accepted)
    );
    assert_eq!(
        bench.engine.fleet().get("x0c0s0b0n0").unwrap().seen().state,
        PowerState::On
    );
    bench.engine.stop().await;
}

#[tokio::test]
async fn names_that_cannot_become_tasks_are_refused_one_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path(), model(1, PowerState::On)).await;
    let id = bench
        .ask(
            Operation::On,
            &["banana", "x9c0s0b0n0", "x0c0s0e0", "x0c0s0b0n0", "x0c0s0b0n0"],
        )
        .await;
    bench.ended(id).await;
    let parts: Vec<_> = bench
        .view(id)
        .await
        .members
        .into_iter()
        .map(|(member, _)| member.part)
        .collect();
    assert_eq!(parts.len(), 4);
    assert_eq!(
        parts[0],
        Part::Refused {
            refusal: Refusal::InvalidName
        }
    );
    assert_eq!(
        parts[1],
        Part::Refused {
            refusal: Refusal::NotInInventory
        }
    );
    assert!(
        matches!(&parts[2], Part::Refused { refusal: Refusal::NoPowerControl { component_type } } if component_type == "NodeEnclosure")
    );
    assert!(matches!(parts[3], Part::Task { .. }));
    bench.engine.stop().await;
}

#[tokio::test]
async fn a_dead_bmc_delays_nobody_else_and_can_be_cancelled() {
    let folder = tempfile::tempdir().unwrap();
    let hardware = model(2, PowerState::Off);
    hardware.fault(0, Fault::Unreachable);
    let bench = Bench::start(folder.path(), hardware).await;
    let id = bench.ask(Operation::On, &["x0c0s0b0n0", "x0c0s1b0n0"]).await;
    bench
        .until(id, "one verified, one waiting", |view| {
            view.counts.succeeded == 1 && view.counts.new == 1
        })
        .await;
    assert!(matches!(bench.cancel(id).await, CancelAnswer::Asked { tasks, .. } if tasks.len() == 1));
    assert!(bench.ended(id).await.contains(&Outcome::Cancelled));
    assert_eq!(bench.cancel(id).await, CancelAnswer::AskedBefore);
    assert!(bench.hardware.executed(0).is_empty());
    bench.engine.stop().await;
}

#[tokio::test]
async fn an_ignored_on_is_asked_again_and_a_restart_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let hardware = model(2, PowerState::Off);
    hardware.fault(0, Fault::IgnoreOnce);
    hardware.set(1, PowerState::On);
    hardware.fault(1, Fault::IgnoreOnce);
    let bench = Bench::start(folder.path(), hardware).await;
    let on = bench.ask(Operation::On, &["x0c0s0b0n0"]).await;
    let restart = bench.ask(Operation::SoftRestart, &["x0c0s1b0n0"]).await;
    assert!(matches!(bench.ended(on).await[..], [Outcome::Verified { .. }]));
    assert_eq!(bench.hardware.received(0), 2);
    bench
        .until(restart, "verifying", |view| view.counts.in_progress == 1)
        .await;
    assert_eq!(bench.hardware.received(1), 1);
    bench.cancel(restart).await;
    assert!(matches!(
        bench.ended(restart).await[..],
        [Outcome::CancelledAfterSend { left: PowerState::On }]
    ));
    assert_eq!(bench.hardware.received(1), 1);
    bench.engine.stop().await;
}

#[tokio::test]
async fn a_stopped_service_goes_on_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let hardware = model(1, PowerState::Off);
    hardware.fault(0, Fault::Unreachable);
    let bench = Bench::start(folder.path(), Arc::clone(&hardware)).await;
    let id = bench.ask(Operation::On, &["x0c0s0b0n0"]).await;
    bench.engine.stop().await;
    assert!(
        bench
            .engine
            .submit(request("tester", Operation::On, &[]))
            .await
            .is_err()
    );
    drop(bench);
    hardware.heal(0);
    let bench = Bench::start(folder.path(), hardware).await;
    assert!(matches!(bench.ended(id).await[..], [Outcome::Verified { .. }]));
    bench.engine.stop().await;
}

#[tokio::test]
async fn a_cancel_between_intent_and_first_byte_is_cancelled_before_anything_was_sent() {
    let folder = tempfile::tempdir().unwrap();
    let hardware = model(1, PowerState::Off);
    hardware.fault(0, Fault::SlotTaken);
    let bench = Bench::start(folder.path(), hardware).await;
    let id = bench.ask(Operation::On, &["x0c0s0b0n0"]).await;
    bench
        .until(id, "about to be sent", |view| view.counts.in_progress == 1)
        .await;
    bench.cancel(id).await;
    assert_eq!(bench.ended(id).await, [Outcome::Cancelled]);
    assert_eq!(bench.hardware.received(0), 0);
    bench.engine.stop().await;
}

#[tokio::test]
async fn a_stop_between_intent_and_first_byte_leaves_the_task_to_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let hardware = model(1, PowerState::On);
    hardware.fault(0, Fault::SlotTaken);
    let bench = Bench::start(folder.path(), Arc::clone(&hardware)).await;
    let id = bench.ask(Operation::SoftRestart, &["x0c0s0b0n0"]).await;
    bench
        .until(id, "about to be sent", |view| view.counts.in_progress == 1)
        .await;
    tokio::time::timeout(PATIENCE, bench.engine.stop()).await.unwrap();
    assert_eq!(hardware.received(0), 0);
    drop(bench);
    hardware.heal(0);
    let bench = Bench::start(folder.path(), hardware).await;
    assert!(matches!(bench.ended(id).await[..], [Outcome::Verified { .. }]));
    assert_eq!(bench.hardware.executed(0), [Primitive::GracefulRestart]);
    bench.engine.stop().await;
}

#[tokio::test]
async fn a_void_lease_sends_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path(), model(1, PowerState::Off)).await;
    bench.store.begin("other", SystemClock.now()).await.unwrap();
    let id = bench.ask(Operation::On, &["x0c0s0b0n0"]).await;
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while bench.engine.is_ready() {
        assert!(
            tokio::time::Instant::now() < deadline,
            "the loss of the lease was never noticed"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(bench.hardware.executed(0).is_empty());
    assert!(bench.view(id).await.transition.ended_at.is_none());
    bench.engine.stop().await;
}

#[tokio::test]
async fn an_alias_means_its_component_and_a_component_under_two_names_is_switched_once() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path(), model(1, PowerState::On)).await;
    let id = bench
        .ask(Operation::SoftRestart, &["nid0", "x0c0s0b0n0", "nid1"])
        .await;
    bench
        .until(id, "ended", |view| view.transition.ended_at.is_some())
        .await;
    let view = bench.view(id).await;
    let shown: Vec<_> = view
        .members
        .iter()
        .map(|(member, task)| {
            (
                member.name.as_str(),
                task.as_ref().map(|task| task.component.as_str()),
            )
        })
        .collect();
    assert_eq!(shown, [("nid0", Some("x0c0s0b0n0")), ("nid1", None)]);
    assert_eq!(bench.hardware.executed(0).len(), 1);
}
