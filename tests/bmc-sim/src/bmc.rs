//! One BMC: its machines, what it executed, and when it is away.

mod log;
mod task;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::clock::Moment;
use crate::config::SimConfig;
use crate::counters::Counters;
use crate::ipmi::{self, Starts};
use crate::power::{Laws, Machine, Outcome, PowerState, Reading, ResetType};
use crate::profile::{Profile, Refusal, WhenOff};
use crate::redfish::Tree;
use crate::settings::{AllSettings, Settings};
pub(crate) use log::Log;
pub use log::{Executed, Target};
pub(crate) use task::{Task, Tasks};

/// One simulated BMC.
#[derive(Debug)]
pub(crate) struct Bmc {
    pub(crate) index: usize,
    pub(crate) tree: Arc<Tree>,
    pub(crate) counters: Counters,
    /// What it keeps for IPMI.
    pub(crate) ipmi: ipmi::Controller,
    /// Wakes the open connections when the BMC is taken down.
    pub(crate) kicked: Notify,
    down: AtomicBool,
    laws: Laws,
    state: Mutex<State>,
}

/// What changes.
#[derive(Debug)]
struct State {
    systems: Vec<Machine>,
    chassis: Machine,
    outlets: Vec<Machine>,
    settings: AllSettings,
    away_until: Moment,
    manager_reset: Moment,
    tasks: Tasks,
    log: Log,
    stale: Vec<(Target, Moment, Reading)>,
    /// When power was last changed, and whether it was taken.
    changed: Option<(Moment, bool)>,
}

/// How a reset is executed.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Execution {
    pub(crate) late_ms: Option<u64>,
    pub(crate) twice: bool,
    pub(crate) os_ignores: bool,
}

impl Bmc {
    pub(crate) fn new(index: usize, tree: Arc<Tree>, config: &SimConfig) -> Self {
        let laws = Laws {
            delays: config.delays,
            os_ignores: config.os_ignores_shutdown,
            restart_view: tree.profile().restart_view,
            reset_step_ms: tree.profile().resolution().ms(),
        };
        let outlets = tree.profile().settings.outlets.map_or(0, |outlets| outlets.count);
        let state = State {
            systems: vec![Machine::new(config.initial_power); config.nodes_per_bmc],
            chassis: Machine::new(PowerState::On),
            outlets: vec![Machine::new(config.initial_power); outlets],
            settings: AllSettings::default(),
            away_until: Moment(0),
            manager_reset: Moment(0),
            tasks: Tasks::default(),
            log: Log::default(),
            stale: Vec::new(),
            changed: None,
        };
        Self {
            index,
            tree,
            counters: Counters::default(),
            ipmi: ipmi::Controller::new(index, config.seed),
            kicked: Notify::new(),
            down: AtomicBool::new(false),
            laws,
            state: Mutex::new(state),
        }
    }

    pub(crate) fn profile(&self) -> &Profile {
        self.tree.profile()
    }

    /// Whether the BMC answers nobody: taken down, or away after its own reset.
    pub(crate) fn is_away(&self, now: Moment) -> bool {
        self.down.load(Ordering::Acquire) || now < self.lock().away_until
    }

