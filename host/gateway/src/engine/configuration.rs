//! The configuration lane: limits, boot and indicator are set, and limits read, by durable tasks of their own.
//!
//! As for power, a request is durable before it is acknowledged, each task is driven by an owned background task, and after a crash every
//! unfinished task goes on from a fresh reading. The lane has lines of its own, one for each track of a component, and shares with power
//! what guards the BMCs: slots, pace, breakers, and the number of tasks that move at once.

mod reading;
mod request;
mod runner;
mod track;

use std::sync::Arc;

use switchyard_core::ComponentId;
use switchyard_store::{
    ConfigurationAccepted, ConfigurationAnswer, ConfigurationCancel, ConfigurationCancelled,
    ConfigurationMember, OpenConfigurationTask, StoreError,
};

use super::{Engine, Inner, SubmitError};
use crate::telemetry::metrics;

pub use request::{ConfigurationRequest, Wish};

use track::{Slot, Tracks};

/// Tasks read from the table at once.
const PAGE: u32 = 2_000;

/// What the engine keeps of the lane.
#[derive(Debug, Default)]
pub(super) struct Lane {
    tracks: Tracks,
    /// Held from the store's answer to a submission until its tasks are in line, so that lines have the order of the table.
    submitting: tokio::sync::Mutex<()>,
}

impl Lane {
    /// Lets waiting tasks look again at what keeps them.
    pub(super) fn wake(&self, components: &[ComponentId]) {
        self.tracks.wake(components);
    }

    /// Lets everybody who waits look again.
    pub(super) fn wake_all(&self) {
        self.tracks.wake_all();
    }
}

impl Engine {
    /// Accepts a request, or refuses it as a whole when it wants all or none. It is durable when this returns, and goes on even when
    /// the caller is gone.
    pub async fn configure(&self, request: ConfigurationRequest) -> Result<ConfigurationAnswer, SubmitError> {
        self.check_wishes(&request)?;
        let inner = Arc::clone(&self.inner);
        let owned = self
            .inner
            .tasks
            .spawn(async move { accept(&inner, request).await });
        owned.await.unwrap_or(Err(SubmitError::Stopping))
    }

    /// What [`configure`](Self::configure) would do now, without doing it.
    pub async fn preview_configuration(
        &self,
        request: ConfigurationRequest,
    ) -> Result<Vec<ConfigurationMember>, SubmitError> {
        self.check_wishes(&request)?;
        let new = request::resolve(&self.inner, request, self.inner.clock.now());
        Ok(self.inner.store.preview_configuration(new).await?)
    }

    /// Asks to cancel a request. Nothing more is sent for what ends by it once this has returned, save what is already being sent.
    pub async fn cancel_configuration(
        &self,
        ask: ConfigurationCancel,
    ) -> Result<ConfigurationCancelled, StoreError> {
        let inner = Arc::clone(&self.inner);
        let owned = self.inner.tasks.spawn(async move { cancel(&inner, ask).await });
        owned.await.unwrap_or(Err(StoreError::Closed))
    }

    fn check_wishes(&self, request: &ConfigurationRequest) -> Result<(), SubmitError> {
        if self.inner.stop.is_cancelled() {
            return Err(SubmitError::Stopping);
        }
        if request.wishes.len() > super::NAMES_MAX {
            return Err(SubmitError::TooMany(request.wishes.len()));
        }
        Ok(())
    }
}

async fn accept(
    inner: &Arc<Inner>,
    request: ConfigurationRequest,
) -> Result<ConfigurationAnswer, SubmitError> {
    let (id, repeated) = (request.id, request.repeated);
    let new = request::resolve(inner, request, inner.clock.now());
    let submitting = inner.configuration.submitting.lock().await;
    let stored = async || inner.store.configuration(id).await;
    if repeated && let Some(before) = stored().await? {
        return Ok(ConfigurationAnswer::Accepted(Box::new(before.into())));
    }
    check_backlog(inner)?;
    let accepted = match inner.store.submit_configuration(new).await {
        Ok(ConfigurationAnswer::Accepted(accepted)) => accepted,
        Ok(refused @ ConfigurationAnswer::Refused(_)) => return Ok(refused),
        // An id is used once only: a first try may have been stored all the same.
        Err(conflict @ StoreError::Conflict { .. }) => {
            let before = stored().await?.ok_or(conflict)?;
            return Ok(ConfigurationAnswer::Accepted(Box::new(before.into())));
        }
        Err(error) => return Err(error.into()),
    };
    line_up(inner, &accepted);
    drop(submitting);
    Ok(ConfigurationAnswer::Accepted(accepted))
}

