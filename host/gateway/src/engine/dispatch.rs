//! From stored tasks to running ones. Wake-ups are hints; the table is the truth.

use std::sync::Arc;
use std::time::Duration;

use switchyard_core::{TaskId, TransitionId};
use switchyard_store::{StoreError, TaskRecord};

use super::{Inner, runner};

/// Tasks read from the table at once.
const PAGE: u32 = 2_000;
/// How often the table is read for tasks that nobody drives.
const SWEEP: Duration = Duration::from_secs(30);

/// Drives a task, unless somebody does already.
pub(super) fn run(inner: &Arc<Inner>, record: TaskRecord) {
    let Some(place) = inner.lines.join(&record.component, record.id) else { return };
    if record.cancel_asked {
        place.cancel.cancel();
    }
    let inner_of_task = Arc::clone(inner);
    inner.tasks.spawn(async move {
        let (component, task) = (record.component.clone(), record.id);
        runner::drive(&inner_of_task, record, &place).await;
        inner_of_task.lines.leave(&component, task);
    });
}

/// Takes up every unfinished task of the table that is not driven yet, in order.
pub(super) async fn take_up(inner: &Arc<Inner>) -> Result<(), StoreError> {
    let mut after = i64::MIN;
    loop {
        let page = inner.journal.open_tasks(after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.seq;
        for record in page {
            run(inner, record);
        }
    }
}

/// Reads the table now and then, so that no lost wake-up can strand a task, and deletes what is too old.
pub(super) fn spawn_sweeper(inner: &Arc<Inner>) {
    let owned = Arc::clone(inner);
    inner.tasks.spawn(async move {
        while owned.stop.run_until_cancelled(tokio::time::sleep(SWEEP)).await.is_some() {
            if let Err(error) = take_up(&owned).await {
                tracing::error!(error = &error as &dyn std::error::Error, "unfinished tasks could not be read");
            }
            forget_what_is_old(&owned).await;
        }
    });
}

/// Deletes records and events that are older than they are kept, a piece at a time.
async fn forget_what_is_old(inner: &Inner) {
    let before = inner.clock.now() - inner.settings.history_kept;
    loop {
        match inner.journal.prune(&inner.lease, before, before, PAGE).await {
            Ok(0) => return,
            Ok(_) if inner.stop.is_cancelled() => return,
            Ok(deleted) => tracing::debug!(deleted, "old records deleted"),
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "old records could not be deleted");
                return;
            }
        }
    }
}

/// Tells the running tasks of a transition that they are to be cancelled.
pub(super) async fn cancel(inner: &Arc<Inner>, transition: TransitionId, tasks: &[TaskId]) -> Result<(), StoreError> {
    let Some(view) = inner.store.transition(transition).await? else { return Ok(()) };
    for (_, record) in view.members {
        if let Some(record) = record.filter(|record| tasks.contains(&record.id)) {
            inner.lines.cancel(&record.component, record.id);
        }
    }
    Ok(())
}
