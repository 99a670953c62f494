//! The default engine: one SQLite file with one writer.
//!
//! The file is in WAL mode with `synchronous=FULL`: what a method has acknowledged survives a kill and a loss of power. One
//! connection writes (`BEGIN IMMEDIATE`), a few others only read. A lock on `<file>.lock` is held as long as the store lives, so that
//! a second process on the same file is refused. Every write is set-based: a batch of thousands of changes is a handful of statements.

mod aftermath;
mod apply;
mod audit;
mod backup;
mod breakdown;
mod cancel;
mod configuration;
mod counts;
mod demands;
mod departure;
mod dependency;
mod encoding;
mod ending;
mod endpoint;
mod error;
mod event;
mod hold;
mod idempotency;
mod inventory;
mod lease;
mod list;
mod lock;
mod moved;
mod open;
mod outbox;
mod pause;
mod place;
mod plan;
mod prune;
mod read;
mod reservation;
mod retire;
mod row;
mod situation;
mod strike;
mod submit;
mod token;
mod uncertain;

use std::collections::HashMap;
use std::fs::File;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use async_trait::async_trait;
use sqlx::{Sqlite, SqliteConnection, SqlitePool, Transaction};
use switchyard_core::{ComponentId, ControllerId, TaskId, Timestamp, TransitionId};
use switchyard_store::{
    Applied, AttemptRecord, AuditFilter, AuditRecord, Breakdown, CancelAnswer, CancelAsk, Change,
    ClaimAnswer, ComponentRecord, ControllerRecord, Counts, DependencyRecord, EventId, EventPage, HoldId,
    HoldRecord, Journal, KeptAnswer, Key, KeyClaim, Lease, LimitedTransition, MemberRecord, NewAudit,
    OpenTask, Paused, PlanId, PlanRecord, ReservationRecord, ReservationStore, Store, StoreError,
    StrikeAnswer, Submission, SubmitAnswer, TaskRecord, TransitionFilter, TransitionRecord, TransitionView,
};
use tokio::sync::watch;
use uuid::Uuid;

use crate::error::failed;
use crate::event::Log;

pub use backup::{BackupContents, BackupFile, Restoring};

/// A store in one SQLite file. Clones share the connections and the lock.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    writer: SqlitePool,
    readers: SqlitePool,
    log: Arc<Log>,
    /// Held for its lock alone; dropping the last clone releases it.
    _lock: Arc<File>,
}

impl SqliteStore {
    /// Closes the connections after what they are doing, with a last checkpoint, and releases the lock. Calls made afterwards fail
    /// with [`StoreError::Closed`].
    pub async fn close(self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    async fn write(&self) -> Result<Write, StoreError> {
        let tx = self
            .writer
            .begin_with("BEGIN IMMEDIATE")
            .await
            .map_err(failed("begin a write"))?;
        Ok(Write {
            tx,
            log: Arc::clone(&self.log),
        })
    }

    async fn snapshot(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        self.readers.begin().await.map_err(failed("begin a read"))
    }
}

/// A transaction that writes. Those who read the event log hear of its commit.
struct Write {
    tx: Transaction<'static, Sqlite>,
    log: Arc<Log>,
}

impl Deref for Write {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.tx
    }
}

impl DerefMut for Write {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.tx
    }
}

async fn commit(mut write: Write) -> Result<(), StoreError> {
    let last = event::last(&mut write).await?;
    write.tx.commit().await.map_err(failed("commit"))?;
    write.log.tell(last);
    Ok(())
}

#[async_trait]
impl Store for SqliteStore {
    async fn submit(&self, submission: Submission) -> Result<SubmitAnswer, StoreError> {
        let mut tx = self.write().await?;
        let answer = submit::submit(&mut tx, submission).await?;
        if matches!(answer, SubmitAnswer::Accepted(_)) {
            commit(tx).await?;
        }
        Ok(answer)
    }

    async fn preview(&self, submission: Submission) -> Result<Vec<MemberRecord>, StoreError> {
        submit::preview(&mut *self.snapshot().await?, submission).await
    }

    async fn ask_to_cancel(&self, ask: CancelAsk) -> Result<CancelAnswer, StoreError> {
        let mut tx = self.write().await?;
        let answer = cancel::ask(&mut tx, &ask).await?;
        commit(tx).await?;
        Ok(answer)
    }

    async fn limited_transitions(&self) -> Result<Vec<LimitedTransition>, StoreError> {
        strike::limited(&mut *self.snapshot().await?).await
    }

    async fn strike(&self, id: TransitionId, at: Timestamp) -> Result<StrikeAnswer, StoreError> {
        let mut tx = self.write().await?;
        let answer = strike::strike(&mut tx, id, at).await?;
        if matches!(answer, StrikeAnswer::Struck { .. }) {
            commit(tx).await?;
        }
        Ok(answer)
    }

    async fn pause(
        &self,
        tasks: &[TaskId],
        paused: bool,
        at: Timestamp,
        audit: Option<NewAudit>,
    ) -> Result<Vec<Paused>, StoreError> {
        let mut tx = self.write().await?;
        let answers = pause::pause(&mut tx, tasks, paused, at).await?;
        audit::append(&mut tx, audit.as_ref()).await?;
        commit(tx).await?;
        Ok(answers)
    }

