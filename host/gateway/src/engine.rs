//! The engine: it alone moves the state of tasks.
//!
//! A request becomes durable in one transaction and only then is acknowledged. Each task is then driven by an owned background task
//! (`runner`) that waits for its turn in the component's line, feeds the machine of `switchyard-core`, stores what the machine says
//! must be stored first, and does the one thing that comes next. After a crash the table is read again and every unfinished task
//! goes on by the same function.

mod configuration;
mod dependency;
mod dispatch;
mod drift;
mod endpoint;
mod failed;
mod failure_limit;
mod fallback;
mod fleet;
mod flip;
mod guard;
mod hardware;
mod hold;
mod ids;
mod lease;
mod line;
mod order;
mod overview;
mod poller;
mod pulse;
mod queue;
mod repetition;
mod replacement;
mod request;
mod reservation;
mod runner;
mod selection;
mod settings;
mod stagger;
mod survey;
mod turnstile;

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use switchyard_core::{ComponentId, ControllerId, Failure, Operation, Outcome, TaskId, Timestamp};
use switchyard_drivers::DriverName;
use switchyard_store::group_commit::{GroupCommit, Limits};
use switchyard_store::{
    Change, HoldRecord, Journal, Lease, MemberRecord, NewEvent, Store, StoreError, Submission, Submitted,
    TransitionRecord,
};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::Clock;
use crate::config::StaggerGroup;
use crate::events::EventLog;
use crate::inventory::Inventory;
use crate::telemetry::{Chain, metrics};

pub use configuration::{ConfigurationRequest, Wish};
pub use endpoint::{Endpoint, Endpoints};
pub use fallback::{Known, Second};
pub use fleet::{Ambiguous, Fleet, Row, Seen, is_bmc};
pub use flip::FlipFlop;
pub use guard::Guard;
pub use hardware::{ConfigurationOrder, Findings, Found, Hardware, Order, Traffic, Urgency};
pub(crate) use ids::chance;
pub use ids::fresh_id;
pub use lease::{LeaseGuard, SendGuard};
pub use line::{InLine, QueueDepth, Wait};
pub use order::relations;
pub use overview::{Changes, Flag, Front, Glance, Mark, Tally};
pub use replacement::{Counts, ReplaceError, Replaced};
pub use request::{NAMES_MAX, Request, SubmitError};
pub use reservation::{Granted, Look as ReservationLook, Released, Reservations, Unreserved};
pub use selection::Selection;
pub use settings::{EngineSettings, PollerSettings};
pub use stagger::{Cancelled, Stagger};

use dependency::Dependencies;
use drift::Drift;
use endpoint::Guarded;
use failed::Failed;
use failure_limit::FailureLimits;
use flip::Directions;
use hold::Holds;
use line::Lines;
use overview::Overview;
use pulse::Pulse;
use repetition::Accepted;
use survey::Surveys;
use turnstile::Turnstile;

/// How much longer a stop waits than one request in flight can take.
const STOP_MARGIN: Duration = Duration::from_secs(15);

/// What the engine is made of.
#[expect(missing_debug_implementations, reason = "parts are handed over, never shown")]
pub struct Parts {
    /// Where requests are stored and read.
    pub store: Arc<dyn Store>,
    /// Where state is moved.
    pub journal: Arc<dyn Journal>,
    /// How BMCs are asked.
    pub hardware: Arc<dyn Hardware>,
    /// What there is.
    pub inventory: Arc<Inventory>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The lease under which this process moves state.
    pub lease: Lease,
    /// What guards each send: void once the lease is lost.
    pub guard: Arc<LeaseGuard>,
    /// Settings of the engine.
    pub settings: EngineSettings,
    /// Settings of the poller.
    pub poller: PollerSettings,
    /// Who says whether a component may be switched.
    pub reservations: Arc<dyn Reservations>,
    /// Groups of components that are powered on one after the other.
    pub stagger: Vec<StaggerGroup>,
}

/// Why the engine could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store could not be read or written.
    #[error("the engine could not {step}")]
    Store {
        /// What was being done.
        step: &'static str,
        /// Why.
        #[source]
        source: StoreError,
    },
}

/// A cheap handle on the running engine.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("queue_depth", &self.queue_depth())
            .finish_non_exhaustive()
    }
}

