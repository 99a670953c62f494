//! Which driver speaks to a controller whose inventory names none: found out by a probe, and remembered.
//!
//! The facts of the probe are remembered with the choice. When drivers are installed, upgraded or removed, the rules of all manifests are
//! held against these facts again, which costs no traffic. The controller itself is asked again only when its answers do not fit the
//! driver any more, when the driver that recognised it has changed, or when an operator wants it.

mod file;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use switchyard_core::{Cause, ControllerId, Fact, Failure};
use switchyard_transport::{Address, Controller, Endpoint};
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::call::Call;
use crate::driver::Driver;
use crate::registry::Registry;

/// How long it is remembered that no driver recognised a controller.
pub const UNRECOGNISED_KEPT: Duration = Duration::from_mins(5);
/// The least time between two probes of a controller whose answers do not fit its driver.
pub const PROBE_AGAIN_AFTER: Duration = Duration::from_mins(10);
/// The most drivers that probe one controller.
const PROBERS_MAX: usize = 8;

/// What a probe found out about a controller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The id of the driver.
    pub driver: String,
    /// The driver that recognised the controller, as `id@version`.
    pub prober: String,
    /// What it found out.
    pub facts: Vec<Fact>,
    /// Where it looked. What answers at another address is another machine until it was asked.
    pub address: Address,
    /// When.
    pub at: SystemTime,
}

/// What is known of the driver of a controller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chosen {
    /// Nobody has asked the controller yet.
    Unknown,
    /// A driver was found.
    Found(Choice),
    /// None was found.
    Unrecognised(Failure),
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Unknown,
    Found {
        choice: Choice,
        /// Whether to ask again at the next survey.
        doubted: bool,
        /// When this process last asked the controller.
        probed: Option<Instant>,
        /// When a doubt could last not be settled, since the probe failed.
        in_vain: Option<Instant>,
    },
    Unrecognised {
        failure: Failure,
        at: Instant,
    },
}

#[derive(Debug, Default)]
struct Entry {
    /// Held by the one call that probes.
    turn: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

impl Entry {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets a choice that was made at another address than this.
    fn forget_unless_at(&self, address: &Address) {
        let mut state = self.state();
        if matches!(&*state, State::Found { choice, .. } if choice.address != *address) {
            *state = State::Unknown;
        }
    }
}

/// The choices for all controllers that name no driver. There are as many as there are such controllers.
#[derive(Debug)]
pub struct Choices {
    registry: Arc<Registry>,
    entries: Mutex<HashMap<ControllerId, Arc<Entry>>>,
    file: Option<PathBuf>,
    changed: Notify,
}

impl Choices {
    /// The choices that the file remembers. One that is missing or damaged costs a probe of every controller and nothing else.
    pub fn open(registry: Arc<Registry>, file: Option<PathBuf>) -> Arc<Self> {
        let remembered = file.as_deref().map(file::read).unwrap_or_default();
        let entries = remembered.into_iter().map(|(controller, choice)| {
            let state = State::Found {
                choice,
                doubted: false,
                probed: None,
                in_vain: None,
            };
            let entry = Entry {
                state: Mutex::new(state),
                ..Entry::default()
            };
            (controller, Arc::new(entry))
        });
        let this = Self {
            entries: Mutex::new(entries.collect()),
            registry,
            file,
            changed: Notify::new(),
        };
        this.match_again();
        Arc::new(this)
    }

    fn entry(&self, controller: &ControllerId) -> Arc<Entry> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        match entries.get(controller) {
            Some(entry) => Arc::clone(entry),
            None => Arc::clone(entries.entry(controller.clone()).or_default()),
        }
    }

    /// What is known of the driver of a controller.
    pub fn look(&self, controller: &ControllerId) -> Chosen {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(entry) = entries.get(controller) else {
            return Chosen::Unknown;
        };
        match &*entry.state() {
            State::Unknown => Chosen::Unknown,
            State::Found { choice, .. } => Chosen::Found(choice.clone()),
            State::Unrecognised { failure, .. } => Chosen::Unrecognised(failure.clone()),
        }
    }

    /// The driver of a controller in the version that is meant for it, if one was chosen.
    pub fn current(&self, controller: &ControllerId) -> Option<Arc<Driver>> {
        let entry = {
            let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(entries.get(controller)?)
        };
        match &*entry.state() {
            State::Found { choice, .. } => self.registry.for_controller(&choice.driver, controller),
            State::Unknown | State::Unrecognised { .. } => None,
        }
    }

