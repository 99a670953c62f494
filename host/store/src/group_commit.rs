//! Group commit: one task above any engine that turns single changes into batches.
//!
//! While one batch is being committed the next one gathers; nothing waits when the store is idle. Changes are stored in the order in
//! which they were queued, so that what a caller queues later is never stored earlier.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::error::StoreError;
use crate::journal::{Applied, Change, Journal, Lease};

/// How much may wait, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Changes that wait for their batch; who comes with more waits.
    pub queue: usize,
    /// Changes in one transaction.
    pub batch: usize,
    /// How long a caller waits for a place in the queue.
    pub enqueue_within: Duration,
    /// Tries of one batch, the first included, while the engine fails in a way that trying again may mend.
    pub tries: u32,
    /// The wait before the second try; it doubles with each further one.
    pub backoff: Duration,
}

/// Changes that wait for their batch.
pub const QUEUE_MAX: usize = 8_192;
/// Changes in one transaction.
pub const BATCH_MAX: usize = 2_048;
/// How long a caller waits for a place in the queue.
pub const ENQUEUE_WITHIN: Duration = Duration::from_secs(30);
/// Tries of one batch.
pub const TRIES_MAX: u32 = 5;
/// The wait before the second try.
pub const BACKOFF_FIRST: Duration = Duration::from_millis(50);

impl Default for Limits {
    fn default() -> Self {
        Self {
            queue: QUEUE_MAX,
            batch: BATCH_MAX,
            enqueue_within: ENQUEUE_WITHIN,
            tries: TRIES_MAX,
            backoff: BACKOFF_FIRST,
        }
    }
}

/// What has been done so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Transactions that were committed.
    pub batches: u64,
    /// Changes that were stored.
    pub stored: u64,
    /// Changes that were refused because the lease is void.
    pub fenced: u64,
    /// Changes that could not be stored.
    pub failed: u64,
    /// Of the fenced and failed ones, those for which nobody waited.
    pub lost_behind: u64,
}

/// The handle of a group-commit task; clones are cheap and share it.
///
/// [`GroupCommit::stop`] ends the task after what is queued. When every handle is dropped it ends in the same way by itself.
#[derive(Clone)]
pub struct GroupCommit {
    queue: mpsc::Sender<Queued>,
    enqueue_within: Duration,
    totals: Arc<Counters>,
    stopping: CancellationToken,
    task: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl fmt::Debug for GroupCommit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GroupCommit")
            .field("free", &self.queue.capacity())
            .field("totals", &self.totals())
            .finish_non_exhaustive()
    }
}

type Answer = Result<Applied, StoreError>;

#[derive(Debug)]
struct Queued {
    change: Change,
    waiter: Option<oneshot::Sender<Answer>>,
}

impl GroupCommit {
    /// Starts the task that stores changes through `journal` under `lease`. Must be called in a Tokio runtime.
    pub fn start(journal: Arc<dyn Journal>, lease: Lease, limits: Limits) -> Self {
        let (queue, queued) = mpsc::channel(limits.queue.max(1));
        let totals = Arc::new(Counters::default());
        let stopping = CancellationToken::new();
        let committer = Committer {
            journal,
            lease,
            limits,
            totals: totals.clone(),
        };
        let task = tokio::spawn(committer.run(queued, stopping.clone()));
        Self {
            queue,
            enqueue_within: limits.enqueue_within,
            totals,
            stopping,
            task: Arc::new(Mutex::new(Some(task))),
        }
    }

    /// Stores a change and waits until it is durable, or is known not to be.
    ///
    /// Fails with [`StoreError::Overloaded`] when no place in the queue came free in time, with [`StoreError::Closed`] after
    /// [`stop`](Self::stop), with [`StoreError::Conflict`] when the change contradicts what is stored, and with
    /// [`StoreError::Engine`] when the engine failed as often as it was tried. A caller that is dropped meanwhile does not take the
    /// change back.
    pub async fn apply(&self, change: Change) -> Result<Applied, StoreError> {
        let (waiter, answer) = oneshot::channel();
        self.enqueue(Queued {
            change,
            waiter: Some(waiter),
        })
        .await?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Queues a change, before everything that is queued later, and does not wait until it is durable.
    ///
    /// Fails as [`apply`](Self::apply) does when the change cannot be queued. When it cannot be stored, that is logged and counted in
    /// [`Totals::lost_behind`].
    pub async fn apply_behind(&self, change: Change) -> Result<(), StoreError> {
        self.enqueue(Queued { change, waiter: None }).await
    }

    async fn enqueue(&self, queued: Queued) -> Result<(), StoreError> {
        if self.stopping.is_cancelled() {
            return Err(StoreError::Closed);
        }
        match tokio::time::timeout(self.enqueue_within, self.queue.send(queued)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(StoreError::Closed),
            Err(_) => Err(StoreError::Overloaded),
        }
    }

    /// What has been done so far.
    pub fn totals(&self) -> Totals {
        self.totals.read()
    }

    /// How many changes wait for their batch.
    pub fn waiting(&self) -> usize {
        self.queue.max_capacity().saturating_sub(self.queue.capacity())
    }

    /// Takes no further change, stores what is queued and ends the task. Other handles fail with [`StoreError::Closed`] from then on.
    pub async fn stop(self) {
        self.stopping.cancel();
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task
            && let Err(error) = task.await
        {
            tracing::error!(%error, "the group-commit task did not end by itself");
        }
    }
}

#[derive(Debug, Default)]
struct Counters {
    batches: AtomicU64,
    stored: AtomicU64,
    fenced: AtomicU64,
    failed: AtomicU64,
    lost_behind: AtomicU64,
}

impl Counters {
    fn read(&self) -> Totals {
        Totals {
            batches: self.batches.load(Ordering::Relaxed),
            stored: self.stored.load(Ordering::Relaxed),
            fenced: self.fenced.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
            lost_behind: self.lost_behind.load(Ordering::Relaxed),
        }
    }
}

struct Committer {
    journal: Arc<dyn Journal>,
    lease: Lease,
    limits: Limits,
    totals: Arc<Counters>,
}

impl Committer {
    async fn run(self, mut queue: mpsc::Receiver<Queued>, stopping: CancellationToken) {
        let most = self.limits.batch.max(1);
        let mut gathered = Vec::new();
        loop {
            let taken = tokio::select! {
                () = stopping.cancelled(), if !queue.is_closed() => {
                    queue.close();
                    continue;
                }
                taken = queue.recv_many(&mut gathered, most) => taken,
            };
            if taken == 0 {
                return;
            }
            let (changes, waiters) = gathered
                .drain(..)
                .map(|queued| (queued.change, queued.waiter))
                .unzip();
            self.store(changes, waiters).await;
        }
    }