struct Inner {
    store: Arc<dyn Store>,
    journal: Arc<dyn Journal>,
    hardware: Arc<dyn Hardware>,
    clock: Arc<dyn Clock>,
    lease: Lease,
    guard: Arc<LeaseGuard>,
    settings: ArcSwap<EngineSettings>,
    poller: ArcSwap<PollerSettings>,
    commit: GroupCommit,
    endpoints: Arc<Endpoints>,
    stagger: ArcSwap<Stagger>,
    reservations: Arc<dyn Reservations>,
    /// Replaced as a whole when another inventory comes to hold.
    fleet: ArcSwap<Fleet>,
    overview: Overview,
    drift: Drift,
    failed: Failed,
    failure_limits: FailureLimits,
    events: EventLog,
    surveys: Surveys,
    lines: Lines,
    dependencies: Dependencies,
    configuration: configuration::Lane,
    holds: Holds,
    pulse: Pulse,
    directions: Directions,
    turnstile: Turnstile,
    /// Held from the store's answer to a submission until its tasks are in line, so that lines have the order of the table.
    submitting: tokio::sync::Mutex<()>,
    /// Held while another inventory takes the place of the one that holds.
    replacing: tokio::sync::Mutex<()>,
    /// Told when another inventory holds, or the settings of the poller are others.
    replaced: tokio::sync::Notify,
    /// Cancelled when the service begins to stop: nothing new is begun.
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Inner {
    /// What is known of every component, by the inventory that holds now.
    fn fleet(&self) -> Arc<Fleet> {
        self.fleet.load_full()
    }

    /// The settings that hold now.
    fn settings(&self) -> Arc<EngineSettings> {
        self.settings.load_full()
    }

    /// The groups of staggered power-on that hold now.
    fn stagger(&self) -> Arc<Stagger> {
        self.stagger.load_full()
    }

    /// Lets everybody in line look again at what keeps them.
    fn wake_all(&self) {
        self.lines.wake_all();
        self.configuration.wake_all();
    }

    /// Writes an event about the service as a whole to the log.
    async fn tell(&self, kind: &str, data: serde_json::Value) {
        let event = NewEvent {
            at: self.clock.now(),
            kind: kind.to_owned(),
            component: None,
            task: None,
            transition: None,
            data,
        };
        self.store_behind(Change::Event(event)).await;
    }

    /// Queues a change whose loss costs nothing but a reading. A store that takes nothing stops what must be stored first anyway.
    async fn store_behind(&self, change: Change) {
        if let Err(error) = self.commit.apply_behind(change).await {
            tracing::warn!(error = %Chain(&error), "a change of little weight could not be stored");
        }
    }

    /// Takes in that an operation was accepted for a component. To be called when its task is in line, so that no reading in between
    /// finds a difference on which nobody works.
    fn want(&self, component: &ComponentId, operation: Operation, now: Timestamp) {
        self.drift.want(component, operation.end_level(), now);
        self.pulse.touch(component);
    }

    /// Takes over what the store says is wanted of a component and whether it is uncertain, when it may have decided so by itself.
    async fn recall(&self, component: &ComponentId) {
        let wishes = self.drift.wishes(component);
        match self.store.component(component).await {
            Ok(Some(record)) => self.drift.recall(&record, wishes),
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(error = %Chain(&error), "what is wanted of a component could not be read");
            }
        }
        self.pulse.touch(component);
    }
}

