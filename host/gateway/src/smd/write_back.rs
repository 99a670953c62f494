//! Observed changes of power, written back to SMD.
//!
//! Only On and Off are written, and only after a change was observed. What SMD says of the components is read right before, so that a
//! node that is Ready or Standby is not made On again.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use serde::Serialize;
use serde_json::{Value, json};
use switchyard_core::power::Level;
use switchyard_core::{ComponentId, PowerState};
use switchyard_store::event::kind;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::call::Call;
use super::client::Client;
use super::component_ids::ComponentIds;
use super::error::Error;
use super::schema::ComponentArray;
use super::source::Source;
use crate::engine::{Engine, is_bmc};
use crate::events::{Filter, Piece, Reader, Since};
use crate::telemetry::{Chain, metrics};

/// The most components that wait to be written; of those beyond it the change is lost, which is logged.
const PENDING_MAX: usize = 50_000;
/// How long changes are let gather.
const GATHER: Duration = Duration::from_secs(1);
/// How soon what could not be written is tried again.
const RETRY_AFTER: Duration = Duration::from_secs(15);

/// How often one round of writing splits a piece that SMD takes for wrong. That finds about five components that are wrong among
/// thousands; beyond it, it is SMD that takes nothing.
const SPLITS_MAX: usize = 64;

/// What of the power of every component was observed, and what of it is still to be written.
#[derive(Debug, Default)]
struct Pending {
    observed: HashMap<ComponentId, Level>,
    /// The newest change of each.
    changes: BTreeMap<ComponentId, Level>,
}

impl Pending {
    /// Takes in a level. The first one of a component is no change.
    fn observe(&mut self, component: &ComponentId, level: Level) {
        let before = self.observed.insert(component.clone(), level);
        if before.is_none_or(|before| before == level) {
            return;
        }
        if self.changes.len() >= PENDING_MAX && !self.changes.contains_key(component) {
            tracing::warn!(%component, "too many changes wait to be written to SMD; this one is not");
            return;
        }
        self.changes.insert(component.clone(), level);
    }

    /// Takes back what could not be written, where nothing newer has come.
    fn put_back(&mut self, changes: BTreeMap<ComponentId, Level>) {
        for (component, level) in changes {
            self.changes.entry(component).or_insert(level);
        }
    }
}

/// Writes back until `stop`.
pub(super) async fn run(source: Arc<Source>, engine: Engine, stop: CancellationToken) {
    let mut reader = engine.events().read(Since::Now, Filter::default());
    let mut pending = Pending::default();
    for row in engine.fleet().rows().filter(|row| !is_bmc(row.component.kind)) {
        if let Some(level) = level(row.seen().state) {
            pending.observe(&row.component.id, level);
        }
    }
    let mut due: Option<Instant> = None;
    while !stop.is_cancelled() {
        gather(&mut reader, &engine, &mut pending).await;
        if pending.changes.is_empty() {
            due = None;
        } else if *due.get_or_insert_with(|| Instant::now() + GATHER) <= Instant::now() {
            let changes = std::mem::take(&mut pending.changes);
            due = None;
            if let Err((error, left)) = write(&source, changes).await {
                tracing::warn!(error = %Chain(&error), left = left.len(), "changes could not be written to SMD");
                pending.put_back(left);
                due = Some(Instant::now() + RETRY_AFTER);
            }
            continue;
        }
        let wake = due.unwrap_or_else(|| Instant::now() + RETRY_AFTER);
        tokio::select! {
            () = stop.cancelled() => return,
            () = reader.wait() => {}
            () = tokio::time::sleep_until(wake) => {}
        }
    }
}

/// Takes in what the event log tells of states.
async fn gather(reader: &mut Reader, engine: &Engine, pending: &mut Pending) {
    loop {
        match reader.next().await {
            Ok(Piece::Events(events)) => {
                for event in events {
                    let event = &event.event;
                    if event.kind != kind::COMPONENT_STATE {
                        continue;
                    }
                    let Some(component) = &event.component else {
                        continue;
                    };
                    let bmc = engine
                        .fleet()
                        .component(component)
                        .is_some_and(|row| is_bmc(row.component.kind));
                    if let (false, Some(level)) = (bmc, told_level(&event.data)) {
                        pending.observe(component, level);
                    }
                }
            }
            Ok(Piece::Gap { .. }) => {}
            Ok(Piece::End) => return,
            Err(error) => {
                tracing::warn!(error = %Chain(&error), "the event log could not be read for SMD; trying again");
                return;
            }
        }
    }
}

fn told_level(data: &Value) -> Option<Level> {
    level(serde_json::from_value(data.get("state")?.clone()).ok()?)
}

fn level(state: PowerState) -> Option<Level> {
    match state {
        PowerState::On => Some(Level::On),
        PowerState::Off => Some(Level::Off),
        _ => None,
    }
}

#[derive(Serialize)]
struct BulkStateData<'a> {
    #[serde(rename = "ComponentIDs")]
    ids: &'a ComponentIds,
    #[serde(rename = "State")]
    state: &'static str,
}

