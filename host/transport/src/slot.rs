//! Slots of one controller: how many requests are in flight, how far apart they start, and who goes first.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use switchyard_core::Pace;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::fault::{Fault, Reason};
use crate::limits::WAITERS_MAX;
use crate::scope::{Lane, Scope};

/// Hands out slots: at most `pace.parallel` at once, `pace.gap` of quiet between requests, waiting actions before waiting polls, and
/// first come, first served within a lane.
#[derive(Debug)]
pub(crate) struct Slots {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    pace: Pace,
    in_flight: u8,
    /// The last start or end of a request.
    last: Option<Instant>,
    next_ticket: u64,
    actions: VecDeque<Ticket>,
    polls: VecDeque<Ticket>,
}

#[derive(Debug)]
struct Ticket {
    number: u64,
    wake: Arc<Notify>,
}

/// What a slot is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// A request; the gap applies.
    Request,
    /// A connection without a request yet; the gap does not apply, and none starts.
    Connect,
}

/// What is asked of a controller at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Load {
    /// Requests in flight.
    pub in_flight: usize,
    /// Requests that wait for a slot.
    pub waiting: usize,
}

/// What a waiting request may do now.
enum Turn {
    Go,
    /// Nobody is in front, but the gap lasts until then.
    At(Instant),
    /// Somebody is in front, or all slots are taken; a wake-up will come.
    Later,
}

impl Slots {
    pub(crate) fn new(pace: Pace) -> Self {
        Self {
            state: Mutex::new(State {
                pace: passable(pace),
                in_flight: 0,
                last: None,
                next_ticket: 0,
                actions: VecDeque::new(),
                polls: VecDeque::new(),
            }),
        }
    }

    pub(crate) fn pace(&self) -> Pace {
        self.lock().pace
    }

    pub(crate) fn load(&self) -> Load {
        let state = self.lock();
        Load {
            in_flight: usize::from(state.in_flight),
            waiting: state.actions.len() + state.polls.len(),
        }
    }

    /// Begins anew with the pace of the inventory; drivers tighten it again.
    pub(crate) fn set_pace(&self, pace: Pace) {
        let mut state = self.lock();
        state.pace = passable(pace);
        state.wake_head();
    }

    pub(crate) fn tighten(&self, pace: Pace) {
        let mut state = self.lock();
        state.pace = state.pace.tightened_by(pace);
    }

    /// Waits for a slot, at most `limit`. The clock of the scope stands still meanwhile; its cancellation ends the wait.
    pub(crate) async fn acquire(&self, what: Use, scope: &Scope, limit: Duration) -> Result<Slot<'_>, Fault> {
        let clock = scope.stop_clock();
        let waiting = self.line_up(what, scope.lane)?;
        let slot = tokio::select! {
            biased;
            () = scope.cancel.cancelled() => {
                Err(Fault::not_sent(Reason::Cancelled, "cancelled while waiting for the controller's other requests"))
            }
            slot = waiting.turn() => Ok(slot),
            () = tokio::time::sleep(limit) => Err(Fault::not_sent(
                Reason::Timeout,
                format!("other requests kept the controller busy for {} s", limit.as_secs()),
            )),
        };
        drop(clock);
        slot
    }

    fn line_up(&self, what: Use, lane: Lane) -> Result<Waiting<'_>, Fault> {
        let mut state = self.lock();
        let number = state.next_ticket;
        state.next_ticket += 1;
        let wake = Arc::new(Notify::new());
        let line = state.line(lane);
        if line.len() >= WAITERS_MAX {
            // A full line passes by itself, so that this must not read like a request that the host would never send.
            return Err(Fault::not_sent(
                Reason::Timeout,
                format!("{WAITERS_MAX} requests wait for this controller already: ask again later"),
            ));
        }
        line.push_back(Ticket {
            number,
            wake: Arc::clone(&wake),
        });
        Ok(Waiting {
            slots: self,
            what,
            lane,
            number,
            wake,
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A pace that lets at least one request through.
fn passable(pace: Pace) -> Pace {
    Pace {
        parallel: pace.parallel.max(1),
        ..pace
    }
}

impl State {
    fn line(&mut self, lane: Lane) -> &mut VecDeque<Ticket> {
        match lane {
            Lane::Action => &mut self.actions,
            Lane::Poll => &mut self.polls,
        }
    }

    fn head(&self) -> Option<&Ticket> {
        self.actions.front().or_else(|| self.polls.front())
    }

    fn turn(&self, what: Use, number: u64, now: Instant) -> Turn {
        if self.in_flight >= self.pace.parallel || self.head().is_some_and(|head| head.number != number) {
            return Turn::Later;
        }
        match self.last.map(|last| last + self.pace.gap) {
            Some(at) if what == Use::Request && at > now => Turn::At(at),
            _ => Turn::Go,
        }
    }

    fn wake_head(&self) {
        if self.in_flight < self.pace.parallel
            && let Some(head) = self.head()
        {
            head.wake.notify_one();
        }
    }
}

/// A place in the line, left when dropped.
struct Waiting<'a> {
    slots: &'a Slots,
    what: Use,
    lane: Lane,
    number: u64,
    wake: Arc<Notify>,
}

impl<'a> Waiting<'a> {
    async fn turn(self) -> Slot<'a> {
        loop {
            let at = {
                let mut state = self.slots.lock();
                let now = Instant::now();
                match state.turn(self.what, self.number, now) {
                    Turn::Go => {
                        state.in_flight += 1;
                        if self.what == Use::Request {
                            state.last = Some(now);
                        }
                        // Dropping `self` leaves the line and wakes the next.
                        return Slot {
                            slots: self.slots,
                            what: self.what,
                        };
                    }
                    Turn::At(at) => Some(at),
                    Turn::Later => None,
                }
            };
            match at {
                None => self.wake.notified().await,
                Some(at) => tokio::select! {
                    () = self.wake.notified() => {}
                    () = tokio::time::sleep_until(at) => {}
                },
            }
        }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut state = self.slots.lock();
        let number = self.number;
        state.line(self.lane).retain(|ticket| ticket.number != number);
        state.wake_head();
    }
}

/// The right to have one request in flight, given back when dropped.
#[derive(Debug)]
pub(crate) struct Slot<'a> {
    slots: &'a Slots,
    what: Use,
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        let mut state = self.slots.lock();
        state.in_flight = state.in_flight.saturating_sub(1);
        if self.what == Use::Request {
            state.last = Some(Instant::now());
        }
        state.wake_head();
    }
}

#[cfg(test)]
mod tests;
