//! Waiting in line.

use std::time::Duration;

use switchyard_core::machine::{Event, Machine};
use switchyard_core::{Operation, PowerState, Timestamp};

use super::{Done, Left, Runner};
use crate::engine::line::Wait;

impl Runner<'_> {
    /// Waits until the turn, an order, the limit of waiting, or the stop of the service.
    pub(super) async fn await_turn(&mut self) -> Done {
        loop {
            if let Some(at) = self.place.slot.take_resumed() {
                self.record.machine.resume(at);
            }
            let (component, task) = (&self.record.component, self.record.id);
            if let Some(done) = self.ordered() {
                return done;
            }
            let now = self.inner.clock.now();
            let begun = self
                .inner
                .lines
                .begin(component, task, &self.inner.fleet, &self.inner.holds, now);
            let Err(wait) = begun else {
                return self.await_leave().await;
            };
            self.inner.pulse.touch(component);
            let limit = self.limit(&wait);
            if now >= limit {
                return Ok(Event::StartLimitPassed);
            }
            let until = look_again(&wait).map_or(limit, |at| at.min(limit));
            let sleep = until.since(now).max(Duration::from_millis(1));
            tokio::select! {
                biased;
                () = self.inner.stop.cancelled() => return Err(Left::Stopping),
                () = self.place.slot.changed() => {}
                () = tokio::time::sleep(sleep) => {}
            }
        }
    }

    /// Waits until power-ons that are spread over time leave room, for a task that powers on.
    async fn await_leave(&self) -> Done {
        let (component, task) = (&self.record.component, self.record.id);
        let now = self.inner.clock.now();
        if !self.powers_on() {
            return Ok(Event::Start);
        }
        let until = self.inner.stagger.next(component, now);
        let wait = Wait::Staggered { until };
        if until > now {
            self.inner.lines.note_wait(component, task, Some(wait.clone()));
            self.inner.pulse.touch(component);
        }
        let limit = self.limit(&wait).since(now);
        let leave = self.inner.stagger.wait(component, self.place.slot.interrupt());
        tokio::select! {
            biased;
            done = self.interrupted() => return done,
            leave = leave => {
                if leave.is_err() {
                    return self.interrupted().await;
                }
            }
            () = tokio::time::sleep(limit) => return Ok(Event::StartLimitPassed),
        }
        self.inner.lines.note_wait(component, task, None);
        Ok(Event::Start)
    }

    /// Whether the task draws the current of a power-on: not where the component is known to be on and stays on.
    fn powers_on(&self) -> bool {
        let is_on = || {
            self.row
                .as_ref()
                .is_some_and(|row| row.seen().state == PowerState::On)
        };
        match self.record.machine.operation {
            Operation::On => !is_on(),
            Operation::Init | Operation::HardRestart => true,
            Operation::Off | Operation::SoftOff | Operation::ForceOff | Operation::SoftRestart => false,
        }
    }

    /// When waiting ends for the first who shares the task. A paused task waits until the last record of it expires.
    fn limit(&self, wait: &Wait) -> Timestamp {
        let machine: &Machine = &self.record.machine;
        let demands = self.place.slot.demands();
        if *wait == Wait::Paused {
            let expires = demands.iter().map(|demand| demand.expires).max();
            return expires.unwrap_or(machine.expires);
        }
        let first = demands.iter().map(|demand| machine.start_limit_of(demand)).min();
        first.unwrap_or(machine.start_by)
    }
}

/// When a wait is over by itself.
fn look_again(wait: &Wait) -> Option<Timestamp> {
    match wait {
        Wait::Held { until, .. } | Wait::Staggered { until } => Some(*until),
        Wait::Turn { .. } | Wait::OffAbove { .. } | Wait::WorkBelow { .. } | Wait::Paused => None,
    }
}