/// Writes changes. Gives back what could not be written and is worth another try.
pub(super) async fn write(
    source: &Source,
    changes: BTreeMap<ComponentId, Level>,
) -> Result<(), (Error, BTreeMap<ComponentId, Level>)> {
    let known = source.states.load_full();
    let changes: BTreeMap<_, _> = changes
        .into_iter()
        .filter(|(id, _)| known.contains_key(id))
        .collect();
    let states = match states(&source.client, &changes).await {
        Ok(states) => states,
        Err(error) => return Err((error, changes)),
    };
    let mut writing = Writing::default();
    for (level, state) in [(Level::On, "On"), (Level::Off, "Off")] {
        let due: Vec<ComponentId> = changes
            .iter()
            .filter(|(id, wanted)| **wanted == level && is_due(level, states.get(id.as_str())))
            .map(|(id, _)| id.clone())
            .collect();
        for ids in ComponentIds::pieces(&due) {
            writing.piece(&source.client, ids, level, state).await;
        }
    }
    match writing.failed {
        Some(error) => Err((error, writing.left)),
        None => Ok(()),
    }
}

/// What became of the pieces so far.
#[derive(Debug, Default)]
struct Writing {
    failed: Option<Error>,
    left: BTreeMap<ComponentId, Level>,
    /// Pieces that were split because SMD took them for wrong.
    splits: usize,
}

impl Writing {
    /// Writes a piece. One that SMD takes for wrong is written in halves, so that the component that is wrong costs the others nothing.
    async fn piece(&mut self, client: &Client, ids: ComponentIds, level: Level, state: &'static str) {
        let mut pieces = vec![ids];
        while let Some(ids) = pieces.pop() {
            let body = BulkStateData { ids: &ids, state };
            let written = client.patch(Call::StateData, &body).await;
            let (half, count) = (ids.as_slice().len() / 2, ids.as_slice().len());
            match written {
                Ok(()) => metrics::smd_written(state, count),
                Err(error) if is_of_request(&error) => {
                    let (one, other) = ids.as_slice().split_at(half);
                    if one.is_empty() || self.splits >= SPLITS_MAX {
                        let first = ids.as_slice().first().map(ComponentId::as_str);
                        tracing::warn!(error = %Chain(&error), count, first, "SMD takes no states; they are not written");
                    } else {
                        self.splits += 1;
                        pieces.extend(ComponentIds::pieces(other).chain(ComponentIds::pieces(one)));
                    }
                }
                Err(error) => {
                    self.left
                        .extend(ids.as_slice().iter().map(|id| (id.clone(), level)));
                    self.failed = Some(error);
                }
            }
        }
    }
}

/// Whether SMD refuses what is asked, and would again. A token, a policy, an hour and a limit of requests may be other ones soon.
fn is_of_request(error: &Error) -> bool {
    error.status().is_some_and(|status| {
        status.is_client_error()
            && !matches!(
                status,
                StatusCode::UNAUTHORIZED
                    | StatusCode::FORBIDDEN
                    | StatusCode::REQUEST_TIMEOUT
                    | StatusCode::TOO_MANY_REQUESTS
            )
    })
}

/// What SMD says of the components now.
async fn states(
    client: &Client,
    changes: &BTreeMap<ComponentId, Level>,
) -> Result<HashMap<String, String>, Error> {
    let ids: Vec<ComponentId> = changes.keys().cloned().collect();
    let mut states = HashMap::new();
    for ids in ComponentIds::pieces(&ids) {
        let query = json!({ "ComponentIDs": ids });
        let ComponentArray { components } = client.post(Call::Components, &query).await?;
        states.extend(components.into_iter().map(|told| (told.id, told.state)));
    }
    Ok(states)
}

/// Whether a level is to be written over SMD's state. On goes over Off alone; Off goes over every state of a machine with power.
fn is_due(level: Level, state: Option<&String>) -> bool {
    let Some(state) = state else { return false };
    match level {
        Level::On => state == "Off",
        Level::Off => matches!(state.as_str(), "On" | "Ready" | "Standby" | "Halt" | "Paused"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> ComponentId {
        ComponentId::parse(text).unwrap()
    }

    #[test]
    fn the_first_level_is_no_change_and_the_newest_counts() {
        let mut pending = Pending::default();
        let node = id("x0c0s0b0n0");
        pending.observe(&node, Level::On);
        pending.observe(&node, Level::On);
        assert!(pending.changes.is_empty());
        pending.observe(&node, Level::Off);
        pending.observe(&node, Level::On);
        assert_eq!(pending.changes, BTreeMap::from([(node.clone(), Level::On)]));
        let old = std::mem::take(&mut pending.changes);
        pending.observe(&node, Level::Off);
        pending.put_back(old);
        assert_eq!(pending.changes, BTreeMap::from([(node, Level::Off)]));
    }

    #[test]
    fn ready_and_standby_are_not_made_on() {
        let due = |level, state: &str| is_due(level, Some(&state.to_owned()));
        for state in ["Ready", "Standby", "On", "Unknown", "Populated"] {
            assert!(!due(Level::On, state), "{state}");
        }
        assert!(due(Level::On, "Off"));
        for state in ["Ready", "Standby", "On"] {
            assert!(due(Level::Off, state), "{state}");
        }
        assert!(!due(Level::Off, "Off"));
        assert!(!is_due(Level::Off, None));
    }
}
