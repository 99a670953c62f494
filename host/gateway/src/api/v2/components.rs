//! `/v2/components`.

pub(super) mod get;
pub(super) mod list;

use std::collections::HashMap;

use switchyard_core::power::Level;
use switchyard_core::{ComponentId, Timestamp, plan};
use switchyard_store::{Store, StoreError};
use switchyard_wire::v2;

use super::words;
use crate::api::time::rfc3339;
use crate::engine::{Row, is_bmc};

/// The states that accepted operations want, of every component that has one.
async fn desired(store: &dyn Store) -> Result<HashMap<ComponentId, Level>, StoreError> {
    let records = store.components().await?;
    Ok(records
        .into_iter()
        .filter_map(|record| Some((record.id, record.desired?)))
        .collect())
}

/// A component without its queue.
fn show(row: &Row, desired: Option<Level>, now: Timestamp) -> v2::Component {
    let component = &row.component;
    let seen = row.seen();
    let state = if is_bmc(component.kind) && seen.available {
        "on"
    } else {
        words::state(seen.state)
    };
    v2::Component {
        id: component.id.to_string(),
        kind: words::kind(component.kind).to_owned(),
        hms_type: component.component_type.map(|known| known.as_str().to_owned()),
        controller: component.controller.as_ref().map(ToString::to_string),
        state: state.to_owned(),
        raw: seen.raw,
        available: seen.available,
        observed_at: seen.read_at.map(rfc3339),
        age_ms: seen
            .read_at
            .map(|at| u64::try_from(now.since(at).as_millis()).unwrap_or(u64::MAX)),
        changed_at: rfc3339(seen.changed_at),
        desired: desired.map(|level| words::level(level).to_owned()),
        supported: plan::supported(component.kind, &seen.abilities)
            .into_iter()
            .map(|operation| operation.name().to_owned())
            .collect(),
        failure: seen.failure.as_ref().map(words::failure),
        queue: None,
    }
}
