//! What was accepted is kept: in the file first, then in what holds.

use std::collections::HashSet;
use std::sync::Arc;

use switchyard_core::{ComponentId, ControllerId};

use super::{Discoveries, Inner, RecordError, Standing, known_as, record};
use crate::inventory::{Component, Controller, Part, Source};
use crate::telemetry::Chain;

/// Writes a controller down and lets it hold.
pub(super) async fn keep(inner: &Arc<Inner>, controller: Controller, components: Vec<Component>) -> Standing {
    let id = controller.endpoint.id.clone();
    let names = components
        .iter()
        .map(|component| component.id.to_string())
        .collect();
    let changed = change(inner, |part| {
        // While it was spoken to, another source may have come to hold it.
        let keeper = &inner.parts.keeper;
        let named = keeper.inventory().controller(&controller.endpoint.id).cloned();
        let named = named.map(|known| known.endpoint.id.clone());
        if let Some(known) = named.or_else(|| known_as(keeper, &controller.endpoint.address)) {
            return Err(RecordError::Known(known));
        }
        add(part, controller, components);
        Ok(())
    });
    match changed.await {
        Ok(()) => Standing::Accepted {
            controller: id,
            components: names,
        },
        Err(error) => Standing::Refused {
            code: match error {
                RecordError::Known(_) => "discovery.conflict",
                _ => "discovery.not-stored",
            },
            text: Chain(&error).to_string(),
        },
    }
}

/// Adds a controller. An alias that names something else already is dropped: machines say whatever they like of themselves, and several
/// may say the same. An id is stronger than an alias.
fn add(part: &mut Part, controller: Controller, mut components: Vec<Component>) {
    let new: HashSet<ComponentId> = components.iter().map(|new| new.id.clone()).collect();
    let mut taken: HashSet<ComponentId> = part.components.iter().map(|known| known.id.clone()).collect();
    for known in &mut part.components {
        known.facts.aliases.retain(|alias| !new.contains(alias));
        taken.extend(known.facts.aliases.iter().cloned());
    }
    taken.extend(new);
    for component in &mut components {
        let id = &component.id;
        component.facts.aliases.retain(|alias| {
            let is_free = taken.insert(alias.clone());
            if !is_free {
                tracing::warn!(component = %id, %alias, "the alias that it gives itself is taken; it gets none");
            }
            is_free
        });
    }
    part.controllers.push(controller);
    part.components.extend(components);
}

/// Changes what was accepted, unless the next start could not read it.
async fn change(
    inner: &Arc<Inner>,
    change: impl FnOnce(&mut Part) -> Result<(), RecordError>,
) -> Result<(), RecordError> {
    let _alone = inner.record.lock().await;
    let (keeper, timeouts) = (&inner.parts.keeper, inner.parts.timeouts);
    let mut part = if let Some(part) = keeper.part(Source::Discovered).await {
        (*part).clone()
    } else {
        // A file that could not be read is not written over, as long as it cannot be read.
        let folder = inner.parts.folder.clone();
        blocking(move || record::read(&folder, timeouts)).await?
    };
    change(&mut part)?;
    let (folder, kept) = (inner.parts.folder.clone(), part.clone());
    blocking(move || record::write(&folder, &kept, timeouts)).await?;
    keeper
        .put(Source::Discovered, part)
        .await
        .map_err(RecordError::Replace)?;
    Ok(())
}

/// Does what blocks off the threads that serve.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, RecordError> + Send + 'static,
) -> Result<T, RecordError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(RecordError::BrokeOff)?
}

impl Discoveries {
    /// Takes a controller that was accepted out of the inventory again, with its components. False when discovery holds none of this id.
    /// Goes on when the caller is gone.
    ///
    /// # Errors
    /// When that cannot be kept.
    pub async fn remove(&self, id: &ControllerId) -> Result<bool, RecordError> {
        let (inner, id) = (Arc::clone(&self.inner), id.clone());
        self.owned(async move {
            let part = inner.parts.keeper.part(Source::Discovered).await;
            let is_there =
                part.is_some_and(|part| part.controllers.iter().any(|known| known.endpoint.id == id));
            if is_there {
                change(&inner, |part| {
                    part.controllers.retain(|known| known.endpoint.id != id);
                    part.components
                        .retain(|component| component.controller.as_ref() != Some(&id));
                    Ok(())
                })
                .await?;
            }
            Ok(is_there)
        })
        .await
    }

    /// Does what is not to be left half done when the caller goes away.
    pub(super) async fn owned<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, RecordError>> + Send + 'static,
    ) -> Result<T, RecordError> {
        let working = self.inner.tasks.spawn(work);
        working.await.map_err(RecordError::BrokeOff)?
    }
}
