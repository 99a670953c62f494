//! A router with everything behind it, and one request at a time.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use axum::Router;
use axum::body::Body;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;
use switchyard_core::reservation::{Reason, Refusal};
use switchyard_core::{ComponentId, Reservation, TaskId};
use switchyard_drivers::{Policy, Registry, Runtime, RuntimeConfig};
use switchyard_store::{AccessTokens, Journal, Outbox, Store};
use switchyard_store_sqlite::SqliteStore;
use tempfile::TempDir;
use tower::ServiceExt;

use super::hardware::{MANAGER, MemoryBmcs, SYSTEM};
use crate::access::{self, Access};
use crate::api::{self, ApiState, Gate, Streams, router};
use crate::backup::Backups;
use crate::clock::{Clock, SystemClock};
use crate::config::{self, Limits};
use crate::dependencies::Dependencies;
use crate::discovery::{self, Discoveries};
use crate::drivers::Drivers;
use crate::engine::{
    Engine, EngineSettings, Granted, LeaseGuard, Parts, PollerSettings, Released, ReservationLook,
    Reservations, Unreserved,
};
use crate::inventory::{Keeper, Part, Source};
use crate::request_line::LongLines;
use crate::webhooks::{self, Webhooks};

/// How long a test waits for anything.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

pub(super) struct Bench {
    pub(super) router: Router,
    /// The same without the prefixes of gateways.
    pub(super) bare: Router,
    pub(super) engine: Engine,
    pub(super) gate: Gate,
    pub(super) access: Access,
    pub(super) dependencies: Dependencies,
    pub(super) keeper: Keeper,
    pub(super) hardware: Arc<MemoryBmcs>,
    pub(super) locks: Arc<Locks>,
    pub(super) long_lines: LongLines,
    pub(super) folder: TempDir,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(super) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }
}

/// The inventory of a fleet in which every BMC has one node, `n0`.
pub(super) fn inventory(bmcs: &[&str]) -> String {
    let mut text = String::new();
    for (port, bmc) in (1_u16..).zip(bmcs) {
        write!(
            text,
            "[[controller]]\nid = \"{bmc}\"\naddress = \"http://127.0.0.1:{port}\"\n\
             [[component]]\nid = \"{bmc}\"\ncontroller = \"{bmc}\"\npath = \"{MANAGER}\"\n\
             [[component]]\nid = \"{bmc}n0\"\ncontroller = \"{bmc}\"\npath = \"{SYSTEM}\"\n"
        )
        .unwrap();
    }
    text
}

impl Bench {
    /// Starts the service over these BMCs and waits until every component was read.
    pub(super) async fn start(bmcs: &[&str]) -> Self {
        Self::of(
            &inventory(bmcs),
            config::defaults().limits,
            PollerSettings::default().interval,
        )
        .await
    }

    /// The same with limits of its own.
    pub(super) async fn start_within(bmcs: &[&str], limits: Limits) -> Self {
        Self::of(&inventory(bmcs), limits, PollerSettings::default().interval).await
    }

    /// The same over an inventory in TOML.
    pub(super) async fn over(inventory: &str) -> Self {
        Self::of(
            inventory,
            config::defaults().limits,
            PollerSettings::default().interval,
        )
        .await
    }

    /// The same; every component is read once in this time.
    pub(super) async fn start_polling(bmcs: &[&str], interval: Duration) -> Self {
        Self::of(&inventory(bmcs), config::defaults().limits, interval).await
    }

    /// The same where callers are asked who they are.
    pub(super) async fn guarded(inventory: &str, settings: access::Settings) -> Self {
        let interval = PollerSettings::default().interval;
        Self::with(inventory, config::defaults().limits, interval, settings).await
    }

    async fn of(inventory: &str, limits: Limits, interval: Duration) -> Self {
        let settings = access::Settings::read(&config::defaults().access, false).unwrap();
        Self::with(inventory, limits, interval, settings).await
    }

