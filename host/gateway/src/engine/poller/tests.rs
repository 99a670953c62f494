//! The poller over BMCs most of which are dead.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use switchyard_core::machine::{Answer, TaskProgress};
use switchyard_core::{Delivery, Kind, Observation, PowerState, Subject};
use switchyard_store::{Journal, Store};
use switchyard_store_sqlite::SqliteStore;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::clock::{Clock, SystemClock};
use crate::engine::{
    Engine, EngineSettings, Findings, Found, Hardware, LeaseGuard, Order, Parts, PollerSettings,
};
use crate::inventory::Inventory;

const PATIENCE: Duration = Duration::from_mins(1);
const DEAD: usize = 24;
/// How long a dead BMC is waited for.
const HANGS: Duration = Duration::from_millis(40);
const LIVE: &str = "live";

/// One BMC answers, the others hang.
#[derive(Debug, Default)]
struct MostlyDead {
    read: AtomicUsize,
    hanging: AtomicUsize,
    most_hanging: AtomicUsize,
}

impl MostlyDead {
    async fn ask(&self, controller: &ControllerId) -> Result<(), Failure> {
        if controller.as_str() == LIVE {
            return Ok(());
        }
        let hanging = self.hanging.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_hanging.fetch_max(hanging, Ordering::SeqCst);
        tokio::time::sleep(HANGS).await;
        self.hanging.fetch_sub(1, Ordering::SeqCst);
        Err(Failure::new(Cause::Timeout, "no answer in time"))
    }
}

#[async_trait]
impl Hardware for MostlyDead {
    async fn survey(
        &self,
        controller: &ControllerId,
        _: Urgency,
        _: &CancellationToken,
    ) -> Result<Findings, Failure> {
        self.ask(controller).await?;
        let subject = Subject {
            kind: Kind::Node,
            id: "/n0".to_owned(),
        };
        Ok(Findings {
            members: vec![Found {
                subject,
                abilities: Arc::from([]),
            }],
            ..Findings::default()
        })
    }

    async fn observe(
        &self,
        controller: &ControllerId,
        _: &Subject,
        _: Urgency,
        _: &CancellationToken,
    ) -> Result<Observation, Failure> {
        self.ask(controller).await?;
        self.read.fetch_add(1, Ordering::SeqCst);
        Ok(Observation {
            state: PowerState::On,
            raw: "On".to_owned(),
            evidence: Vec::new(),
            at: SystemClock.now(),
            controller: None,
        })
    }

    async fn act(&self, _: Order) -> (Delivery, Result<Answer, Failure>) {
        (Delivery::NotSent, Ok(Answer::Already))
    }

    async fn poll(&self, _: &ControllerId, _: &str, _: &CancellationToken) -> Result<TaskProgress, Failure> {
        Ok(TaskProgress::Gone)
    }

    fn change_timeout(&self) -> Duration {
        Duration::from_secs(1)
    }
}

fn inventory(folder: &std::path::Path) -> Arc<Inventory> {
    let mut text = String::new();
    let dead = (0..DEAD).map(|n| format!("dead{n}"));
    for (port, id) in (1..).zip(dead.chain([LIVE.to_owned()])) {
        writeln!(
            text,
            "[[controller]]\nid = \"{id}\"\naddress = \"http://127.0.0.1:{port}\"\n\
             [[component]]\nid = \"{id}n0\"\nkind = \"node\"\ncontroller = \"{id}\"\npath = \"/n0\""
        )
        .unwrap();
    }
    let file = folder.join("inventory.toml");
    std::fs::write(&file, text).unwrap();
    Inventory::read(&file, switchyard_transport::Timeouts::default()).unwrap()
}

async fn until(what: &str, condition: impl Fn() -> bool) {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while !condition() {
        assert!(tokio::time::Instant::now() < deadline, "never: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn dead_bmcs_take_a_quarter_of_the_places_at_most_once_they_are_known() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(
        SqliteStore::open(&folder.path().join("switchyard.db"))
            .await
            .unwrap(),
    );
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let lease = store.begin("test", clock.now()).await.unwrap();
    let hardware = Arc::new(MostlyDead::default());
    let engine = Engine::start(Parts {
        store: Arc::clone(&store) as Arc<dyn Store>,
        journal: Arc::clone(&store) as Arc<dyn Journal>,
        hardware: Arc::clone(&hardware) as Arc<dyn Hardware>,
        inventory: inventory(folder.path()),
        clock,
        lease,
        guard: Arc::new(LeaseGuard::default()),
        settings: EngineSettings::default(),
        poller: PollerSettings {
            enabled: true,
            interval: TICK * 2,
            in_flight: PLACES_PER_PROBE,
        },
        reservations: Arc::new(crate::engine::Unreserved),
        stagger: Vec::new(),
    })
    .await
    .unwrap();
    let endpoints = engine.endpoints();
    until("every dead BMC is left alone", || {
        endpoints
            .after(None)
            .filter(|endpoint| endpoint.record().breaker.trip().is_some())
            .count()
            == DEAD
    })
    .await;
    until("nobody waits for one", || {
        hardware.hanging.load(Ordering::SeqCst) == 0
    })
    .await;
    hardware.most_hanging.store(0, Ordering::SeqCst);
    for endpoint in endpoints.after(None) {
        endpoints
            .try_now(endpoint.controller.endpoint.id.as_str(), "tester")
            .await;
    }
    let read = hardware.read.load(Ordering::SeqCst);
    until("the live one is read on", || {
        hardware.read.load(Ordering::SeqCst) >= read + 4
    })
    .await;
    until("the dead ones are tried", || {
        hardware.most_hanging.load(Ordering::SeqCst) > 0
    })
    .await;
    assert_eq!(hardware.most_hanging.load(Ordering::SeqCst), 1);
    let row = engine.fleet().get("dead0n0").unwrap().seen();
    assert!(!row.available && row.failure.is_some());
    engine.stop().await;
}
