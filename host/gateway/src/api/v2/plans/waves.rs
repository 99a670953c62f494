//! The order in which components that feed each other are switched: off from below, on from above, restarts as they are turned off.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use switchyard_core::power::Level;
use switchyard_core::{ComponentId, Kind, Operation, PowerState};
use switchyard_wire::v2::{Notice, PlanWave};

use crate::api::v2::selection::{count, fold};
use crate::engine::{Fleet, relations};

/// The wave of each component, from 1: the one after those of what it waits for before it begins.
pub(super) fn of(
    fleet: &Fleet,
    operation: Operation,
    ids: &BTreeSet<ComponentId>,
) -> HashMap<ComponentId, u32> {
    let mut before: HashMap<&ComponentId, Vec<ComponentId>> = ids.iter().map(|id| (id, Vec::new())).collect();
    for (id, after) in relations(fleet, operation, ids) {
        if after.relation.keeps_from_beginning()
            && let Some(before) = before.get_mut(&id)
        {
            before.push(after.component);
        }
    }
    // Relatives of relatives are relatives, so whoever comes before another has fewer.
    let mut order: Vec<(&ComponentId, Vec<ComponentId>)> = before.into_iter().collect();
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

/// Whether an operation that ends on takes the power of what is below away meanwhile.
const fn turns_off(operation: Operation) -> bool {
    matches!(
        operation,
        Operation::HardRestart | Operation::Init | Operation::PowerCycle | Operation::FullPowerCycle
    )
}

/// What it means that these relatives are left out.
pub(super) fn notices(
    fleet: &Fleet,
    operation: Operation,
    parents: &[&str],
    children: &[&str],
) -> Vec<Notice> {
    let are = |names: &[&str], state: PowerState| -> Vec<String> {
        let rows = names.iter().filter_map(|name| fleet.get(name));
        rows.filter(|row| row.component.kind != Kind::Controller && row.seen().state == state)
            .map(|row| row.component.id.to_string())
            .collect()
    };
    let running = are(children, PowerState::On);
    let dead = are(parents, PowerState::Off);
    let goes_off = operation.end_level() == Level::Off || turns_off(operation);
    let notice = |code: &str, text: &str, names: &[String]| Notice {
        code: code.to_owned(),
        text: text.to_owned(),
        components: fold(names),
        count: count(names),
        callers: Vec::new(),
    };
    let mut notices = Vec::new();
    if goes_off && !running.is_empty() {
        let text = "they are on, are not in the plan, and may lose their power without being asked to shut down; to have them go first, \
                    include the children";
        notices.push(notice("children-left-out", text, &running));
    }
    if operation.end_level() == Level::On && !dead.is_empty() {
        let text = "they are off, are not in the plan, and what they feed cannot be turned on before they are; to have them go first, \
                    include the parents";
        notices.push(notice("parents-left-out", text, &dead));
    }
    notices
}
