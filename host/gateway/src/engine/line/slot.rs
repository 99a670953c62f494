//! What others have to say to the one who drives a task.

use std::sync::{Mutex, MutexGuard, PoisonError};

use switchyard_core::admission::Progress;
use switchyard_core::machine::{Event, Machine, Phase};
use switchyard_core::{Demand, Timestamp, TransitionId};
use switchyard_store::CancelMode;
use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use tokio_util::sync::CancellationToken;

/// Orders to the runner of one task. They are only ever added, so that none can be missed: the runner looks at them whenever it is
/// told that something changed, and before it begins anything.
#[derive(Debug, Default)]
pub(in crate::engine) struct Slot {
    orders: Mutex<Orders>,
    changed: Notify,
    /// Cancelled when nothing more may be sent: what has not left yet does not.
    interrupt: CancellationToken,
}

#[derive(Debug, Default)]
struct Orders {
    /// The store has ended the task, or moved its requests.
    gone: bool,
    cancel: Option<CancelMode>,
    overtaken: Option<TransitionId>,
    hurried: bool,
    paused: bool,
    resumed_at: Option<Timestamp>,
    demands: Vec<Demand>,
}

/// What the runner is to do about its orders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) enum Order {
    /// The task has ended by another's hand; nothing is stored or sent for it.
    Gone,
    /// This is to be told to the machine.
    Tell(Event),
}

impl Slot {
    pub(super) fn new(demands: Vec<Demand>) -> Self {
        let slot = Self::default();
        slot.lock().demands = demands;
        slot
    }

    fn lock(&self) -> MutexGuard<'_, Orders> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends when something has changed since this was called.
    pub(in crate::engine) fn changed(&self) -> Notified<'_> {
        self.changed.notified()
    }

    pub(super) fn wake(&self) {
        self.changed.notify_one();
    }

    /// Cancelled once nothing more may be sent.
    pub(in crate::engine) fn interrupt(&self) -> &CancellationToken {
        &self.interrupt
    }

    /// Who wants what of the task now.
    pub(in crate::engine) fn demands(&self) -> Vec<Demand> {
        self.lock().demands.clone()
    }

    pub(super) fn joined(&self, demands: &[Demand]) {
        let mut orders = self.lock();
        let new = demands
            .iter()
            .filter(|demand| {
                !orders
                    .demands
                    .iter()
                    .any(|known| known.transition == demand.transition)
            })
            .copied()
            .collect::<Vec<_>>();
        orders.hurried |= new
            .iter()
            .any(|demand| demand.operation == switchyard_core::Operation::ForceOff);
        orders.demands.extend(new);
        drop(orders);
        self.wake();
    }

    pub(in crate::engine) fn left(&self, transition: TransitionId) {
        let mut orders = self.lock();
        let shared = !orders.demands.is_empty();
        orders.demands.retain(|demand| demand.transition != transition);
        if shared && orders.demands.is_empty() {
            // Whoever left last did not know that the others were leaving too: nobody wants the task any more.
            orders.cancel = Some(CancelMode::Now);
            self.interrupt.cancel();
            drop(orders);
            self.wake();
        }
    }

    pub(super) fn cancel(&self, mode: CancelMode) {
        let mut orders = self.lock();
        if mode == CancelMode::Now || orders.cancel.is_none() {
            orders.cancel = Some(mode);
        }
        drop(orders);
        if mode == CancelMode::Now {
            self.interrupt.cancel();
        }
        self.wake();
    }

    pub(super) fn overtake(&self, by: TransitionId) {
        self.lock().overtaken.get_or_insert(by);
        self.interrupt.cancel();
        self.wake();
    }

    pub(super) fn end(&self) {
        self.lock().gone = true;
        self.interrupt.cancel();
        self.wake();
    }

    pub(super) fn pause(&self, paused: bool) {
        self.lock().paused = paused;
        self.wake();
    }

    /// The task is in line again, with the whole time to start.
    pub(super) fn resume(&self, at: Option<Timestamp>) {
        let mut orders = self.lock();
        orders.paused = false;
        orders.resumed_at = at;
        drop(orders);
        self.wake();
    }

    /// When the task got in line again, if the runner has not been told.
    pub(in crate::engine) fn take_resumed(&self) -> Option<Timestamp> {
        self.lock().resumed_at.take()
    }

    /// Whether the runner has still to be told that the task is in line again.
    pub(in crate::engine) fn is_resumed(&self) -> bool {
        self.lock().resumed_at.is_some()
    }

    /// Whether the task is paused.
    pub(in crate::engine) fn is_paused(&self) -> bool {
        self.lock().paused
    }

    /// Why nothing more is to be sent, when the machine does not know it yet.
    pub(in crate::engine) fn stop(&self, machine: &Machine) -> Option<Event> {
        if machine.stop.is_some() {
            return None;
        }
        let orders = self.lock();
        let finishes = orders.cancel == Some(CancelMode::Finish) && machine.is_between_off_and_on();
        if orders.cancel.is_some() && !finishes {
            self.interrupt.cancel();
            return Some(Event::CancelAsked);
        }
        orders.overtaken.map(|by| Event::Overtaken { by })
    }

    /// The first order that the machine does not know of yet.
    pub(in crate::engine) fn order(&self, machine: &Machine) -> Option<Order> {
        if self.lock().gone {
            return Some(Order::Gone);
        }
        if let Some(stop) = self.stop(machine) {
            return Some(Order::Tell(stop));
        }
        let mut orders = self.lock();
        if std::mem::take(&mut orders.hurried) {
            return Some(Order::Tell(Event::Hurried));
        }
        let unsent = machine.phase != Phase::Queued && machine.progress(false) == Progress::Unsent;
        (orders.paused && unsent).then_some(Order::Tell(Event::Paused))
    }
}