    pub(crate) fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::Release);
        if down {
            self.kicked.notify_waiters();
        }
    }

    /// What the BMC would answer to a reset now, were it asked: the refusal, if there is one.
    pub(crate) fn objection(&self, now: Moment, target: Target, reset: ResetType) -> Option<Refusal> {
        let mut state = self.lock();
        self.advance(&mut state, now);
        let machine = match target {
            Target::Manager => return None,
            Target::Outlet(outlet) => state.outlets.get(outlet)?,
            Target::Chassis => &state.chassis,
            Target::System(system) => {
                if !state.chassis.is_powered() && !reset.switches_off() {
                    return Some(self.chassis_is_off());
                }
                state.systems.get(system)?
            }
        };
        if let Some(refusal) = self.undigested(&state, now, reset) {
            return Some(refusal);
        }
        let there = (reset.switches_on() && machine.is_steadily_on())
            || (reset.switches_off() && !machine.is_powered());
        if there {
            return self.profile().already_there.clone();
        }
        match &self.profile().when_off {
            WhenOff::Refuse(refusal) if reset.needs_power() && !machine.is_powered() => Some(refusal.clone()),
            WhenOff::Refuse(_) | WhenOff::Accept => None,
        }
    }

    /// The refusal of what comes too soon after a change of power.
    fn undigested(&self, state: &State, now: Moment, reset: ResetType) -> Option<Refusal> {
        let digestion = self.profile().make.digestion.as_ref()?;
        let (at, off) = state.changed?;
        let concerned = digestion.resets.contains(&reset) && (off || !digestion.after_off_only);
        (concerned && now.since(at) < digestion.ms).then(|| digestion.refusal.clone())
    }

    /// Whether a system, or for a chassis any system, has power.
    pub(crate) fn has_power(&self, now: Moment, target: Target) -> bool {
        let mut state = self.lock();
        self.advance(&mut state, now);
        match target {
            Target::System(system) => state.systems.get(system).is_some_and(Machine::is_powered),
            _ => state.systems.iter().any(Machine::is_powered),
        }
    }

    /// Executes a reset; returns when everything it set in motion will be over.
    pub(crate) fn execute(&self, now: Moment, target: Target, reset: ResetType, how: Execution) -> Moment {
        let mut state = self.lock();
        self.advance(&mut state, now);
        let laws = Laws {
            os_ignores: self.laws.os_ignores || how.os_ignores,
            ..self.laws
        };
        for _ in 0..if how.twice { 2 } else { 1 } {
            self.execute_once(&mut state, now, target, reset, how.late_ms, &laws);
        }
        if reset == ResetType::FullPowerCycle && how.late_ms.is_none() {
            state.away_until = now.after(laws.delays.manager_reset);
        }
        let pending = match target {
            Target::System(system) => state.systems.get(system).and_then(Machine::settles_at),
            Target::Chassis => state.chassis.settles_at(),
            Target::Manager => Some(state.away_until),
            Target::Outlet(outlet) => state.outlets.get(outlet).and_then(Machine::settles_at),
        };
        pending.unwrap_or(now).max(now)
    }

    /// A manager has no late execution: it goes away at once.
    fn execute_once(
        &self,
        state: &mut State,
        now: Moment,
        target: Target,
        reset: ResetType,
        late_ms: Option<u64>,
        laws: &Laws,
    ) {
        let machine = match target {
            Target::System(system) => state.systems.get_mut(system),
            Target::Chassis => Some(&mut state.chassis),
            Target::Manager => None,
            Target::Outlet(outlet) => match state.outlets.get_mut(outlet) {
                Some(machine) => Some(machine),
                None => return,
            },
        };
        let outcome = match (machine, late_ms) {
            (Some(machine), Some(ms)) => return machine.apply_late(now.after_ms(ms), reset),
            (Some(machine), None) if reset.restarts() && self.profile().make.restarts_stay_off => {
                machine.apply(now, ResetType::ForceOff, laws)
            }
            (Some(machine), None) => machine.apply(now, reset, laws),
            (None, _) => {
                state.away_until = now.after(laws.delays.manager_reset);
                state.manager_reset = state
                    .away_until
                    .max(state.manager_reset.after_ms(laws.reset_step_ms));
                if self.profile().make.wakes_systems {
                    let at = state.away_until;
                    for machine in &mut state.systems {
                        machine.apply_late(at, ResetType::On);
                    }
                }
                Outcome::Changed
            }
        };
        self.record(state, now, target, reset, outcome);
        if target == Target::Chassis {
            cascade(state, now, reset, outcome, laws);
        }
    }

    /// What a reading of a machine shows now: the truth.
    pub(crate) fn reading(&self, now: Moment, target: Target) -> Option<Reading> {
        let mut state = self.lock();
        self.advance(&mut state, now);
        match target {
            Target::System(system) => state
                .systems
                .get(system)
                .map(|machine| machine.reading(now, &self.laws)),
            Target::Chassis => Some(state.chassis.reading(now, &self.laws)),
            Target::Manager => None,
            Target::Outlet(outlet) => state
                .outlets
                .get(outlet)
                .map(|machine| machine.reading(now, &self.laws)),
        }
    }

    /// What a reading shows through a cache that is renewed when it is `stale_ms` old.
    pub(crate) fn stale_reading(&self, now: Moment, target: Target, stale_ms: u64) -> Option<Reading> {
        let fresh = self.reading(now, target)?;
        let mut state = self.lock();
        match state.stale.iter_mut().find(|(of, _, _)| *of == target) {
            Some((_, at, cached)) if now.since(*at) < stale_ms => Some(*cached),
            Some((_, at, cached)) => {
                (*at, *cached) = (now, fresh);
                Some(fresh)
            }
            None => {
                state.stale.push((target, now, fresh));
                Some(fresh)
            }
        }
    }

    /// How the first system has started so far.
    pub(crate) fn starts(&self, now: Moment) -> Option<Starts> {
        let mut state = self.lock();
        self.advance(&mut state, now);
        let (count, last, was_restart) = state.systems.first()?.starts();
        Some(Starts {
            count,
            last,
            was_restart,
        })
    }

    /// How often a system has started.
    pub(crate) fn starts_of(&self, now: Moment, system: usize) -> u64 {
        let mut state = self.lock();
        self.advance(&mut state, now);
        let machine = state.systems.get(system);
        machine.map_or(0, |machine| u64::from(machine.starts().0))
    }

    /// What is set on a system beside power.
    pub(crate) fn settings(&self, system: usize) -> Settings {
        self.lock().settings.of(system)
    }

    /// How often something was set on a system beside power, counted from 1.
    pub(crate) fn settings_version(&self, system: usize) -> u64 {
        self.lock().settings.version(system)
    }

    /// Keeps what was set on a system.
    pub(crate) fn keep_settings(&self, system: usize, settings: Settings) {
        self.lock().settings.keep(system, settings);
    }

    /// When the manager last came out of a reset.
    pub(crate) fn manager_reset_at(&self) -> Moment {
        self.lock().manager_reset
    }

    /// Sets a system's power at once, as if someone had always had it so. Nothing is logged.
    pub(crate) fn set_power(&self, now: Moment, system: usize, power: PowerState) {
        let mut state = self.lock();
        self.advance(&mut state, now);
        if let Some(machine) = state.systems.get_mut(system) {
            machine.set(now, power, &self.laws);
        }
    }

    /// A person presses a system's power button. Nothing is logged.
    pub(crate) fn press_button(&self, now: Moment, system: usize) {
        let mut state = self.lock();
        self.advance(&mut state, now);
        if let Some(machine) = state.systems.get_mut(system) {
            machine.apply(now, ResetType::PushPowerButton, &self.laws);
        }
    }

    /// Registers a task that runs until `done_at`.
    pub(crate) fn start_task(&self, now: Moment, target: Target, done_at: Moment) -> Task {
        self.lock().tasks.start(now, target, done_at)
    }

    pub(crate) fn task(&self, id: u64) -> Option<Task> {
        self.lock().tasks.get(id)
    }

    pub(crate) fn forget_task(&self, id: u64) {
        self.lock().tasks.forget(id);
    }

    pub(crate) fn task_ids(&self) -> Vec<u64> {
        self.lock().tasks.ids()
    }

    /// Looks at the log with everything due by now in it.
    pub(crate) fn with_log<T>(&self, now: Moment, look: impl FnOnce(&Log) -> T) -> T {
        let mut state = self.lock();
        self.advance(&mut state, now);
        look(&state.log)
    }

    pub(crate) fn reset_counters(&self, now: Moment) {
        let mut state = self.lock();
        self.advance(&mut state, now);
        state.log = Log::default();
        self.counters.reset();
    }

    fn chassis_is_off(&self) -> Refusal {
        let chassis = &self.profile().chassis_id;
        Refusal::new(
            400,
            "Base.1.13.ResourceInStandby",
            format!("The request could not be performed because Chassis {chassis} is powered off."),
        )
    }

    fn record(&self, state: &mut State, at: Moment, target: Target, reset: ResetType, outcome: Outcome) {
        self.counters.executed();
        if outcome == Outcome::Changed && target != Target::Manager {
            state.changed = Some((at, reset.switches_off()));
        }
        state.log.push(Executed {
            at,
            target,
            reset_type: reset,
            outcome,
        });
    }

    fn advance(&self, state: &mut State, now: Moment) {
        for (at, reset, outcome) in state.chassis.advance(now, &self.laws) {
            self.record(state, at, Target::Chassis, reset, outcome);
            cascade(state, at, reset, outcome, &self.laws);
        }
        for outlet in 0..state.outlets.len() {
            let late = match state.outlets.get_mut(outlet) {
                Some(machine) => machine.advance(now, &self.laws),
                None => Vec::new(),
            };
            for (at, reset, outcome) in late {
                self.record(state, at, Target::Outlet(outlet), reset, outcome);
            }
        }
        for system in 0..state.systems.len() {
            let late = match state.systems.get_mut(system) {
                Some(machine) => machine.advance(now, &self.laws),
                None => Vec::new(),
            };
            for (at, reset, outcome) in late {
                self.record(state, at, Target::System(system), reset, outcome);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Taking a chassis' power takes that of its systems; a chassis that comes on starts none.
fn cascade(state: &mut State, at: Moment, reset: ResetType, outcome: Outcome, laws: &Laws) {
    if outcome != Outcome::Changed {
        return;
    }
    let below = if reset.restarts() {
        ResetType::PowerCycle
    } else if reset.switches_off() {
        ResetType::ForceOff
    } else {
        return;
    };
    for machine in state.systems.iter_mut().filter(|machine| machine.is_powered()) {
        machine.apply(at, below, laws);
    }
}