    #[expect(clippy::too_many_lines, reason = "every part of the service is made once")]
    async fn with(inventory: &str, limits: Limits, interval: Duration, settings: access::Settings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(
            SqliteStore::open(&folder.path().join("switchyard.db"))
                .await
                .unwrap(),
        );
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let lease = store.begin("test", clock.now()).await.unwrap();
        let file = folder.path().join("inventory.toml");
        std::fs::write(&file, inventory).unwrap();
        let hardware = Arc::new(MemoryBmcs::default());
        let locks = Arc::new(Locks::default());
        let keeper = Keeper::new([Source::File], Arc::new(SystemClock));
        let part = Part::read(&file, switchyard_transport::Timeouts::default()).unwrap();
        keeper.put(Source::File, part).await.unwrap();
        let engine = Engine::start(Parts {
            store: Arc::clone(&store) as Arc<dyn Store>,
            journal: Arc::clone(&store) as Arc<dyn Journal>,
            hardware: Arc::clone(&hardware) as _,
            inventory: keeper.inventory(),
            clock,
            lease,
            guard: Arc::new(LeaseGuard::default()),
            settings: EngineSettings {
                open_tasks_max: limits.open_tasks_max,
                ..EngineSettings::default()
            },
            poller: PollerSettings {
                interval,
                ..PollerSettings::default()
            },
            reservations: Arc::clone(&locks) as _,
            stagger: Vec::new(),
        })
        .await
        .unwrap();
        keeper.attach(engine.clone()).await.unwrap();
        let webhooks = Webhooks::start(webhooks::Parts {
            settings: webhooks::Settings::default(),
            outbox: Arc::clone(&store) as Arc<dyn Outbox>,
            store: Arc::clone(&store) as Arc<dyn Store>,
            clock: Arc::new(SystemClock),
        })
        .await
        .unwrap();
        let gate = Gate::new(&limits);
        let runtime = Runtime::new(RuntimeConfig::default()).unwrap();
        let registry = Arc::new(Registry::new(runtime, Policy::permissive()));
        let drivers = Drivers::over(registry, &folder.path().join("drivers")).unwrap();
        let long_lines = LongLines::new(api::power_status_paths(&config::defaults().pcs.prefixes));
        let dependencies = Dependencies::default();
        let access = Access::start(access::Parts {
            settings,
            store: Arc::clone(&store) as Arc<dyn AccessTokens>,
            clock: Arc::new(SystemClock),
            dependencies: dependencies.clone(),
        })
        .await
        .unwrap();
        let state = ApiState {
            engine: engine.clone(),
            access: access.clone(),
            gate: gate.clone(),
            webhooks,
            drivers,
            backups: Backups::new(&backed_up(&folder), Arc::clone(&store)),
            dependencies: dependencies.clone(),
            smd: None,
            guards: Arc::new(ArcSwap::from_pointee(config::defaults().guards)),
            discoveries: Discoveries::new(discovery::Parts {
                keeper: keeper.clone(),
                introducer: Arc::new(Nobody),
                folder: folder.path().to_owned(),
                clock: Arc::new(SystemClock),
                timeouts: switchyard_transport::Timeouts::default(),
            })
            .unwrap(),
            keeper,
            metrics: Arc::new(|| "up 1\n".to_owned()),
            streams: Streams::default(),
            pcs: config::defaults().pcs,
            long_lines: long_lines.clone(),
        };
        let bench = Self {
            keeper: state.keeper.clone(),
            bare: api::without_prefixes(state.clone()),
            router: router(state),
            engine,
            gate,
            access,
            dependencies,
            hardware,
            locks,
            long_lines,
            folder,
        };
        bench
            .until("every component was read", || async {
                bench
                    .engine
                    .fleet()
                    .rows()
                    .filter(|row| row.component.controller.is_some())
                    .all(|row| row.seen().available)
                    .then_some(())
            })
            .await;
        bench
    }

