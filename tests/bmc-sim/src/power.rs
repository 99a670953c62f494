//! The power model of one machine: pure, without timers.
//!
//! A change is stored as the phase it started and the moment that phase ends. Whoever looks at the machine first
//! calls [`Machine::advance`], which plays everything that has become due, in order and with its true time.

mod vocabulary;

#[cfg(test)]
mod tests;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Moment;
pub use vocabulary::{PowerState, ResetType, UnknownName};

/// How long changes take. Everything is instant by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Delays {
    /// From `On` to the state On.
    pub on: Duration,
    /// From `GracefulShutdown` to the state Off, when the operating system agrees.
    pub graceful_off: Duration,
    /// From `ForceOff` to the state Off.
    pub force_off: Duration,
    /// From a restart or a power cycle to the state On.
    pub restart: Duration,
    /// From the state On to a running operating system, as `BootProgress` shows it.
    pub boot: Duration,
    /// How long a BMC is away after `Manager.Reset`.
    pub manager_reset: Duration,
}

impl Delays {
    /// Every power change takes `each`; the boot and the BMC's own restart too.
    pub fn all(each: Duration) -> Self {
        Self {
            on: each,
            graceful_off: each,
            force_off: each,
            restart: each,
            boot: each,
            manager_reset: each,
        }
    }
}

/// What a machine's readings show during a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RestartView {
    /// The machine is seen `PoweringOff`, `Off` and `PoweringOn`.
    PassesOff,
    /// The machine is seen On throughout; only `LastResetTime` and `BootProgress` tell.
    StaysOn,
}

/// What a reset did to the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The power state changes or the machine restarts.
    Changed,
    /// The machine was there already, or the reset has no power effect (NMI).
    Unchanged,
    /// The request reached the operating system, which ignores it.
    IgnoredByOs,
}

/// The laws a machine obeys.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Laws {
    pub(crate) delays: Delays,
    pub(crate) os_ignores: bool,
    pub(crate) restart_view: RestartView,
    /// The least distance between two values of `LastResetTime`, so that each restart shows.
    pub(crate) reset_step_ms: u64,
}

/// What readings of a machine are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reading {
    pub(crate) power: PowerState,
    pub(crate) last_reset: Moment,
    pub(crate) booted: Boot,
}

/// How far the machine has come up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Boot {
    Down,
    Starting,
    OsRunning,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    On,
    Off,
    Paused,
    PoweringOn {
        until: Moment,
    },
    PoweringOff {
        until: Moment,
        then_on: bool,
    },
    Restarting {
        from: Moment,
        until: Moment,
        passes_off: bool,
    },
}

/// One machine: a system or a chassis.
#[derive(Debug, Clone)]
pub(crate) struct Machine {
    phase: Phase,
    last_reset: Moment,
    starts: u32,
    was_restart: bool,
    late: Vec<(Moment, ResetType)>,
}

impl Machine {
    pub(crate) fn new(power: PowerState) -> Self {
        Self {
            phase: steady(power),
            last_reset: Moment(0),
            starts: u32::from(power == PowerState::On),
            was_restart: false,
            late: Vec::new(),
        }
    }

    /// Plays everything due by `now`; returns the late resets that were executed on the way.
    pub(crate) fn advance(&mut self, now: Moment, laws: &Laws) -> Vec<(Moment, ResetType, Outcome)> {
        let mut executed = Vec::new();
        while let Some(at) = self.next_late(now) {
            let (_, reset) = self.late.remove(0);
            self.settle(at, laws);
            executed.push((at, reset, self.execute(at, reset, laws)));
        }
        self.settle(now, laws);
        executed
    }

    /// Executes one reset at `now`, which must not lie before the last call.
    pub(crate) fn apply(&mut self, now: Moment, reset: ResetType, laws: &Laws) -> Outcome {
        let outcome = self.execute(now, reset, laws);
        self.settle(now, laws);
        outcome
    }

