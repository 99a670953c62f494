//! Deliveries to webhooks and callbacks.

mod attempts;
mod follower;
mod queue;
mod rows;

use async_trait::async_trait;
use switchyard_core::{Timestamp, TransitionId};
use switchyard_store::{
    DeliveryAttempt, DeliveryFilter, DeliveryRecord, EventId, FollowerRecord, NewDelivery, Outbox,
    StoreError, Target,
};

pub(crate) use queue::keep_callback;

use crate::{SqliteStore, commit};

#[async_trait]
impl Outbox for SqliteStore {
    async fn follow(&self, followers: &[String], now: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        follower::follow(&mut tx, followers, now).await?;
        commit(tx).await
    }

    async fn followers(&self) -> Result<Vec<FollowerRecord>, StoreError> {
        follower::all(&mut *self.snapshot().await?, &self.log).await
    }

    async fn enqueue(
        &self,
        follower: &str,
        cursor: &EventId,
        deliveries: &[NewDelivery],
    ) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        queue::enqueue(&mut tx, &self.log, follower, cursor, deliveries).await?;
        commit(tx).await
    }

    async fn pending(&self, webhook: &str, limit: u32) -> Result<Vec<DeliveryRecord>, StoreError> {
        queue::pending(&mut *self.snapshot().await?, &self.log, webhook, limit).await
    }

    async fn due_callbacks(&self, now: Timestamp, limit: u32) -> Result<Vec<DeliveryRecord>, StoreError> {
        queue::due_callbacks(&mut *self.snapshot().await?, &self.log, now, limit).await
    }

    async fn record(&self, attempts: &[DeliveryAttempt]) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        attempts::record(&mut tx, attempts).await?;
        commit(tx).await
    }

    async fn give_up(&self, target: &Target, words: &str, now: Timestamp) -> Result<u64, StoreError> {
        let mut tx = self.write().await?;
        let number = attempts::give_up(&mut tx, target, words, now).await?;
        commit(tx).await?;
        Ok(number)
    }

    async fn disable(&self, follower: &str, now: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        follower::disable(&mut tx, follower, now).await?;
        commit(tx).await
    }

    async fn enable(
        &self,
        follower: &str,
        now: Timestamp,
        give_up_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut tx = self.write().await?;
        let known = follower::enable(&mut tx, follower, now, give_up_at).await?;
        commit(tx).await?;
        Ok(known)
    }

    async fn deliveries(
        &self,
        filter: &DeliveryFilter,
        limit: u32,
    ) -> Result<Vec<DeliveryRecord>, StoreError> {
        queue::list(&mut *self.snapshot().await?, &self.log, filter, limit).await
    }

    async fn callbacks_of(
        &self,
        transitions: &[TransitionId],
    ) -> Result<Vec<(TransitionId, String)>, StoreError> {
        queue::callbacks_of(&mut *self.snapshot().await?, transitions).await
    }

    async fn prune_deliveries(
        &self,
        ended_before: Timestamp,
        keep: u32,
        limit: u32,
    ) -> Result<u64, StoreError> {
        let mut tx = self.write().await?;
        let deleted = attempts::prune(&mut tx, ended_before, keep, limit).await?;
        commit(tx).await?;
        Ok(deleted)
    }
}
