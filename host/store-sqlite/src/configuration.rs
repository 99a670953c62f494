//! The configuration lane: its requests and tasks, in tables of their own.

mod cancel;
mod counts;
mod ending;
mod moved;
mod prune;
mod read;
mod row;
mod submit;

use async_trait::async_trait;
use switchyard_core::{ConfigurationId, TaskId};
use switchyard_store::{
    ConfigurationAnswer, ConfigurationCancel, ConfigurationCancelled, ConfigurationCounts,
    ConfigurationFilter, ConfigurationMember, ConfigurationRecord, ConfigurationTask, ConfigurationView,
    Configurations, NewConfiguration, OpenConfigurationTask, StoreError,
};

use crate::{SqliteStore, commit};

pub(crate) use moved::{Moves, apply};
pub(crate) use prune::{prune, retire};

#[async_trait]
impl Configurations for SqliteStore {
    async fn submit_configuration(
        &self,
        request: NewConfiguration,
    ) -> Result<ConfigurationAnswer, StoreError> {
        let mut tx = self.write().await?;
        let answer = submit::submit(&mut tx, request).await?;
        if matches!(answer, ConfigurationAnswer::Accepted(_)) {
            commit(tx).await?;
        }
        Ok(answer)
    }

    async fn preview_configuration(
        &self,
        request: NewConfiguration,
    ) -> Result<Vec<ConfigurationMember>, StoreError> {
        submit::preview(&mut *self.snapshot().await?, request).await
    }

    async fn cancel_configuration(
        &self,
        ask: ConfigurationCancel,
    ) -> Result<ConfigurationCancelled, StoreError> {
        let mut tx = self.write().await?;
        let answer = cancel::ask(&mut tx, &ask).await?;
        commit(tx).await?;
        Ok(answer)
    }

    async fn configuration(&self, id: ConfigurationId) -> Result<Option<ConfigurationView>, StoreError> {
        read::configuration(&mut *self.snapshot().await?, id).await
    }

    async fn configurations(
        &self,
        filter: &ConfigurationFilter,
        limit: u32,
    ) -> Result<Vec<(ConfigurationRecord, ConfigurationCounts)>, StoreError> {
        read::list(&mut *self.snapshot().await?, filter, limit).await
    }

    async fn configuration_task(&self, id: TaskId) -> Result<Option<ConfigurationTask>, StoreError> {
        read::task(&mut *self.snapshot().await?, id).await
    }

    async fn open_configuration_tasks(
        &self,
        after: i64,
        limit: u32,
    ) -> Result<Vec<OpenConfigurationTask>, StoreError> {
        read::open_tasks(&mut *self.snapshot().await?, after, limit).await
    }
}