    /// The driver of a controller, in the version that is meant for it; asks the controller where nothing is known. With `survey` it is
    /// asked also when there are doubts. `call` makes the surroundings of one probe.
    pub async fn driver(
        &self,
        controller: &Controller,
        survey: bool,
        cancel: &CancellationToken,
        call: impl Fn(&Driver) -> Call + Send + Sync,
    ) -> Result<Arc<Driver>, Failure> {
        let Endpoint { id, address, .. } = controller.endpoint();
        let entry = self.entry(id);
        entry.forget_unless_at(address);
        if let Some(known) = self.known(&entry, id, survey) {
            return known;
        }
        let _turn = tokio::select! {
            biased;
            () = cancel.cancelled() => {
                return Err(Failure::new(Cause::Cancelled, "the call was cancelled while the controller was probed"));
            }
            turn = entry.turn.lock() => turn,
        };
        if let Some(known) = self.known(&entry, id, survey) {
            return known;
        }
        let probed = self.probe(controller, &call).await;
        self.take_in(&entry, id, probed)
    }

    /// What is known without a probe, if that is enough.
    fn known(
        &self,
        entry: &Entry,
        controller: &ControllerId,
        survey: bool,
    ) -> Option<Result<Arc<Driver>, Failure>> {
        match &*entry.state() {
            State::Found {
                doubted: true,
                in_vain,
                ..
            } if survey && in_vain.is_none_or(|at| at.elapsed() >= PROBE_AGAIN_AFTER) => None,
            State::Found { choice, .. } => self.registry.for_controller(&choice.driver, controller).map(Ok),
            State::Unrecognised { failure, at } if at.elapsed() < UNRECOGNISED_KEPT => {
                Some(Err(failure.clone()))
            }
            State::Unknown | State::Unrecognised { .. } => None,
        }
    }

    /// Lets the drivers that can do so look at what answers, those first that know its port.
    async fn probe(
        &self,
        controller: &Controller,
        call: &(impl Fn(&Driver) -> Call + Send + Sync),
    ) -> Result<Choice, Failure> {
        let endpoint = controller.endpoint();
        let (scheme, port) = (endpoint.address.scheme.as_str(), endpoint.address.port);
        let probers = self.registry.probers(scheme, port, &endpoint.id);
        let mut words = Vec::new();
        for prober in probers.into_iter().take(PROBERS_MAX) {
            match prober.probe(call(&prober)).await {
                Ok(facts) => {
                    if let Some(driver) = self.registry.matching_for(&facts, &endpoint.id) {
                        return Ok(Choice {
                            driver: driver.manifest().id.clone(),
                            prober: prober.name().to_string(),
                            facts,
                            address: endpoint.address.clone(),
                            at: SystemTime::now(),
                        });
                    }
                    words.push(format!("{} found nothing that a driver claims", prober.name()));
                }
                Err(failure) if is_of_controller(&failure) => return Err(failure),
                Err(failure) => words.push(format!("{} says: {failure}", prober.name())),
            }
        }
        Err(Failure::new(Cause::NotSupported, unrecognised(scheme, &words)))
    }

    /// Remembers what a probe has found. A controller that did not answer is asked again at the next call.
    fn take_in(
        &self,
        entry: &Entry,
        controller: &ControllerId,
        probed: Result<Choice, Failure>,
    ) -> Result<Arc<Driver>, Failure> {
        let mut state = entry.state();
        let now = Instant::now();
        match probed {
            Ok(choice) => {
                let driver = self.registry.for_controller(&choice.driver, controller);
                tracing::info!(%controller, driver = choice.driver, prober = choice.prober, "driver chosen");
                *state = State::Found {
                    choice,
                    doubted: false,
                    probed: Some(now),
                    in_vain: None,
                };
                self.changed.notify_one();
                driver.ok_or_else(removed_meanwhile)
            }
            Err(failure) => {
                if let State::Found {
                    choice,
                    doubted,
                    probed,
                    in_vain,
                } = &mut *state
                {
                    // An old choice is better than none. A doubt that the controller's silence has not settled stays.
                    *doubted &= is_of_controller(&failure);
                    (*probed, *in_vain) = (Some(now), Some(now));
                    return self
                        .registry
                        .for_controller(&choice.driver, controller)
                        .ok_or(failure);
                }
                if failure.cause == Cause::NotSupported {
                    *state = State::Unrecognised {
                        failure: failure.clone(),
                        at: now,
                    };
                }
                Err(failure)
            }
        }
    }

