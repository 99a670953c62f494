//! Waiting in line.

use std::time::Duration;

use switchyard_core::machine::{Event, Machine};
use switchyard_core::{Operation, PowerState, Timestamp};

use super::{Done, Left, Runner};
use crate::engine::line::Wait;

impl Runner<'_> {
    /// Waits until the turn, an order, the limit of waiting, or the stop of the service.
    pub(super) async fn await_turn(&mut self) -> Done {
        // Who waits in line holds no place among those that move.
        self.pass.leave();
        loop {
            if let Some(at) = self.place.slot.take_resumed() {
                self.record.machine.resume(at);
            }
            if let Some(done) = self.ordered() {
                return done;
            }
            let ordered = match self.ordered_to_begin() {
                Ok(ordered) => ordered,
                Err(blocked) => return Ok(blocked),
            };
            let Err(wait) = ordered.and_then(|()| self.begin()) else {
                if let Some(done) = self.await_leave().await {
                    return done;
                }
                continue;
            };
            let now = self.inner.clock.now();
            let component = &self.record.component;
            self.inner.pulse.touch(component);
            let limit = self.limit(&wait);
            if now >= limit {
                return Ok(Event::StartLimitPassed);
            }
            if let Some(blocked) = self.gives_way(&wait) {
                return Ok(blocked);
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

    /// Begins, if nothing keeps the task from that.
    fn begin(&self) -> Result<(), Wait> {
        let inner = self.inner;
        let now = inner.clock.now();
        let (component, task) = (&self.record.component, self.record.id);
        inner
            .lines
            .begin(component, task, &inner.fleet(), &inner.holds, now)
    }

    /// Waits until power-ons that are spread over time leave room, for a task that powers on. Nothing when it is to wait in line again,
    /// because it was paused or is held meanwhile.
    async fn await_leave(&self) -> Option<Done> {
        let (component, task) = (&self.record.component, self.record.id);
        let now = self.inner.clock.now();
        if !self.powers_on() {
            return Some(Ok(Event::Start));
        }
        let stagger = self.inner.stagger();
        let until = stagger.next(component, now);
        let wait = Wait::Staggered { until };
        let limit = tokio::time::Instant::now() + self.limit(&wait).since(now);
        let mut leave = std::pin::pin!(stagger.wait(component, self.place.slot.interrupt()));
        loop {
            if let Some(done) = self.ordered() {
                return Some(done);
            }
            if self.place.slot.is_resumed() || self.begin().is_err() {
                self.inner.lines.wait_again(component, task, &self.inner.fleet());
                return None;
            }
            if until > now {
                self.inner.lines.note_wait(component, task, Some(wait.clone()));
                self.inner.pulse.touch(component);
            }
            tokio::select! {
                biased;
                () = self.inner.stop.cancelled() => return Some(Err(Left::Stopping)),
                leave = &mut leave => {
                    self.inner.lines.note_wait(component, task, None);
                    return if leave.is_ok() { Some(Ok(Event::Start)) } else { self.ordered() };
                }
                () = self.place.slot.changed() => {}
                () = tokio::time::sleep_until(limit) => return Some(Ok(Event::StartLimitPassed)),
            }
        }
    }

    /// Whether the task draws the current of a power-on: not where the component is known to be on and stays on.
    fn powers_on(&self) -> bool {
        let is_on = || {
            self.present()
                .is_some_and(|row| row.seen().state == PowerState::On)
        };
        match self.record.machine.operation {
            Operation::On => !is_on(),
            Operation::Init | Operation::HardRestart | Operation::PowerCycle | Operation::FullPowerCycle => {
                true
            }
            Operation::Off
            | Operation::SoftOff
            | Operation::ForceOff
            | Operation::SoftRestart
            | Operation::Reset
            | Operation::Nmi => false,
        }
    }

    /// When waiting ends for the first who shares the task. A task that is paused or waits for others of its request waits until the last
    /// record of it expires: those have deadlines of their own.
    pub(super) fn limit(&self, wait: &Wait) -> Timestamp {
        let machine: &Machine = &self.record.machine;
        let demands = self.place.slot.demands();
        if matches!(wait, Wait::Paused | Wait::Order { .. }) {
            let expires = demands.iter().map(|demand| demand.expires).max();
            return expires.unwrap_or(machine.expires);
        }
        let first = demands.iter().map(|demand| machine.start_limit_of(demand)).min();
        first.unwrap_or(machine.start_by)
    }
}

/// When a wait is over by itself.
pub(super) fn look_again(wait: &Wait) -> Option<Timestamp> {
    match wait {
        Wait::Held { until, .. } | Wait::Staggered { until } => Some(*until),
        Wait::Order { until, .. } => *until,
        Wait::Turn { .. }
        | Wait::OffAbove { .. }
        | Wait::WorkBelow { .. }
        | Wait::ControllerDown { .. }
        | Wait::ControllerBusy { .. }
        | Wait::Paused => None,
    }
}