impl Engine {
    /// Makes the inventory known to the store, takes up every unfinished task, and starts the poller.
    pub async fn start(parts: Parts) -> Result<Self, StartError> {
        let failed = |step| move |source| StartError::Store { step, source };
        let controllers: Vec<_> = parts
            .inventory
            .controllers()
            .map(|controller| controller.endpoint.id.clone())
            .collect();
        let components: Vec<_> = replacement::switched(&parts.inventory).collect();
        let journal = &parts.journal;
        journal
            .sync_inventory(&parts.lease, &controllers, &components)
            .await
            .map_err(failed("make the inventory known"))?;
        journal
            .claim(&parts.lease, &controllers)
            .await
            .map_err(failed("claim the controllers"))?;
        let remembered = parts
            .store
            .components()
            .await
            .map_err(failed("read what is known of components"))?;
        let failed_last = parts
            .store
            .failed_components()
            .await
            .map_err(failed("read which components failed last"))?;
        let now = parts.clock.now();
        let holds = parts.store.holds(now).await.map_err(failed("read the holds"))?;
        let drift = Drift::new(
            parts.inventory.components().map(|component| &component.id),
            &remembered,
        );
        let fleet = Fleet::new(Arc::clone(&parts.inventory), remembered, now);
        let left_alone = parts
            .store
            .controllers()
            .await
            .map_err(failed("read what is known of controllers"))?;
        let commit = GroupCommit::start(Arc::clone(journal), parts.lease.clone(), Limits::default());
        let endpoints = Endpoints::new(
            &parts.inventory,
            left_alone,
            commit.clone(),
            Arc::clone(&parts.clock),
        );
        let endpoints = Arc::new(endpoints);
        let stagger = Stagger::new(&parts.stagger, &parts.inventory, Arc::clone(&parts.clock));
        let inner = Arc::new(Inner {
            surveys: Surveys::default(),
            lines: Lines::default(),
            dependencies: Dependencies::default(),
            configuration: configuration::Lane::default(),
            holds: Holds::new(holds),
            pulse: Pulse::new(fleet.rows().map(|row| &row.component.id)),
            directions: Directions::default(),
            overview: Overview::default(),
            drift,
            failed: Failed::new(failed_last),
            failure_limits: FailureLimits::default(),
            events: EventLog::new(Arc::clone(&parts.store)),
            turnstile: Turnstile::new(parts.settings.tasks_moving),
            submitting: tokio::sync::Mutex::default(),
            replacing: tokio::sync::Mutex::default(),
            replaced: tokio::sync::Notify::new(),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
            store: parts.store,
            journal: parts.journal,
            hardware: Arc::new(Guarded::new(parts.hardware, Arc::clone(&endpoints))),
            clock: parts.clock,
            lease: parts.lease,
            guard: parts.guard,
            settings: ArcSwap::from_pointee(parts.settings),
            poller: ArcSwap::from_pointee(parts.poller),
            commit,
            endpoints,
            stagger: ArcSwap::from_pointee(stagger),
            reservations: parts.reservations,
            fleet: ArcSwap::from_pointee(fleet),
        });
        failure_limit::take_up(&inner)
            .await
            .map_err(failed("take up the limits of failures"))?;
        dispatch::take_up(&inner)
            .await
            .map_err(failed("take up unfinished tasks"))?;
        configuration::take_up(&inner)
            .await
            .map_err(failed("take up unfinished configurations"))?;
        dispatch::spawn_sweeper(&inner);
        inner.tasks.spawn(inner.events.clone().feed(inner.stop.clone()));
        poller::spawn(&inner);
        Ok(Self { inner })
    }

    /// Accepts a request, or refuses it as a whole when it wants all or none. It is durable when this returns, and goes on even when
    /// the caller is gone.
    pub async fn submit(&self, request: Request) -> Result<Answer, SubmitError> {
        let inner = Arc::clone(&self.inner);
        self.check(&request)?;
        let owned = self
            .inner
            .tasks
            .spawn(async move { accept(&inner, request).await });
        owned.await.unwrap_or(Err(SubmitError::Stopping))
    }

    /// What [`submit`](Self::submit) would do now, without doing it.
    pub async fn preview(&self, request: Request) -> Result<Vec<MemberRecord>, SubmitError> {
        self.check(&request)?;
        let submission = submission(&self.inner, request, self.inner.clock.now());
        Ok(self.inner.store.preview(submission).await?)
    }

    fn check(&self, request: &Request) -> Result<(), SubmitError> {
        if self.inner.stop.is_cancelled() {
            return Err(SubmitError::Stopping);
        }
        if request.names.len() > NAMES_MAX {
            return Err(SubmitError::TooMany(request.names.len()));
        }
        Ok(())
    }

