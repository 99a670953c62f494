//! The order in which components that feed each other are switched: off from below, on from above.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use switchyard_core::power::Level;
use switchyard_core::{ComponentId, Operation};
use switchyard_wire::v2::PlanWave;

use crate::api::v2::selection::{count, fold};
use crate::engine::Fleet;

/// The wave of each component, from 1.
pub(super) fn of(
    fleet: &Fleet,
    operation: Operation,
    ids: &BTreeSet<ComponentId>,
) -> HashMap<ComponentId, u32> {
    let before = |id: &ComponentId| -> Vec<ComponentId> {
        let relatives = match operation.end_level() {
            Level::Off => fleet.below(id),
            Level::On => fleet.above(id),
        };
        relatives
            .iter()
            .filter(|other| ids.contains(*other))
            .cloned()
            .collect()
    };
    // Relatives of relatives are relatives, so whoever comes before another has fewer.
    let mut order: Vec<(&ComponentId, Vec<ComponentId>)> = ids.iter().map(|id| (id, before(id))).collect();
    order.sort_by_key(|(_, before)| before.len());
    let mut waves: HashMap<ComponentId, u32> = HashMap::with_capacity(ids.len());
    for (id, before) in order {
        let last = before.iter().filter_map(|other| waves.get(other)).max();
        let wave = last.map_or(1, |wave| wave.saturating_add(1));
        waves.insert(id.clone(), wave);
    }
    waves
}

/// The waves as a plan shows them.
pub(super) fn show(wave_of: &HashMap<ComponentId, u32>) -> Vec<PlanWave> {
    let mut waves: BTreeMap<u32, Vec<&str>> = BTreeMap::new();
    for (id, wave) in wave_of {
        waves.entry(*wave).or_default().push(id.as_str());
    }
    let waves = waves.into_iter();
    waves
        .map(|(wave, names)| PlanWave {
            wave,
            count: count(&names),
            components: fold(&names),
        })
        .collect()
}

/// The components that are not among these and feed some of them, and those that some of them feed.
pub(super) fn relatives<'a>(fleet: &'a Fleet, ids: &BTreeSet<ComponentId>) -> (Vec<&'a str>, Vec<&'a str>) {
    let outside = |found: BTreeSet<&'a ComponentId>| -> Vec<&'a str> {
        let outside = found.into_iter().filter(|id| !ids.contains(*id));
        outside.map(ComponentId::as_str).collect()
    };
    let above = ids.iter().flat_map(|id| fleet.above(id)).collect();
    let below = ids.iter().flat_map(|id| fleet.below(id)).collect();
    (outside(above), outside(below))
}
