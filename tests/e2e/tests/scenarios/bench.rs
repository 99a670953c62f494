//! A scenario, the driver that is chosen for it, and a task machine that runs some fifty times as fast as the clock.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use bmc_sim::{PowerState, Scenario, Sim, SimConfig};
use switchyard_builtin_drivers::BuiltinDriver;
use switchyard_core::machine::{Answer, Deadline, Event, Machine, Next, TaskProgress, World};
use switchyard_core::{
    Ability, ControllerId, Delivery, Fact, Failure, Kind, Light, Observation, Operation, Outcome, Pace,
    PermitId, Primitive, Reservation, Subject, Timestamp,
};
use switchyard_drivers::{
    Call, CallCache, Driver, Findings, Manifest, Member, Policy, Progress, Registry, Runtime, RuntimeConfig,
    Submitted,
};
use switchyard_transport::{
    Address, Authentication, Controller, Credentials, Endpoint, Guard, Lane, Login, LoginFuture, Permit,
    Secret, Timeouts, TlsPolicy, Transport, TransportConfig, ipmi,
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How much faster the machine's clock runs than the simulator's.
const HASTE: u32 = 50;
/// How long one call may take.
const DEADLINE: Duration = Duration::from_secs(20);
/// The most things that one operation may have to do.
const THINGS_MAX: usize = 400;

/// A scenario with its driver.
pub(crate) struct Bench {
    pub(crate) sim: Sim,
    pub(crate) driver: Arc<Driver>,
    pub(crate) findings: Findings,
    settings: Arc<BTreeMap<String, String>>,
    cache: Arc<CallCache>,
    controller: Arc<Controller>,
    now: Mutex<Timestamp>,
}

struct Simulated;

impl Credentials for Simulated {
    fn login<'a>(&'a self, _: &'a ControllerId, _: &'a str) -> LoginFuture<'a> {
        let password = Secret::new(bmc_sim::DEFAULT_PASSWORD.to_owned());
        Box::pin(async { Ok(Arc::new(Login::new(bmc_sim::DEFAULT_USER, password))) })
    }
}

struct Always;

impl Guard for Always {
    fn may_send(&self, _: Duration) -> Result<(), String> {
        Ok(())
    }
}

/// Whether the faults of a scenario hold from the start, or once the tree is known.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Faults {
    AtOnce,
    AfterSurvey,
}

impl Bench {
    /// A scenario whose faults begin when the tree is known.
    pub(crate) async fn of(name: &str) -> Self {
        Self::with(name, Faults::AfterSurvey, 1, &[]).await
    }

    pub(crate) async fn with(name: &str, faults: Faults, nodes: usize, settings: &[(&str, &str)]) -> Self {
        let scenario = Scenario::named(name).unwrap_or_else(|| panic!("no scenario {name}"));
        let mut config = SimConfig::default()
            .nodes(nodes)
            .addresses(free_port())
            .scenario(scenario);
        let later = match faults {
            Faults::AtOnce => Vec::new(),
            Faults::AfterSurvey => std::mem::take(&mut config.faults),
        };
        let sim = Sim::start(config).await.unwrap();
        let transport = Transport::new(TransportConfig::default(), Arc::new(Simulated));
        let controller = transport.controller(endpoint(&sim.base_url(0)));
        let settings: BTreeMap<String, String> = settings
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let mut bench = Self {
            driver: load("redfish-standard"),
            findings: Findings {
                identity: Vec::new(),
                pace: Pace::default(),
                members: Vec::new(),
            },
            settings: Arc::new(settings),
            cache: CallCache::new(),
            controller,
            now: Mutex::new(Timestamp::from_millis(1_000_000)),
            sim,
        };
        let facts = bench.driver.probe(bench.call()).await.unwrap();
        let chosen = choose(&facts);
        assert_eq!(chosen, scenario.driver, "{name}: {facts:?}");
        bench.driver = load(&chosen);
        bench.cache = CallCache::new();
        bench.findings = bench.driver.survey(bench.call()).await.unwrap();
        for fault in later {
            bench.sim.add_fault(fault).unwrap();
        }
        bench.sim.reset_counters();
        bench
    }

    pub(crate) fn call(&self) -> Call {
        Call {
            controller: Arc::clone(&self.controller),
            lane: Lane::Action,
            deadline: DEADLINE,
            cancel: CancellationToken::new(),
            settings: Arc::clone(&self.settings),
            cache: Arc::clone(&self.cache),
        }
    }

    pub(crate) fn member(&self, kind: Kind) -> &Member {
        let mut found = self
            .findings
            .members
            .iter()
            .filter(|member| member.subject.kind == kind);
        found
            .next()
            .unwrap_or_else(|| panic!("no {kind:?} in {:?}", self.findings))
    }

    pub(crate) fn node(&self) -> Subject {
        self.member(Kind::Node).subject.clone()
    }

    pub(crate) fn offers(&self, kind: Kind, what: Primitive) -> bool {
        self.member(kind)
            .abilities
            .iter()
            .any(|ability| ability.what == what)
    }

    pub(crate) fn advice(&self, kind: Kind) -> Option<&str> {
        let facts = &self.member(kind).facts;
        facts
            .iter()
            .find(|fact| fact.name == "advice")
            .map(|fact| fact.value.as_str())
    }

    pub(crate) async fn observe(&self, of: &Subject) -> Result<Observation, Failure> {
        self.driver.observe(self.call(), of, self.now()).await
    }

    pub(crate) async fn act(&self, on: &Subject, what: Primitive) -> (Delivery, Result<Submitted, Failure>) {
        let permit = Permit::new(
            PermitId(Uuid::from_u128(1)),
            what.replay_floor(),
            Arc::new(Always),
        );
        let answer = self.driver.act(self.call(), on, what, Arc::clone(&permit)).await;
        (permit.settled().await, answer)
    }