    /// Where requests are read.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.inner.store
    }

    /// What is known of every component, by the inventory that holds now.
    pub fn fleet(&self) -> Arc<Fleet> {
        self.inner.fleet()
    }

    /// The controllers, with their breakers.
    pub fn endpoints(&self) -> &Endpoints {
        &self.inner.endpoints
    }

    /// The driver that speaks to a controller, where that is known.
    pub fn driver(&self, controller: &ControllerId) -> Option<DriverName> {
        self.inner.hardware.driver(controller)
    }

    /// Which driver speaks to a controller, and who says so.
    pub fn selection(&self, controller: &ControllerId) -> Option<Selection> {
        self.inner.hardware.selection(controller)
    }

    /// Surveys a controller again now, whenever that was done last.
    pub async fn survey_again(&self, controller: &ControllerId) -> Result<(), Failure> {
        self.inner.surveys.forget(controller);
        survey::ensure(&self.inner, controller, Urgency::Action, &self.inner.stop).await
    }

    /// Writes an event that the engine does not make itself to the log.
    pub async fn tell(&self, kind: &str, data: serde_json::Value) {
        self.inner.tell(kind, data).await;
    }

    /// Takes over what can change while the service runs: of the engine the limits of time and of open tasks, of the poller whether it
    /// runs and how often, and the groups of staggered power-on. Who waits in a former group goes on by its rules.
    pub fn retune(&self, settings: &EngineSettings, poller: &PollerSettings, stagger: &[StaggerGroup]) {
        let inner = &self.inner;
        let kept = inner.settings();
        inner.settings.store(Arc::new(EngineSettings {
            tasks_moving: kept.tasks_moving,
            finished_shown_max: kept.finished_shown_max,
            ..settings.clone()
        }));
        let in_flight = inner.poller.load().in_flight;
        inner.poller.store(Arc::new(PollerSettings {
            in_flight,
            ..poller.clone()
        }));
        if inner.stagger().groups() != stagger {
            let fleet = inner.fleet();
            let stagger = Stagger::new(stagger, fleet.inventory(), Arc::clone(&inner.clock));
            inner.stagger.store(Arc::new(stagger));
        }
        inner.replaced.notify_waiters();
    }

    /// How a controller is asked at this moment, where that is known.
    pub fn traffic(&self, controller: &ControllerId) -> Option<Traffic> {
        self.inner.hardware.traffic(controller)
    }

    /// The event log, to be followed.
    pub fn events(&self) -> &EventLog {
        &self.inner.events
    }

    /// Every component as a screen shows it: what looks different since `since`, or everything.
    pub fn overview(&self, since: Option<Mark>) -> Changes {
        overview::changes(&self.inner, since)
    }

    /// The time, as the engine sees it.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.inner.clock
    }

    /// How the reservation of a component stands.
    pub fn reservation(&self, component: &ComponentId) -> ReservationLook {
        self.inner.reservations.look(component)
    }

    /// The line of a component, the active task first.
    pub fn look(&self, component: &ComponentId) -> Vec<InLine> {
        self.inner.lines.look(component)
    }

    /// Why a task in line waits, if it has not begun.
    pub fn wait(&self, component: &ComponentId, task: TaskId) -> Option<Wait> {
        let line = self.inner.lines.look(component);
        line.into_iter().find(|entry| entry.task == task)?.wait
    }

    /// The holds on a component.
    pub fn holds_on(&self, component: &ComponentId) -> Vec<Arc<HoldRecord>> {
        self.inner.holds.on(component, self.inner.clock.now())
    }

    /// How many tasks move at once.
    pub fn tasks_moving(&self) -> usize {
        self.inner.settings().tasks_moving
    }

    /// Whether a component is sent to and fro, and by whom.
    pub fn flip_flop(&self, component: &ComponentId) -> Option<FlipFlop> {
        self.inner.directions.look(component, self.inner.clock.now())
    }

    /// How long the lines of all components are.
    pub fn queue_depth(&self) -> QueueDepth {
        self.inner.lines.depth(self.inner.clock.now())
    }

    /// Whether requests are accepted: neither is the service stopping nor has another process taken over.
    pub fn is_ready(&self) -> bool {
        !self.inner.stop.is_cancelled() && !self.inner.guard.is_void()
    }

    /// Whether it was told to stop.
    pub fn is_stopping(&self) -> bool {
        self.inner.stop.is_cancelled()
    }

    /// Stops: nothing new is begun, requests in flight end and their outcome is stored.
    pub async fn stop(&self) {
        self.inner.stop.cancel();
        self.inner.tasks.close();
        let within = self.inner.hardware.change_timeout() + STOP_MARGIN;
        if tokio::time::timeout(within, self.inner.tasks.wait())
            .await
            .is_err()
        {
            tracing::warn!(
                left = self.inner.tasks.len(),
                "some work did not end in time and is taken up at the next start"
            );
        }
        self.inner.commit.clone().stop().await;
    }
}

