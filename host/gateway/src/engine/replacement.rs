//! Another inventory takes the place of the one that holds.
//!
//! Whatever has not changed is kept as it is: rows with their readings, endpoints with their breakers, controllers with their slots and
//! connections, drift, tasks in line. Work on a component that is gone ends as its machine sees fit, when it next looks at the component.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;

use serde_json::json;
use switchyard_core::{Cause, ComponentId, ControllerId, Failure};
use switchyard_store::event::kind;
use switchyard_store::{Applied, ComponentRecord, StoreError};

use super::{Engine, Fleet, Inner};
use crate::inventory::Inventory;

/// How many of something came, went and changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Those that were not there before.
    pub added: usize,
    /// Those that are no longer there.
    pub removed: usize,
    /// Those of which something else is said now.
    pub changed: usize,
}

impl Counts {
    /// Whether everything is as it was.
    pub fn is_zero(self) -> bool {
        self == Self::default()
    }
}

/// What the replacement of the inventory has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Replaced {
    /// Components.
    pub components: Counts,
    /// Controllers.
    pub controllers: Counts,
}

/// Why the inventory that held before still holds.
#[derive(Debug, thiserror::Error)]
pub enum ReplaceError {
    /// The service is stopping.
    #[error("the service is stopping; the inventory is read again at the next start")]
    Stopping,
    /// Another process has taken over.
    #[error("another process has taken over this service's store, and so its inventory")]
    Fenced,
    /// The store could not be read or written.
    #[error("the inventory could not be made known to the store")]
    Store(#[from] StoreError),
}

/// What differs between the inventory that holds and the one that comes.
#[derive(Debug, Default)]
struct Difference {
    replaced: Replaced,
    /// Whether any component came that was not there.
    has_new: bool,
    /// Controllers whose last survey says nothing of what they are to switch now.
    to_survey: HashSet<ControllerId>,
}

impl Engine {
    /// Puts another inventory in the place of the one that holds. One replacement is made after the other; requests go on meanwhile.
    pub async fn replace_inventory(&self, inventory: Arc<Inventory>) -> Result<Replaced, ReplaceError> {
        let inner = Arc::clone(&self.inner);
        // Owned, so that a caller who goes away leaves no half of it.
        let owned = self
            .inner
            .tasks
            .spawn(async move { replace(&inner, inventory).await });
        owned.await.unwrap_or(Err(ReplaceError::Stopping))
    }
}

async fn replace(inner: &Arc<Inner>, inventory: Arc<Inventory>) -> Result<Replaced, ReplaceError> {
    let _one_at_a_time = inner.replacing.lock().await;
    if inner.stop.is_cancelled() {
        return Err(ReplaceError::Stopping);
    }
    let begun = Instant::now();
    let before = inner.fleet();
    let difference = difference(before.inventory(), &inventory);
    let remembered = make_known(inner, &inventory, difference.has_new).await?;
    let after = next(inner, before, Arc::clone(&inventory), remembered.clone()).await?;
    // What a row refers to has to be there before the row.
    inner.hardware.replace_controllers(&inventory);
    inner.endpoints.replace(&inventory).await;
    let ids = || after.rows().map(|row| &row.component.id);
    inner.drift.replace(ids(), &remembered);
    inner.stagger().replace(&inventory);
    inner.fleet.store(Arc::clone(&after));
    // Screens look at the fleet when the pulse is another one.
    inner.pulse.replace(ids());
    for controller in &difference.to_survey {
        inner.surveys.forget(controller);
    }
    let controllers: HashSet<_> = inventory.controllers().map(|known| &known.endpoint.id).collect();
    inner
        .surveys
        .retain(|controller| controllers.contains(controller));
    inner.wake_all();
    inner.replaced.notify_waiters();
    tell(inner, difference.replaced, begun).await;
    Ok(difference.replaced)
}

/// Makes the inventory known to the store. Gives what that remembers of components, when it is asked because some are new.
async fn make_known(
    inner: &Inner,
    inventory: &Inventory,
    has_new: bool,
) -> Result<Vec<ComponentRecord>, ReplaceError> {
    let controllers: Vec<_> = inventory
        .controllers()
        .map(|known| known.endpoint.id.clone())
        .collect();
    let components: Vec<_> = switched(inventory).collect();
    let synced = inner
        .journal
        .sync_inventory(&inner.lease, &controllers, &components)
        .await?;
    if synced == Applied::Fenced {
        inner.guard.void();
        return Err(ReplaceError::Fenced);
    }
    inner.journal.claim(&inner.lease, &controllers).await?;
    if has_new {
        Ok(inner.store.components().await?)
    } else {
        Ok(Vec::new())
    }
}

/// What is switched, and through what.
pub(super) fn switched(inventory: &Inventory) -> impl Iterator<Item = (ComponentId, ControllerId)> {
    inventory
        .components()
        .filter_map(|component| Some((component.id.clone(), component.controller.clone()?)))
}

/// What a task meets whose component the inventory does not hold as it did. One that may be held by a source that has yet to be read is
/// waited for.
pub(super) fn absent(inner: &Inner, component: &ComponentId) -> Failure {
    let fleet = inner.fleet();
    let (cause, text) = match fleet.component(component) {
        Some(_) => (
            Cause::NotFound,
            "The inventory has given this component another controller; ask again.",
        ),
        None if !fleet.inventory().is_complete() => (
            Cause::Busy,
            "The inventory has not been read in full yet; this component may be in the rest.",
        ),
        None => (
            Cause::NotFound,
            "The inventory no longer holds this component; put it back, and ask again.",
        ),
    };
    Failure::new(cause, text)
}

/// Makes the next fleet, which takes a moment when it is large, off the threads that serve.
async fn next(
    inner: &Arc<Inner>,
    before: Arc<Fleet>,
    inventory: Arc<Inventory>,
    remembered: Vec<ComponentRecord>,
) -> Result<Arc<Fleet>, ReplaceError> {
    let now = inner.clock.now();
    let made = tokio::task::spawn_blocking(move || Arc::new(before.next(inventory, remembered, now)));
    made.await.map_err(|_| ReplaceError::Stopping)
}

fn difference(before: &Inventory, after: &Inventory) -> Difference {
    let mut difference = Difference::default();
    let Replaced {
        components,
        controllers,
    } = &mut difference.replaced;
    for controller in after.controllers() {
        let id = &controller.endpoint.id;
        match before.controller(id) {
            Some(known) if known == controller => continue,
            Some(_) => controllers.changed += 1,
            None => controllers.added += 1,
        }
        difference.to_survey.insert(id.clone());
    }
    for component in after.components() {
        match before.component(&component.id) {
            Some(known) if known == component => continue,
            Some(_) => components.changed += 1,
            None => {
                components.added += 1;
                difference.has_new = true;
            }
        }
        let second = component.fallback.as_ref().map(|fallback| &fallback.controller);
        difference
            .to_survey
            .extend(component.controller.iter().chain(second).cloned());
    }
    let gone = before
        .components()
        .filter(|known| after.component(&known.id).is_none());
    components.removed = gone.count();
    let gone = before
        .controllers()
        .filter(|known| after.controller(&known.endpoint.id).is_none());
    controllers.removed = gone.count();
    difference
}

async fn tell(inner: &Inner, replaced: Replaced, begun: Instant) {
    let Replaced {
        components,
        controllers,
    } = replaced;
    if components.is_zero() && controllers.is_zero() {
        return;
    }
    tracing::info!(
        added = components.added,
        removed = components.removed,
        changed = components.changed,
        controllers_added = controllers.added,
        controllers_removed = controllers.removed,
        controllers_changed = controllers.changed,
        took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        "the inventory is another one"
    );
    let counts = |counts: Counts| json!({ "added": counts.added, "removed": counts.removed, "changed": counts.changed });
    let data = json!({ "components": counts(components), "controllers": counts(controllers) });
    inner.tell(kind::INVENTORY_CHANGED, data).await;
}