    /// Notes that the answers of a controller do not fit its driver: it is asked at its next survey, unless that was done lately.
    pub fn doubt(&self, controller: &ControllerId) {
        let entry = self.entry(controller);
        if let State::Found { doubted, probed, .. } = &mut *entry.state() {
            *doubted |= probed.is_none_or(|at| at.elapsed() >= PROBE_AGAIN_AFTER);
        }
    }

    /// Forgets what is known of a controller, so that the next call asks it.
    pub fn forget(&self, controller: &ControllerId) {
        *self.entry(controller).state() = State::Unknown;
        self.changed.notify_one();
    }

    /// Drops what is known of controllers that are there no more.
    pub fn retain(&self, is_there: impl Fn(&ControllerId) -> bool) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|controller, _| is_there(controller));
        drop(entries);
        self.changed.notify_one();
    }

    /// Holds the rules of all drivers against the remembered facts again, after drivers came, changed or went.
    pub fn match_again(&self) {
        let entries: Vec<_> = {
            let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
            entries
                .iter()
                .map(|(id, entry)| (id.clone(), Arc::clone(entry)))
                .collect()
        };
        for (controller, entry) in entries {
            let mut state = entry.state();
            match &mut *state {
                State::Found { choice, doubted, .. } => {
                    let (id, _) = choice.prober.split_once('@').unwrap_or((&choice.prober, ""));
                    let prober = self.registry.for_controller(id, &controller);
                    *doubted |= prober.is_none_or(|prober| prober.name().to_string() != choice.prober);
                    if let Some(driver) = self.registry.matching_for(&choice.facts, &controller) {
                        driver.manifest().id.clone_into(&mut choice.driver);
                    }
                }
                State::Unrecognised { .. } => *state = State::Unknown,
                State::Unknown => {}
            }
        }
        self.changed.notify_one();
    }

    /// How many controllers would have no driver any more if this one went, and how many it speaks to.
    pub fn users(&self, driver: &str) -> Users {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let mut users = Users::default();
        for (controller, entry) in entries.iter() {
            if let State::Found { choice, .. } = &*entry.state()
                && choice.driver == driver
            {
                users.all += 1;
                let other = self.registry.matching_but(&choice.facts, controller, driver);
                users.without_other += usize::from(other.is_none());
            }
        }
        users
    }

    /// Keeps the choices on disk until `stop`, and once more then.
    pub async fn keep(self: Arc<Self>, stop: CancellationToken) {
        let Some(path) = self.file.clone() else { return };
        while !stop.is_cancelled() {
            tokio::select! {
                () = self.changed.notified() => {}
                () = stop.cancelled() => {}
            }
            tokio::select! {
                () = tokio::time::sleep(file::WRITE_AFTER) => {}
                () = stop.cancelled() => {}
            }
            let (choices, path) = (self.found(), path.clone());
            let written = tokio::task::spawn_blocking(move || file::write(&path, choices)).await;
            if let Ok(Err(error)) = written {
                tracing::warn!(%error, "the drivers that were chosen could not be stored; controllers are probed again after a restart");
            }
        }
    }

    fn found(&self) -> Vec<(ControllerId, Choice)> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries
            .iter()
            .filter_map(|(id, entry)| match &*entry.state() {
                State::Found { choice, .. } => Some((id.clone(), choice.clone())),
                State::Unknown | State::Unrecognised { .. } => None,
            })
            .collect()
    }
}

/// The controllers that a driver was chosen for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Users {
    /// All of them.
    pub all: usize,
    /// Those for which no other driver is the right one.
    pub without_other: usize,
}

/// Whether a failed probe says something of the controller rather than of the driver: any other driver would meet the same.
fn is_of_controller(failure: &Failure) -> bool {
    matches!(
        failure.cause,
        Cause::Unreachable
            | Cause::Tls
            | Cause::Auth
            | Cause::Timeout
            | Cause::Busy
            | Cause::Cancelled
            | Cause::BreakerOpen
            | Cause::NoLogin
    )
}

fn unrecognised(scheme: &str, words: &[String]) -> String {
    let remedy = "name one with `driver` in the inventory, or install one";
    if words.is_empty() {
        return format!("No loaded driver can recognise what answers at {scheme}:// addresses: {remedy}.");
    }
    format!(
        "No loaded driver recognises the controller: {remedy}. {}.",
        words.join("; ")
    )
}

fn removed_meanwhile() -> Failure {
    Failure::new(
        Cause::NotSupported,
        "The driver of the controller was removed while it was probed; it is probed again at the next call.",
    )
}