/// What became of a request.
#[derive(Debug, Clone)]
pub enum Answer {
    /// It is durable.
    Accepted {
        /// What is stored.
        submitted: Box<Submitted>,
        /// Components that change direction too often, with those who do it.
        flip_flops: Vec<FlipFlop>,
    },
    /// Some name was refused, and the request wanted all or none.
    Refused(Vec<MemberRecord>),
}

impl Answer {
    /// What was accepted before.
    fn accepted(submitted: Submitted) -> Self {
        Self::Accepted {
            submitted: Box::new(submitted),
            flip_flops: Vec::new(),
        }
    }
}

async fn accept(inner: &Arc<Inner>, request: Request) -> Result<Answer, SubmitError> {
    let now = inner.clock.now();
    let repeated = request.repeated;
    let submission = submission(inner, request, now);
    let submitting = inner.submitting.lock().await;
    if repeated && let Some(before) = repetition::stored(&inner.store, submission.transition.id).await? {
        return Ok(Answer::accepted(before));
    }
    check_backlog(inner, submission.transition.operation)?;
    let submitted = match repetition::submit(&inner.store, submission).await? {
        Accepted::Now(submitted) => submitted,
        Accepted::Before(submitted) => return Ok(Answer::accepted(*submitted)),
        Accepted::Refused(members) => return Ok(Answer::Refused(members)),
    };
    let transition = &submitted.transition;
    tracing::info!(
        transition = %transition.id,
        operation = %transition.operation,
        components = submitted.members.len(),
        tasks = submitted.tasks.len(),
        joined = submitted.joined.len(),
        ended = submitted.ended.len(),
        by = transition.requested_by,
        request_id = transition.request_id,
        "transition accepted"
    );
    metrics::tasks_accepted(transition.operation, submitted.tasks.len());
    for task in &submitted.ended {
        match task.machine.outcome() {
            Some(Outcome::Absorbed { into }) => inner.dependencies.moved(task.id, *into),
            _ => inner.wake_waiting(task.id, &inner.dependencies.ended(task)),
        }
        inner.lines.end(&task.component, task.id);
    }
    inner.order(&submitted).await;
    // Before anything of it moves, so that no failure is missed.
    failure_limit::watch(inner, &submitted);
    for (task, component, demands) in &submitted.joined {
        inner
            .lines
            .share(component, *task, demands, &transition.requested_by);
    }
    for task in &submitted.tasks {
        let callers = vec![transition.requested_by.clone()];
        dispatch::run(inner, task.clone(), callers, Some(&transition.request_id));
    }
    let joined = submitted.joined.iter().map(|(_, component, _)| component);
    for component in submitted
        .tasks
        .iter()
        .map(|task| &task.record.component)
        .chain(joined)
    {
        inner.want(component, transition.operation, now);
    }
    drop(submitting);
    let flip_flops = flip::note(inner, &submitted, now).await;
    Ok(Answer::Accepted {
        submitted,
        flip_flops,
    })
}

fn submission(inner: &Inner, mut request: Request, now: Timestamp) -> Submission {
    let members = request::resolve(&request, &inner.fleet(), &inner.settings(), now);
    let (if_busy, all_or_none) = (request.if_busy, request.all_or_none);
    let (audit, callback) = (request.audit.take(), request.callback.take());
    Submission {
        transition: record(inner, request, now),
        members,
        if_busy,
        all_or_none,
        audit,
        callback,
    }
}

/// Refuses what would add to too many open tasks. Force-off waits for nobody, and so passes.
fn check_backlog(inner: &Inner, operation: Operation) -> Result<(), SubmitError> {
    let depth = inner.lines.depth(inner.clock.now());
    let (open, limit) = (depth.active + depth.waiting, inner.settings().open_tasks_max);
    if open >= limit && operation != Operation::ForceOff {
        return Err(SubmitError::Overloaded { open, limit });
    }
    Ok(())
}

fn record(inner: &Inner, request: Request, now: Timestamp) -> TransitionRecord {
    let settings = inner.settings();
    TransitionRecord {
        id: request.id,
        operation: request.operation,
        created_at: now,
        expires_at: now + settings.record_expiry,
        requested_by: request.requested_by,
        reason: request.reason,
        request_id: request.request_id,
        deadline: request.deadline,
        start_by: now + request.start_within.unwrap_or(settings.start_within),
        retry_of: request.retry_of,
        max_failures: request.max_failures,
        struck_at: None,
        cancel_asked_at: None,
        ended_at: None,
    }
}

#[cfg(test)]
mod tests;