    /// Executes a reset when `at` has come.
    pub(crate) fn apply_late(&mut self, at: Moment, reset: ResetType) {
        let position = self.late.partition_point(|(due, _)| *due <= at);
        self.late.insert(position, (at, reset));
    }

    /// A person sets the state by hand, at once; pending changes are forgotten.
    pub(crate) fn set(&mut self, now: Moment, power: PowerState, laws: &Laws) {
        self.late.clear();
        let comes_up = self.phase == Phase::Off && power == PowerState::On;
        self.phase = steady(power);
        if comes_up {
            self.came_up(now, false, laws);
        }
    }

    pub(crate) fn reading(&self, now: Moment, laws: &Laws) -> Reading {
        let power = match self.phase {
            Phase::On
            | Phase::Restarting {
                passes_off: false, ..
            } => PowerState::On,
            Phase::Off => PowerState::Off,
            Phase::Paused => PowerState::Paused,
            Phase::PoweringOn { .. } => PowerState::PoweringOn,
            Phase::PoweringOff { .. } => PowerState::PoweringOff,
            Phase::Restarting {
                from,
                until,
                passes_off: true,
            } => restart_state(from, until, now),
        };
        Reading {
            power,
            last_reset: self.last_reset,
            booted: self.boot(now, laws),
        }
    }

    /// True unless the machine is fully off. On its way up or down it counts as powered.
    pub(crate) fn is_powered(&self) -> bool {
        self.phase != Phase::Off
    }

    /// How often it has started, when last, and whether it was on before.
    pub(crate) fn starts(&self) -> (u32, Moment, bool) {
        (self.starts, self.last_reset, self.was_restart)
    }

    /// True when the machine is on and nothing is changing.
    pub(crate) fn is_steadily_on(&self) -> bool {
        self.phase == Phase::On
    }

    /// When the running change and all late ones will be over, if any is pending.
    pub(crate) fn settles_at(&self) -> Option<Moment> {
        let phase = match self.phase {
            Phase::On | Phase::Off | Phase::Paused => None,
            Phase::PoweringOn { until }
            | Phase::PoweringOff { until, .. }
            | Phase::Restarting { until, .. } => Some(until),
        };
        phase.max(self.late.last().map(|(at, _)| *at))
    }

    fn next_late(&self, now: Moment) -> Option<Moment> {
        self.late.first().map(|(at, _)| *at).filter(|at| *at <= now)
    }

    fn boot(&self, now: Moment, laws: &Laws) -> Boot {
        match self.phase {
            Phase::Off | Phase::PoweringOff { .. } => Boot::Down,
            Phase::PoweringOn { .. } | Phase::Restarting { .. } => Boot::Starting,
            Phase::On | Phase::Paused if now < self.last_reset.after(laws.delays.boot) => Boot::Starting,
            Phase::On | Phase::Paused => Boot::OsRunning,
        }
    }

    fn came_up(&mut self, at: Moment, was_restart: bool, laws: &Laws) {
        self.starts = self.starts.saturating_add(1);
        self.was_restart = was_restart;
        self.last_reset = at.max(self.last_reset.after_ms(laws.reset_step_ms));
    }

    /// Ends every phase whose end has come.
    fn settle(&mut self, now: Moment, laws: &Laws) {
        loop {
            match self.phase {
                Phase::PoweringOn { until } | Phase::Restarting { until, .. } if until <= now => {
                    let was_restart = matches!(self.phase, Phase::Restarting { .. });
                    self.phase = Phase::On;
                    self.came_up(until, was_restart, laws);
                }
                Phase::PoweringOff {
                    until,
                    then_on: false,
                } if until <= now => self.phase = Phase::Off,
                Phase::PoweringOff { until, then_on: true } if until <= now => {
                    self.phase = Phase::PoweringOn {
                        until: until.after(laws.delays.on),
                    };
                }
                _ => return,
            }
        }
    }

