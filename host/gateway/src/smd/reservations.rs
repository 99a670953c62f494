//! Reservations in SMD: nothing is sent to a component that somebody else works on.
//!
//! One owned task (the module `keeper`) makes every call, so that acquiring, renewing and giving back one component can never overtake each
//! other. What tasks ask for within a few milliseconds goes into one call. The lock on what is known is held for moments only.

mod calls;
mod keeper;
mod message;
mod serve;
mod table;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use switchyard_core::reservation::{Reason, Refusal};
use switchyard_core::{Cause, ComponentId, Failure, Reservation, TaskId};
use switchyard_store::{Lease, ReservationStore, StoreError};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Client;
use crate::clock::Clock;
use crate::engine::{Granted, Released, ReservationLook, Reservations};

use keeper::Keeper;
use table::Table;

/// For how long SMD reserves, in minutes: its least.
const TERM_MINUTES: u32 = 1;
/// The same as a time.
const TERM: Duration = Duration::from_mins(1);
/// A reservation is renewed when less is left of it.
const RENEW_WHEN_LEFT: Duration = Duration::from_secs(30);
/// The time between two looks at what is to be renewed or given back.
const TICK: Duration = Duration::from_secs(5);
/// How long tasks are collected before SMD is asked for all of them.
const GATHER: Duration = Duration::from_millis(20);
/// The most components in one call.
const IDS_MAX: usize = 1_000;
/// How long one call may take. One that was cut off may have been done.
const CALL_WITHIN: Duration = Duration::from_secs(10);
/// How long the end of a task waits until its reservation is given back: for the call that is under way and for its own.
const RELEASE_WITHIN: Duration = Duration::from_millis(20_100);
/// The same while SMD is known to be away.
const RELEASE_WITHIN_AWAY: Duration = Duration::from_secs(3);
/// The longest time that SMD keeps a reservation which has expired: it cleans up every 30 s, and a little comes on top.
const CLEAN_UP: Duration = Duration::from_secs(45);
/// The orders that wait for the keeper.
const ORDERS_MAX: usize = 4_096;
/// For how long the last refusal of a component is shown.
const REFUSAL_SHOWN: Duration = Duration::from_mins(10);

/// Whether SMD has a component.
pub type Knows = Arc<dyn Fn(&ComponentId) -> bool + Send + Sync>;
/// Whether SMD is known to be away.
pub type IsAway = Arc<dyn Fn() -> bool + Send + Sync>;

/// Why SMD would not reserve a component, by its last reading.
pub type Locked = Arc<dyn Fn(&ComponentId) -> Option<Reason> + Send + Sync>;

/// What reservations are made of.
pub struct Parts {
    /// The way to SMD.
    pub client: Client,
    /// Where they are kept.
    pub store: Arc<dyn ReservationStore>,
    /// The lease under which this process works.
    pub lease: Lease,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Whether SMD has a component: others are not asked for.
    pub knows: Knows,
    /// Whether SMD is known to be away: then less is waited for.
    pub is_away: IsAway,
    /// Whether SMD has locked it.
    pub locked: Locked,
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parts").finish_non_exhaustive()
    }
}

/// The reservations of this service. Clones share them.
#[derive(Clone)]
pub struct SmdReservations {
    table: Arc<Mutex<Table>>,
    orders: mpsc::Sender<Order>,
    clock: Arc<dyn Clock>,
    knows: Knows,
    is_away: IsAway,
    locked: Locked,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl std::fmt::Debug for SmdReservations {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SmdReservations")
    }
}

/// What the keeper is asked to do.
enum Order {
    /// Acquire a component for a task, or make sure of it.
    Ask(Ask),
    /// A task no longer uses its component, as the table says already.
    Leave(Leave),
    /// To look what is to be done.
    Look,
}

struct Ask {
    component: ComponentId,
    task: TaskId,
    answer: oneshot::Sender<Result<Granted, Refusal>>,
}

struct Leave {
    component: ComponentId,
    answer: oneshot::Sender<Released>,
}

fn lock(table: &Mutex<Table>) -> MutexGuard<'_, Table> {
    table.lock().unwrap_or_else(PoisonError::into_inner)
}

impl SmdReservations {
    /// Takes over what is stored, and starts the keeper. Nothing is sent before [`Reservations::settle`].
    pub async fn start(parts: Parts) -> Result<Self, StoreError> {
        let records = parts.store.reservations().await?;
        let table = Arc::new(Mutex::new(Table::of(records)));
        let (orders, received) = mpsc::channel(ORDERS_MAX);
        let this = Self {
            table: Arc::clone(&table),
            orders,
            clock: Arc::clone(&parts.clock),
            knows: Arc::clone(&parts.knows),
            is_away: Arc::clone(&parts.is_away),
            locked: Arc::clone(&parts.locked),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        };
        let keeper = Keeper::new(parts, table, received);
        this.tasks.spawn(keeper.run(this.stop.clone()));
        Ok(this)
    }

    /// Stops: no more is renewed or given back. To be called when the engine has stopped.
    pub async fn stop(&self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

#[async_trait]
impl Reservations for SmdReservations {
    fn standing(&self, component: &ComponentId, task: TaskId) -> Reservation {
        if !(self.knows)(component) {
            return Reservation::NotNeeded;
        }
        lock(&self.table).standing(component, task, self.clock.now())
    }

    async fn reserve(&self, component: &ComponentId, task: TaskId) -> Result<Granted, Refusal> {
        let (answer, answered) = oneshot::channel();
        let ask = Ask {
            component: component.clone(),
            task,
            answer,
        };
        // Noted here, so that whoever gives up waiting can leave what it never learnt of.
        lock(&self.table).join(component, task);
        let stopping = || Refusal::Later(Failure::new(Cause::Smd, "The service is stopping."));
        if self.orders.send(Order::Ask(ask)).await.is_err() {
            return Err(stopping());
        }
        answered.await.unwrap_or_else(|_| Err(stopping()))
    }

    fn resume(&self, component: &ComponentId, task: TaskId) {
        if (self.knows)(component) {
            lock(&self.table).resume(component, task);
        }
    }

    fn settle(&self) {
        lock(&self.table).settled = true;
        // Where the queue is full the keeper looks soon by itself.
        drop(self.orders.try_send(Order::Look));
    }

    async fn release(&self, component: &ComponentId, task: TaskId) -> Released {
        // Noted here, so that it is given back also when nobody waits until the order is taken.
        if !lock(&self.table).leave(component, task) {
            return Released::Nothing;
        }
        let (answer, answered) = oneshot::channel();
        let leave = Leave {
            component: component.clone(),
            answer,
        };
        let released = async {
            self.orders.send(Order::Leave(leave)).await.ok()?;
            answered.await.ok()
        };
        let within = if (self.is_away)() {
            RELEASE_WITHIN_AWAY
        } else {
            RELEASE_WITHIN
        };
        let released = tokio::time::timeout(within, released).await;
        released.ok().flatten().unwrap_or(Released::LeftToExpire)
    }

    fn look(&self, component: &ComponentId) -> ReservationLook {
        ReservationLook {
            standing: (self.locked)(component),
            ..lock(&self.table).look(component, self.clock.now())
        }
    }
}

#[cfg(test)]
mod tests;