fn line_up(inner: &Arc<Inner>, accepted: &ConfigurationAccepted) {
    let configuration = &accepted.configuration;
    tracing::info!(
        configuration = %configuration.id,
        track = %configuration.track,
        components = accepted.members.len(),
        tasks = accepted.tasks.len(),
        joined = accepted.joined.len(),
        ended = accepted.ended.len(),
        by = configuration.requested_by,
        request_id = configuration.request_id,
        "configuration accepted"
    );
    metrics::settings_accepted(configuration.track, accepted.tasks.len());
    let tracks = &inner.configuration.tracks;
    for task in &accepted.ended {
        tracks.end(&task.component, configuration.track, task.id);
    }
    for (task, component) in &accepted.joined {
        tracks.share(component, configuration.track, *task, &configuration.requested_by);
    }
    for task in &accepted.tasks {
        let open = OpenConfigurationTask {
            record: task.clone(),
            callers: vec![configuration.requested_by.clone()],
        };
        run(inner, open, Some(&configuration.request_id));
    }
}

/// Refuses what would add to too many open tasks.
fn check_backlog(inner: &Inner) -> Result<(), SubmitError> {
    let (open, limit) = (inner.configuration.tracks.open(), inner.settings().open_tasks_max);
    if open >= limit {
        return Err(SubmitError::Overloaded { open, limit });
    }
    Ok(())
}

async fn cancel(inner: &Arc<Inner>, ask: ConfigurationCancel) -> Result<ConfigurationCancelled, StoreError> {
    let _order = inner.configuration.submitting.lock().await;
    let answer = inner.store.cancel_configuration(ask).await?;
    if let ConfigurationCancelled::Asked { tasks, .. } = &answer {
        for task in tasks {
            let track = task.machine.goal.track();
            inner.configuration.tracks.cancel(&task.component, track, task.id);
        }
    }
    Ok(answer)
}

/// Drives a task, unless somebody does already.
fn run(inner: &Arc<Inner>, open: OpenConfigurationTask, request_id: Option<&str>) {
    if let Some(slot) = inner.configuration.tracks.join(&open) {
        drive(inner, open, slot, request_id);
    }
}

fn drive(inner: &Arc<Inner>, open: OpenConfigurationTask, slot: Arc<Slot>, request_id: Option<&str>) {
    let span = runner::span(&open.record, request_id);
    let place = Place {
        inner: Arc::clone(inner),
        open,
    };
    inner.tasks.spawn(async move {
        runner::drive(&place.inner, place.open.record.clone(), &slot, span).await;
    });
}

/// A task's place in its line, which it leaves on every way out, a panic included.
struct Place {
    inner: Arc<Inner>,
    open: OpenConfigurationTask,
}

impl Drop for Place {
    fn drop(&mut self) {
        let record = &self.open.record;
        let track = record.machine.goal.track();
        self.inner
            .configuration
            .tracks
            .leave(&record.component, track, record.id);
    }
}

/// Takes up every unfinished task of the table, when nobody drives any yet. All get in line before the first is driven.
pub(super) async fn take_up(inner: &Arc<Inner>) -> Result<(), StoreError> {
    let mut in_line = Vec::new();
    let mut after = i64::MIN;
    loop {
        let page = inner.store.open_configuration_tasks(after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.record.seq;
        for open in page {
            if let Some(slot) = inner.configuration.tracks.join(&open) {
                in_line.push((open, slot));
            }
        }
    }
    for (open, slot) in in_line {
        drive(inner, open, slot, None);
    }
    Ok(())
}

/// Takes up the unfinished tasks that nobody drives. One that ended since the page was read is left alone.
pub(super) async fn take_up_stranded(inner: &Arc<Inner>) -> Result<(), StoreError> {
    let mut after = i64::MIN;
    loop {
        // While this is held no task is between its submission and its line.
        let _order = inner.configuration.submitting.lock().await;
        let page = inner.store.open_configuration_tasks(after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.record.seq;
        for mut open in page {
            let (component, id) = (&open.record.component, open.record.id);
            let track = open.record.machine.goal.track();
            if inner.configuration.tracks.has(component, track, id) {
                continue;
            }
            let Some(record) = inner.store.configuration_task(id).await? else {
                continue;
            };
            if record.machine.outcome().is_none() {
                tracing::warn!(task = %id, component = %component, "an unfinished setting that nobody drove is taken up");
                open.record = record;
                run(inner, open, None);
            }
        }
    }
}