    fn execute(&mut self, now: Moment, reset: ResetType, laws: &Laws) -> Outcome {
        let is_powered = self.is_powered();
        match reset {
            ResetType::ForceOff | ResetType::Suspend => self.force_off(now, laws),
            ResetType::GracefulShutdown | ResetType::Off => self.shut_down(now, laws),
            ResetType::GracefulRestart if laws.os_ignores && is_powered => Outcome::IgnoredByOs,
            ResetType::GracefulRestart | ResetType::ForceRestart => {
                self.restart(now, laws, laws.restart_view == RestartView::PassesOff)
            }
            ResetType::PowerCycle | ResetType::FullPowerCycle if is_powered => self.restart(now, laws, true),
            ResetType::PushPowerButton if is_powered => self.shut_down(now, laws),
            ResetType::On
            | ResetType::ForceOn
            | ResetType::Resume
            | ResetType::PowerCycle
            | ResetType::FullPowerCycle
            | ResetType::PushPowerButton => self.switch_on(now, laws),
            ResetType::Pause if self.phase == Phase::On => {
                self.phase = Phase::Paused;
                Outcome::Changed
            }
            ResetType::Pause | ResetType::Nmi => Outcome::Unchanged,
        }
    }

    fn switch_on(&mut self, now: Moment, laws: &Laws) -> Outcome {
        self.phase = match self.phase {
            Phase::Off => Phase::PoweringOn {
                until: now.after(laws.delays.on),
            },
            Phase::PoweringOff {
                until,
                then_on: false,
            } => Phase::PoweringOff { until, then_on: true },
            Phase::Paused => Phase::On,
            Phase::On
            | Phase::PoweringOn { .. }
            | Phase::Restarting { .. }
            | Phase::PoweringOff { then_on: true, .. } => return Outcome::Unchanged,
        };
        Outcome::Changed
    }

    fn force_off(&mut self, now: Moment, laws: &Laws) -> Outcome {
        let soonest = now.after(laws.delays.force_off);
        let until = match self.phase {
            Phase::Off => return Outcome::Unchanged,
            Phase::PoweringOff { until, .. } => until.min(soonest),
            _ => soonest,
        };
        self.phase = Phase::PoweringOff {
            until,
            then_on: false,
        };
        Outcome::Changed
    }

    fn shut_down(&mut self, now: Moment, laws: &Laws) -> Outcome {
        self.phase = match self.phase {
            Phase::Off | Phase::PoweringOff { then_on: false, .. } => return Outcome::Unchanged,
            _ if laws.os_ignores => return Outcome::IgnoredByOs,
            Phase::PoweringOff { until, then_on: true } => Phase::PoweringOff {
                until,
                then_on: false,
            },
            _ => Phase::PoweringOff {
                until: now.after(laws.delays.graceful_off),
                then_on: false,
            },
        };
        Outcome::Changed
    }

    fn restart(&mut self, now: Moment, laws: &Laws, passes_off: bool) -> Outcome {
        if !self.is_powered() {
            return Outcome::Unchanged;
        }
        self.phase = Phase::Restarting {
            from: now,
            until: now.after(laws.delays.restart),
            passes_off,
        };
        Outcome::Changed
    }
}

fn steady(power: PowerState) -> Phase {
    match power {
        PowerState::On | PowerState::PoweringOn => Phase::On,
        PowerState::Off | PowerState::PoweringOff => Phase::Off,
        PowerState::Paused => Phase::Paused,
    }
}

/// A restart shows `PoweringOff` for two fifths of its time, Off for one, `PoweringOn` for the rest.
fn restart_state(from: Moment, until: Moment, now: Moment) -> PowerState {
    let whole = until.since(from).max(1);
    match now.since(from).saturating_mul(5) / whole {
        0 | 1 => PowerState::PoweringOff,
        2 => PowerState::Off,
        _ => PowerState::PoweringOn,
    }
}
