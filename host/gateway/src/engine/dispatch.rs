//! From stored tasks to running ones. Wake-ups are hints; the table is the truth.

use std::sync::Arc;
use std::time::Duration;

use switchyard_core::machine::Phase;
use switchyard_core::{ComponentId, TaskId};
use switchyard_store::{OpenTask, StoreError};

use super::line::Place;
use super::{Inner, configuration, failure_limit, runner};
use crate::telemetry::Chain;

/// Tasks read from the table at once.
const PAGE: u32 = 2_000;
/// How often the table is read for tasks that nobody drives.
const SWEEP: Duration = Duration::from_secs(30);
/// How long task summaries and events are kept.
const HISTORY_KEPT: Duration = Duration::from_hours(30 * 24);
/// How long the audit is kept.
const AUDIT_KEPT: Duration = Duration::from_hours(400 * 24);

/// Drives a task, unless somebody does already. Its log lines stand under the id of the request that made it, as long as this process
/// knows that id; after a restart the transition tells.
pub(super) fn run(inner: &Arc<Inner>, open: OpenTask, callers: Vec<String>, request_id: Option<&str>) {
    if let Some(place) = inner.lines.join(&open, callers, &inner.fleet()) {
        drive(inner, open, place, request_id);
    }
}

fn drive(inner: &Arc<Inner>, open: OpenTask, place: Place, request_id: Option<&str>) {
    inner.pulse.touch(&open.record.component);
    let machine = &open.record.machine;
    if machine.phase != Phase::Queued && !machine.emergency {
        inner.reservations.resume(&open.record.component, open.record.id);
    }
    let in_line = InLine {
        inner: Arc::clone(inner),
        component: open.record.component.clone(),
        task: open.record.id,
    };
    let span = runner::span(&open.record, request_id);
    inner
        .tasks
        .spawn(async move { runner::drive(&in_line.inner, open, &place, span).await });
}

/// A task's place in line, which it leaves on every way out, a panic included.
struct InLine {
    inner: Arc<Inner>,
    component: ComponentId,
    task: TaskId,
}

impl Drop for InLine {
    fn drop(&mut self) {
        let inner = &self.inner;
        inner.lines.leave(&self.component, self.task, &inner.fleet());
        inner.pulse.touch(&self.component);
    }
}

/// Takes up every unfinished task of the table, when nobody drives any yet. All get in line before the first is driven, so that none
/// begins for want of those that it waits for.
pub(super) async fn take_up(inner: &Arc<Inner>) -> Result<(), StoreError> {
    inner
        .dependencies
        .take_up(inner.journal.dependencies(None).await?);
    let mut after = i64::MIN;
    let mut in_line = Vec::new();
    loop {
        let page = inner.journal.open_tasks(after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.record.place;
        for open in page {
            let callers = callers_of(inner, &open).await?;
            if let Some(place) = inner.lines.join(&open, callers, &inner.fleet()) {
                in_line.push((open, place));
            }
        }
    }
    for (open, place) in in_line {
        drive(inner, open, place, None);
    }
    inner.reservations.settle();
    Ok(())
}

/// All who want a stored task.
async fn callers_of(inner: &Inner, open: &OpenTask) -> Result<Vec<String>, StoreError> {
    if open.demands.len() < 2 {
        return Ok(vec![open.requested_by.clone()]);
    }
    let requests = inner.store.requests_of(open.record.id).await?;
    Ok(requests.into_iter().map(|request| request.requested_by).collect())
}

/// Takes up the unfinished tasks that nobody drives. One that ended since the page was read is left alone.
async fn take_up_stranded(inner: &Arc<Inner>) -> Result<(), StoreError> {
    let mut after = i64::MIN;
    loop {
        // While this is held no task is between its submission and its line.
        let _submitting = inner.submitting.lock().await;
        let page = inner.journal.open_tasks(after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.record.place;
        for mut open in page {
            let record = &open.record;
            if inner.lines.has(&record.component, record.id) {
                continue;
            }
            match inner.store.task(record.id).await? {
                Some((record, _)) if record.machine.outcome().is_none() => {
                    tracing::warn!(task = %record.id, component = %record.component, "an unfinished task that nobody drove is taken up");
                    open.record = record;
                    let callers = callers_of(inner, &open).await?;
                    run(inner, open, callers, None);
                }
                _ => {}
            }
        }
    }
}

/// Reads the table now and then, so that no lost wake-up can strand a task, and deletes what is too old.
pub(super) fn spawn_sweeper(inner: &Arc<Inner>) {
    let owned = Arc::clone(inner);
    inner.tasks.spawn(async move {
        while owned
            .stop
            .run_until_cancelled(tokio::time::sleep(SWEEP))
            .await
            .is_some()
        {
            if let Err(error) = take_up_stranded(&owned).await {
                tracing::error!(error = %Chain(&error), "unfinished tasks could not be read");
            }
            if let Err(error) = configuration::take_up_stranded(&owned).await {
                tracing::error!(error = %Chain(&error), "unfinished configurations could not be read");
            }
            failure_limit::ask_about_due(&owned);
            failure_limit::forget_ended(&owned).await;
            owned.directions.forget(owned.clock.now());
            forget_what_is_old(&owned).await;
        }
    });
}

/// Deletes what is older than it is kept, a piece at a time.
async fn forget_what_is_old(inner: &Inner) {
    let now = inner.clock.now();
    let before = now - HISTORY_KEPT;
    loop {
        let records = inner.journal.prune(&inner.lease, before, before, PAGE).await;
        let oversight = inner
            .journal
            .prune_oversight(&inner.lease, now, now - AUDIT_KEPT, PAGE)
            .await;
        let retired = inner
            .journal
            .retire(&inner.lease, now, inner.settings().finished_shown_max, PAGE)
            .await;
        match (records, oversight, retired) {
            (Ok(0), Ok(0), Ok(0)) => return,
            (Ok(_), Ok(_), Ok(_)) if inner.stop.is_cancelled() => return,
            (Ok(records), Ok(oversight), Ok(retired)) => {
                tracing::debug!(records, oversight, retired, "old records deleted or hidden");
            }
            (Err(error), _, _) | (_, Err(error), _) | (_, _, Err(error)) => {
                tracing::error!(error = %Chain(&error), "old records could not be deleted");
                return;
            }
        }
    }
}
