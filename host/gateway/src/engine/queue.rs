//! What people do to work in line: cancel, pause, hold, resolve. Each is durable before it takes effect and when it returns, and goes
//! on even when the caller is gone.

use std::future::Future;
use std::sync::Arc;

use switchyard_core::{ComponentId, TaskId, TransitionId};
use switchyard_store::{
    CancelAnswer, CancelAsk, Detached, HoldId, HoldRecord, NewAudit, PauseAnswer, Paused, StoreError,
};

use super::{Engine, Inner};

impl Engine {
    /// Asks to cancel. Nothing more is sent for what ends by it once this has returned, save what is already being sent.
    pub async fn cancel(&self, ask: CancelAsk) -> Result<CancelAnswer, StoreError> {
        self.owned(|inner| async move { cancel(&inner, ask).await }).await
    }

    /// Lets waiting tasks step out of the line, or get in line again at its end.
    pub async fn pause(
        &self,
        tasks: Vec<TaskId>,
        paused: bool,
        audit: Option<NewAudit>,
    ) -> Result<Vec<Paused>, StoreError> {
        self.owned(move |inner| async move { pause(&inner, &tasks, paused, audit).await })
            .await
    }

    /// Keeps everybody off components but who is allowed. What has begun goes on; what waits is held.
    pub async fn place_hold(&self, hold: HoldRecord, audit: Option<NewAudit>) -> Result<(), StoreError> {
        self.owned(move |inner| async move {
            let _order = inner.submitting.lock().await;
            inner.store.place_hold(hold.clone(), audit).await?;
            let components = hold.components.clone();
            inner.holds.place(hold);
            inner.look_again(&components);
            Ok(())
        })
        .await
    }

    /// Releases a hold. Gives it; nothing when there is none.
    pub async fn release_hold(
        &self,
        id: HoldId,
        by: &str,
        audit: Option<NewAudit>,
    ) -> Result<Option<HoldRecord>, StoreError> {
        let by = by.to_owned();
        self.owned(move |inner| async move {
            let now = inner.clock.now();
            let _order = inner.submitting.lock().await;
            let released = inner.store.release_hold(id, &by, now, audit).await?;
            if let Some(hold) = &released {
                inner.holds.release(hold);
                inner.look_again(&hold.components);
            }
            Ok(released)
        })
        .await
    }

    /// Says of uncertain components whether what is open was done. Gives those that were uncertain.
    pub async fn resolve(
        &self,
        components: Vec<ComponentId>,
        done: bool,
        audit: Option<NewAudit>,
    ) -> Result<Vec<ComponentId>, StoreError> {
        self.owned(move |inner| async move {
            let now = inner.clock.now();
            let resolved = inner.store.resolve(&components, done, now, audit).await?;
            for component in &resolved {
                inner.recall(component).await;
            }
            inner.look_again(&resolved);
            Ok(resolved)
        })
        .await
    }

    /// Runs to its end whatever becomes of the caller.
    async fn owned<T, F>(&self, work: impl FnOnce(Arc<Inner>) -> F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, StoreError>> + Send + 'static,
    {
        let work = work(Arc::clone(&self.inner));
        self.inner
            .tasks
            .spawn(work)
            .await
            .unwrap_or(Err(StoreError::Closed))
    }
}

impl Inner {
    /// Takes in that a request has left tasks that go on for others.
    pub(super) async fn detached(&self, leaves: Option<TransitionId>, detached: &[Detached]) {
        for detached in detached {
            if let Some(transition) = leaves {
                self.lines.detach(&detached.component, detached.task, transition);
                self.left(detached.task, transition).await;
            }
            self.pulse.touch(&detached.component);
        }
    }

    /// Lets waiting tasks look again at what keeps them, and screens at the components.
    fn look_again(&self, components: &[ComponentId]) {
        self.lines.wake(components);
        self.configuration.wake(components);
        for component in components {
            self.pulse.touch(component);
        }
    }
}

async fn cancel(inner: &Arc<Inner>, ask: CancelAsk) -> Result<CancelAnswer, StoreError> {
    let mode = ask.mode;
    let leaves = match &ask.scope {
        switchyard_store::CancelScope::Transition { id, .. } => Some(*id),
        switchyard_store::CancelScope::Tasks(_) => None,
    };
    let submitting = inner.submitting.lock().await;
    let answer = inner.store.ask_to_cancel(ask).await?;
    if let CancelAnswer::Asked { tasks, detached } = &answer {
        for task in tasks {
            inner.lines.cancel(&task.component, task.id, mode);
        }
        inner.detached(leaves, detached).await;
    }
    drop(submitting);
    Ok(answer)
}

async fn pause(
    inner: &Arc<Inner>,
    tasks: &[TaskId],
    paused: bool,
    audit: Option<NewAudit>,
) -> Result<Vec<Paused>, StoreError> {
    let submitting = inner.submitting.lock().await;
    let answers = inner.store.pause(tasks, paused, inner.clock.now(), audit).await?;
    for Paused { record, answer } in &answers {
        let component = &record.component;
        match answer {
            PauseAnswer::Paused => inner.lines.pause(component, record.id, &inner.fleet()),
            PauseAnswer::Resumed => inner.lines.resume(component, record),
            PauseAnswer::Absorbed { into, demands } => {
                inner.dependencies.moved(record.id, *into);
                let by = inner.lines.caller(component, record.id).unwrap_or_default();
                inner.lines.end(component, record.id);
                inner.lines.share(component, *into, demands, &by);
            }
            PauseAnswer::Unchanged | PauseAnswer::Refused { .. } => {}
        }
        inner.pulse.touch(component);
    }
    drop(submitting);
    Ok(answers)
}