    /// Waits for a condition.
    pub(super) async fn until<T, F>(&self, what: &str, condition: impl Fn() -> F) -> T
    where
        F: Future<Output = Option<T>>,
    {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            if let Some(found) = condition().await {
                return found;
            }
            assert!(
                tokio::time::Instant::now() < deadline,
                "in {PATIENCE:?} it did not come about that {what}"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub(super) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    pub(super) async fn call(&self, method: Method, path: &str, body: impl Into<Body>) -> Answer {
        self.send(
            Request::builder()
                .method(method)
                .uri(path)
                .body(body.into())
                .unwrap(),
        )
        .await
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, Body::empty()).await
    }

    /// Sends JSON to a route of v2 as this caller.
    pub(super) async fn post(&self, caller: &str, path: &str, body: &Value) -> Answer {
        let request = Request::post(path).header("X-Switchyard-Caller", caller);
        self.send(request.body(Body::from(body.to_string())).unwrap())
            .await
    }

    /// Starts a transition and gives its id.
    pub(super) async fn switch(&self, operation: &str, node: &str) -> String {
        let body = serde_json::json!({"operation": operation, "location": [{"xname": node}]}).to_string();
        let answer = self.call(Method::POST, "/v1/transitions", body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        answer.json()["transitionID"].as_str().unwrap().to_owned()
    }

    /// Waits until a transition has this status, and gives its v1 body.
    pub(super) async fn until_status(&self, id: &str, status: &str) -> Value {
        let path = format!("/v1/transitions/{id}");
        self.until(&format!("transition {id} is {status}"), || async {
            let body = self.get(&path).await.json();
            (body["transitionStatus"] == status).then_some(body)
        })
        .await
    }
}

/// A configuration whose installation and backups are in this folder.
fn backed_up(folder: &TempDir) -> config::Config {
    let mut config = config::defaults();
    config.store.path = folder.path().join("switchyard.db");
    config.drivers.store = folder.path().join("drivers");
    config.smd.cache_file = folder.path().join("smd-cache.json");
    config.credentials.file = folder.path().join("credentials");
    config.backup.folder = Some(folder.path().join("backups"));
    config
}

/// Speaks to no controller.
#[derive(Debug)]
struct Nobody;

#[async_trait::async_trait]
impl discovery::Introducer for Nobody {
    async fn introduce(
        &self,
        _: &crate::inventory::Controller,
        _: &tokio_util::sync::CancellationToken,
    ) -> Result<discovery::Introduced, switchyard_core::Failure> {
        let text = "Nobody is there.";
        Err(switchyard_core::Failure::new(
            switchyard_core::Cause::Unreachable,
            text,
        ))
    }
}

/// An SMD of which nothing is asked, and which has locked some components.
#[derive(Debug, Default)]
pub(super) struct Locks(std::sync::Mutex<std::collections::HashMap<String, Reason>>);

impl Locks {
    /// From now on SMD is known to refuse the component.
    pub(super) fn lock(&self, component: &str, why: Reason) {
        self.0.lock().unwrap().insert(component.to_owned(), why);
    }
}

#[async_trait::async_trait]
impl Reservations for Locks {
    fn standing(&self, component: &ComponentId, task: TaskId) -> Reservation {
        Unreserved.standing(component, task)
    }

    async fn reserve(&self, component: &ComponentId, task: TaskId) -> Result<Granted, Refusal> {
        Unreserved.reserve(component, task).await
    }

    fn resume(&self, _: &ComponentId, _: TaskId) {}

    fn settle(&self) {}

    async fn release(&self, component: &ComponentId, task: TaskId) -> Released {
        Unreserved.release(component, task).await
    }

    fn look(&self, component: &ComponentId) -> ReservationLook {
        ReservationLook {
            standing: self.0.lock().unwrap().get(component.as_str()).cloned(),
            ..ReservationLook::default()
        }
    }
}