    async fn place_hold(&self, hold: HoldRecord, audit: Option<NewAudit>) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        hold::place(&mut tx, &hold).await?;
        audit::append(&mut tx, audit.as_ref()).await?;
        commit(tx).await
    }

    async fn release_hold(
        &self,
        id: HoldId,
        by: &str,
        at: Timestamp,
        audit: Option<NewAudit>,
    ) -> Result<Option<HoldRecord>, StoreError> {
        let mut tx = self.write().await?;
        let released = hold::release(&mut tx, id, by, at).await?;
        if released.is_some() {
            audit::append(&mut tx, audit.as_ref()).await?;
            commit(tx).await?;
        }
        Ok(released)
    }

    async fn holds(&self, now: Timestamp) -> Result<Vec<HoldRecord>, StoreError> {
        hold::holding(&mut *self.snapshot().await?, now).await
    }

    async fn resolve(
        &self,
        components: &[ComponentId],
        done: bool,
        at: Timestamp,
        audit: Option<NewAudit>,
    ) -> Result<Vec<ComponentId>, StoreError> {
        let mut tx = self.write().await?;
        let resolved = uncertain::resolve(&mut tx, components, done, at).await?;
        audit::append(&mut tx, audit.as_ref()).await?;
        commit(tx).await?;
        Ok(resolved)
    }

    async fn audit(&self, entry: NewAudit) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        audit::append(&mut tx, Some(&entry)).await?;
        commit(tx).await
    }

    async fn audits(&self, filter: &AuditFilter, limit: u32) -> Result<Vec<AuditRecord>, StoreError> {
        audit::read(&mut *self.snapshot().await?, filter, limit).await
    }

    async fn keep_plan(&self, plan: PlanRecord) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        plan::keep(&mut tx, &plan).await?;
        commit(tx).await
    }

    async fn plan(&self, id: PlanId) -> Result<Option<PlanRecord>, StoreError> {
        plan::read(&mut *self.snapshot().await?, id).await
    }

    async fn transition(&self, id: TransitionId) -> Result<Option<TransitionView>, StoreError> {
        read::transition(&mut *self.snapshot().await?, id).await
    }

    async fn transitions(
        &self,
        filter: &TransitionFilter,
        limit: u32,
    ) -> Result<Vec<(TransitionRecord, Counts)>, StoreError> {
        list::transitions(&mut *self.snapshot().await?, filter, limit).await
    }

    async fn breakdowns(&self, ids: &[TransitionId]) -> Result<HashMap<TransitionId, Breakdown>, StoreError> {
        breakdown::of(&mut *self.snapshot().await?, ids).await
    }

    async fn requests_of(&self, task: TaskId) -> Result<Vec<TransitionRecord>, StoreError> {
        read::requests_of(&mut *self.snapshot().await?, task).await
    }

    async fn task(&self, id: TaskId) -> Result<Option<(TaskRecord, Vec<AttemptRecord>)>, StoreError> {
        read::task(&mut *self.snapshot().await?, id).await
    }

    async fn line(&self, component: &ComponentId) -> Result<Vec<OpenTask>, StoreError> {
        read::line(&mut *self.snapshot().await?, component).await
    }

    async fn component(&self, id: &ComponentId) -> Result<Option<ComponentRecord>, StoreError> {
        inventory::component(&mut *self.snapshot().await?, id).await
    }

    async fn components(&self) -> Result<Vec<ComponentRecord>, StoreError> {
        inventory::components(&mut *self.snapshot().await?).await
    }

    async fn failed_components(&self) -> Result<Vec<ComponentId>, StoreError> {
        inventory::failed_last(&mut *self.snapshot().await?).await
    }

    async fn controllers(&self) -> Result<Vec<ControllerRecord>, StoreError> {
        endpoint::controllers(&mut *self.snapshot().await?).await
    }

    async fn events_after(&self, after: Option<&EventId>, limit: u32) -> Result<EventPage, StoreError> {
        event::after(&mut *self.snapshot().await?, &self.log, after, limit).await
    }

    async fn transition_start(&self, id: TransitionId) -> Result<Option<EventId>, StoreError> {
        event::start_of(&mut *self.snapshot().await?, &self.log, id).await
    }

    fn event_hint(&self) -> watch::Receiver<EventId> {
        self.log.hint()
    }

    async fn claim_key(&self, claim: &KeyClaim) -> Result<ClaimAnswer, StoreError> {
        let mut tx = self.write().await?;
        let answer = idempotency::claim(&mut tx, claim).await?;
        commit(tx).await?;
        Ok(answer)
    }

    async fn keep_answer(
        &self,
        reservation: Uuid,
        answer: &KeptAnswer,
        expires_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut tx = self.write().await?;
        let kept = idempotency::keep(&mut tx, reservation, answer, expires_at).await?;
        commit(tx).await?;
        Ok(kept)
    }

    async fn expire_keys(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let mut tx = self.write().await?;
        let deleted = idempotency::expire(&mut tx, now, limit).await?;
        commit(tx).await?;
        Ok(deleted)
    }

    async fn ping(&self) -> Result<(), StoreError> {
        read::ping(&mut *self.snapshot().await?).await
    }

    async fn ping_writer(&self) -> Result<(), StoreError> {
        self.write()
            .await?
            .tx
            .rollback()
            .await
            .map_err(failed("end a write"))
    }
}