    /// Lights the indicator.
    pub(crate) async fn set_indicator(&self, on: &Subject) -> Result<Submitted, Failure> {
        let permit = Permit::configuration(PermitId(Uuid::from_u128(3)), Arc::new(Always));
        let answer = self
            .driver
            .set_indicator(self.call(), on, Light::Lit, Arc::clone(&permit))
            .await;
        permit.settled().await;
        answer
    }

    /// Carries an operation out on the first member of a kind, as the service does.
    pub(crate) async fn run(&self, operation: Operation, kind: Kind) -> Outcome {
        let member = self.member(kind);
        let abilities: Vec<Ability> = member.abilities.clone();
        let start = self.now();
        let hour = Duration::from_hours(1);
        let deadline = Deadline::Within(Deadline::DEFAULT);
        let mut machine = Machine::new(operation, deadline, start, Duration::from_mins(15), start + hour);
        let mut event = Event::Start;
        for _ in 0..THINGS_MAX {
            let world = World {
                now: self.now(),
                fresh_permit: PermitId(Uuid::from_u128(2)),
                chance: 0,
                kind,
                abilities: &abilities,
                fallback: None,
                pace: self.findings.pace,
                change_timeout: DEADLINE,
                demands: &[],
                others_wait_since: None,
                settled_at: start,
                reservation: Reservation::NotNeeded,
            };
            let next = machine.step(event, &world).unwrap();
            machine = next.machine;
            event = match next.next {
                Next::End => return machine.outcome().unwrap().clone(),
                Next::Await | Next::AwaitPower | Next::Reserve => panic!("nothing is awaited here"),
                Next::Observe { not_before } => {
                    self.pass_until(not_before).await;
                    Event::Observed(self.observe(&member.subject).await)
                }
                Next::Poll { handle, not_before } => {
                    self.pass_until(not_before).await;
                    Event::Polled(self.driver.poll(self.call(), &handle).await.map(progress))
                }
                Next::Send { primitive, .. } => {
                    let (delivery, answer) = self.act(&member.subject, primitive).await;
                    Event::Sent {
                        delivery,
                        answer: answer.map(submitted),
                    }
                }
            };
            self.pass(Duration::from_millis(10));
        }
        panic!("{operation} does not come to an end: {machine:?}");
    }

    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pass(&self, time: Duration) {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        *now = *now + time;
    }

    async fn pass_until(&self, until: Timestamp) {
        let wait = until.since(self.now());
        tokio::time::sleep(wait / HASTE).await;
        self.pass(wait);
    }

    /// The resets that the first system executed.
    pub(crate) fn executed(&self) -> Vec<bmc_sim::ResetType> {
        self.sim
            .executed(0, 0)
            .iter()
            .map(|entry| entry.reset_type)
            .collect()
    }

    pub(crate) fn is_on(&self) -> bool {
        self.sim.power_state(0, 0) == PowerState::On
    }
}

fn free_port() -> bmc_sim::AddressPlan {
    bmc_sim::AddressPlan::Ports {
        address: std::net::Ipv4Addr::LOCALHOST,
    }
}

fn endpoint(url: &str) -> Endpoint {
    Endpoint {
        id: ControllerId::parse("bmc-1").unwrap(),
        address: url.parse::<Address>().unwrap(),
        tls: TlsPolicy::Unverified,
        credential: "default".to_owned(),
        authentication: Authentication::Basic,
        pace: Pace::default(),
        timeouts: Timeouts::default(),
        ipmi: ipmi::Settings::default(),
    }
}

/// The driver whose rules fit best, as the registry chooses it, without compiling all of them.
fn choose(facts: &[Fact]) -> String {
    let mut fits: Vec<(i32, String)> = switchyard_builtin_drivers::drivers()
        .iter()
        .map(|driver| Manifest::parse(driver.manifest).unwrap())
        .filter_map(|manifest| Some((-manifest.priority(facts)?, manifest.id)))
        .collect();
    fits.sort();
    fits.into_iter().next().unwrap().1
}

/// An embedded driver, compiled once for all tests of this program.
fn load(id: &str) -> Arc<Driver> {
    static REGISTRY: OnceLock<Mutex<Registry>> = OnceLock::new();
    let registry = REGISTRY.get_or_init(|| {
        let runtime = Runtime::new(RuntimeConfig::default()).unwrap();
        Mutex::new(Registry::new(runtime, Policy::permissive()))
    });
    let registry = registry.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(driver) = registry.get(id) {
        return driver;
    }
    let is_it = |driver: &&BuiltinDriver| Manifest::parse(driver.manifest).unwrap().id == id;
    let embedded = switchyard_builtin_drivers::drivers().iter().find(is_it).unwrap();
    registry
        .load_builtin([(embedded.manifest, embedded.component)])
        .unwrap();
    registry.get(id).unwrap()
}

fn submitted(submitted: Submitted) -> Answer {
    match submitted {
        Submitted::Accepted => Answer::Accepted,
        Submitted::Pending { handle, poll_after } => Answer::Pending { handle, poll_after },
        Submitted::Already => Answer::Already,
    }
}

fn progress(progress: Progress) -> TaskProgress {
    match progress {
        Progress::Running { handle, poll_after } => TaskProgress::Running { handle, poll_after },
        Progress::Done => TaskProgress::Done,
        Progress::Failed(failure) => TaskProgress::Failed(failure),
        Progress::Gone => TaskProgress::Gone,
    }
}

/// Whether an operation ended well.
pub(crate) fn well(outcome: &Outcome) -> bool {
    matches!(
        outcome,
        Outcome::Verified { .. } | Outcome::Already { .. } | Outcome::Unproven
    )
}