    /// Stores a batch. When one of its changes contradicts what is stored, the batch is halved until that change stands alone, so that
    /// it fails nobody else.
    async fn store(&self, changes: Vec<Change>, waiters: Vec<Option<oneshot::Sender<Answer>>>) {
        let mut parts = VecDeque::from([(changes, waiters)]);
        while let Some((mut changes, mut waiters)) = parts.pop_front() {
            match self.commit(&changes).await {
                Ok(applied) => self.answer(applied, waiters),
                Err(StoreError::Conflict { .. }) if changes.len() > 1 => {
                    let half = changes.len() / 2;
                    let later = (changes.split_off(half), waiters.split_off(half));
                    parts.push_front(later);
                    parts.push_front((changes, waiters));
                }
                Err(error) => self.fail(error, waiters),
            }
        }
    }

    /// Commits a batch, and tries again a bounded number of times when the engine failed.
    async fn commit(&self, changes: &[Change]) -> Result<Vec<Applied>, StoreError> {
        let mut backoff = self.limits.backoff;
        let mut tries = 1;
        loop {
            match self.journal.apply(&self.lease, changes).await {
                Err(error) if error.is_transient() && tries < self.limits.tries => {
                    tracing::warn!(error = %Chain(&error), tries, "a batch could not be stored and is tried again");
                    tokio::time::sleep(backoff).await;
                    backoff = backoff.saturating_mul(2);
                    tries += 1;
                }
                result => return result,
            }
        }
    }

    fn answer(&self, applied: Vec<Applied>, waiters: Vec<Option<oneshot::Sender<Answer>>>) {
        let totals = &self.totals;
        totals.batches.fetch_add(1, Ordering::Relaxed);
        let mut lost = 0_u64;
        for (applied, waiter) in applied.into_iter().zip(waiters) {
            let counter = match applied {
                Applied::Stored => &totals.stored,
                Applied::Fenced => &totals.fenced,
            };
            counter.fetch_add(1, Ordering::Relaxed);
            match waiter {
                // A caller that has gone does not want the answer.
                Some(waiter) => drop(waiter.send(Ok(applied))),
                None if applied == Applied::Fenced => lost += 1,
                None => {}
            }
        }
        if lost > 0 {
            totals.lost_behind.fetch_add(lost, Ordering::Relaxed);
            tracing::error!(
                changes = lost,
                "changes were not stored, because the lease is void"
            );
        }
    }

    fn fail(&self, error: StoreError, waiters: Vec<Option<oneshot::Sender<Answer>>>) {
        tracing::error!(error = %Chain(&error), changes = waiters.len(), "changes could not be stored");
        let shared = Shared::of(error);
        let failed = u64::try_from(waiters.len()).unwrap_or(u64::MAX);
        self.totals.failed.fetch_add(failed, Ordering::Relaxed);
        for waiter in waiters {
            match waiter {
                // A caller that has gone does not want the answer.
                Some(waiter) => drop(waiter.send(Err(shared.error()))),
                None => {
                    self.totals.lost_behind.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
    }
}

/// One error for all the callers whose changes were in a batch.
enum Shared {
    Conflict(Arc<StoreError>),
    Closed,
    Overloaded,
    Other(Arc<StoreError>),
}

impl Shared {
    fn of(error: StoreError) -> Self {
        match error {
            StoreError::Closed => Self::Closed,
            StoreError::Overloaded => Self::Overloaded,
            error @ StoreError::Conflict { .. } => Self::Conflict(Arc::new(error)),
            error => Self::Other(Arc::new(error)),
        }
    }

    fn error(&self) -> StoreError {
        const STEP: &str = "store a batch of changes";
        match self {
            Self::Closed => StoreError::Closed,
            Self::Overloaded => StoreError::Overloaded,
            Self::Conflict(error) => StoreError::Conflict {
                step: STEP,
                source: Box::new(error.clone()),
            },
            Self::Other(error) => StoreError::Engine {
                step: STEP,
                source: Box::new(error.clone()),
            },
        }
    }
}

/// An error with all its sources, for the log.
struct Chain<'a>(&'a StoreError);

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut source = std::error::Error::source(self.0);
        while let Some(error) = source {
            write!(f, ": {error}")?;
            source = error.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