#[async_trait]
impl ReservationStore for SqliteStore {
    async fn keep_reservations(
        &self,
        lease: &Lease,
        records: &[ReservationRecord],
    ) -> Result<Applied, StoreError> {
        let mut tx = self.write().await?;
        if !lease::holds(&mut tx, lease).await? {
            return Ok(Applied::Fenced);
        }
        reservation::keep(&mut tx, records).await?;
        commit(tx).await?;
        Ok(Applied::Stored)
    }

    async fn forget_reservations(
        &self,
        lease: &Lease,
        components: &[ComponentId],
    ) -> Result<Applied, StoreError> {
        let mut tx = self.write().await?;
        if !lease::holds(&mut tx, lease).await? {
            return Ok(Applied::Fenced);
        }
        reservation::forget(&mut tx, components).await?;
        commit(tx).await?;
        Ok(Applied::Stored)
    }

    async fn reservations(&self) -> Result<Vec<ReservationRecord>, StoreError> {
        reservation::all(&mut *self.snapshot().await?).await
    }

    async fn deputy_keys(&self, tasks: &[TaskId]) -> Result<Vec<(TaskId, Key)>, StoreError> {
        reservation::keys_of(&mut *self.snapshot().await?, tasks).await
    }
}

#[async_trait]
impl Journal for SqliteStore {
    async fn begin(&self, replica: &str, now: Timestamp) -> Result<Lease, StoreError> {
        let mut tx = self.write().await?;
        let lease = lease::begin(&mut tx, replica, now).await?;
        commit(tx).await?;
        Ok(lease)
    }

    async fn sync_inventory(
        &self,
        lease: &Lease,
        controllers: &[ControllerId],
        components: &[(ComponentId, ControllerId)],
    ) -> Result<Applied, StoreError> {
        let mut tx = self.write().await?;
        if !lease::holds(&mut tx, lease).await? {
            return Ok(Applied::Fenced);
        }
        inventory::sync(&mut tx, controllers, components).await?;
        commit(tx).await?;
        Ok(Applied::Stored)
    }

    async fn claim(
        &self,
        lease: &Lease,
        controllers: &[ControllerId],
    ) -> Result<Vec<ControllerId>, StoreError> {
        let mut tx = self.write().await?;
        if !lease::holds(&mut tx, lease).await? {
            return Ok(Vec::new());
        }
        let owned = lease::claim(&mut tx, lease, controllers).await?;
        commit(tx).await?;
        Ok(owned)
    }

    async fn open_tasks(&self, after: i64, limit: u32) -> Result<Vec<OpenTask>, StoreError> {
        read::open_tasks(&mut *self.snapshot().await?, after, limit).await
    }

    async fn dependencies(&self, of: Option<TransitionId>) -> Result<Vec<DependencyRecord>, StoreError> {
        dependency::read(&mut *self.snapshot().await?, of).await
    }

    async fn apply(&self, lease: &Lease, changes: &[Change]) -> Result<Vec<Applied>, StoreError> {
        let mut tx = self.write().await?;
        if !lease::holds(&mut tx, lease).await? {
            return Ok(vec![Applied::Fenced; changes.len()]);
        }
        apply::apply(&mut tx, changes).await?;
        commit(tx).await?;
        Ok(vec![Applied::Stored; changes.len()])
    }

    async fn prune(
        &self,
        lease: &Lease,
        ended_before: Timestamp,
        events_before: Timestamp,
        limit: u32,
    ) -> Result<u64, StoreError> {
        let mut tx = self.write().await?;
        if !lease::holds(&mut tx, lease).await? {
            return Ok(0);
        }
        let deleted = prune::prune(&mut tx, ended_before, events_before, limit).await?;
        commit(tx).await?;
        Ok(deleted)
    }

    async fn retire(&self, lease: &Lease, now: Timestamp, keep: u32, limit: u32) -> Result<u64, StoreError> {
        let mut tx = self.write().await?;
        if !lease::holds(&mut tx, lease).await? {
            return Ok(0);
        }
        let retired = retire::transitions(&mut tx, now, keep, limit).await?;
        let configurations = configuration::retire(&mut tx, now, keep, limit).await?;
        commit(tx).await?;
        Ok(retired.saturating_add(configurations))
    }

    async fn prune_oversight(
        &self,
        lease: &Lease,
        now: Timestamp,
        audits_before: Timestamp,
        limit: u32,
    ) -> Result<u64, StoreError> {
        let mut tx = self.write().await?;
        if !lease::holds(&mut tx, lease).await? {
            return Ok(0);
        }
        let deleted = prune::prune_oversight(&mut tx, now, audits_before, limit).await?;
        commit(tx).await?;
        Ok(deleted)
    }
}
