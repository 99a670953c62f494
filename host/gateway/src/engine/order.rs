//! The order within one request: from what stands above what to what waits for what.
//!
//! To be off, the top waits for what it feeds; to be on, what is fed waits for the top; a restart goes down first and up again after
//! that. A component that keeps its power by another feed has nothing to fear from one that is turned off, and so nobody waits for it.
//! [`relations`] is what both plans and tasks are made from.

use std::collections::{BTreeSet, HashMap, HashSet};

use switchyard_core::{ComponentId, Kind, Operation, PowerState, Relation, plan};
use switchyard_store::{After, NewMember, Refusal, Want};

use super::fleet::Fleet;

/// Lets the members of a request wait for each other, and refuses those that would cut what is refused itself.
pub(super) fn arrange(members: &mut [NewMember], operation: Operation, fleet: &Fleet) {
    refuse_above(members, operation, fleet);
    let ids: BTreeSet<ComponentId> = members.iter().filter_map(wanted).cloned().collect();
    if ids.len() < 2 {
        return;
    }
    let mut after: HashMap<ComponentId, Vec<After>> = HashMap::new();
    for (id, what) in relations(fleet, operation, &ids) {
        after.entry(id).or_default().push(what);
    }
    let cycled = cycled(fleet, operation, &ids);
    for member in members {
        let Want::Task(wanted) = &mut member.want else {
            continue;
        };
        wanted.after = after.remove(&wanted.component).unwrap_or_default();
        let between = |after: &After| after.relation == Relation::Between;
        if operation == Operation::SoftRestart && wanted.after.iter().any(between) {
            wanted.machine.operation = Operation::HardRestart;
        }
        wanted.machine.carried = carried(fleet, &wanted.component, operation, &cycled);
    }
}

fn wanted(member: &NewMember) -> Option<&ComponentId> {
    match &member.want {
        Want::Task(wanted) => Some(&wanted.component),
        Want::Refused(_) => None,
    }
}

/// What is refused keeps its power: whatever would cut it is refused too. A power cut by force asks for no such care.
fn refuse_above(members: &mut [NewMember], operation: Operation, fleet: &Fleet) {
    if !waits_below(operation) {
        return;
    }
    let ids: HashSet<ComponentId> = members.iter().filter_map(wanted).cloned().collect();
    let mut refused: HashMap<ComponentId, ComponentId> = HashMap::new();
    for member in members.iter().filter(|member| wanted(member).is_none()) {
        let Some(row) = fleet.get(&member.name) else {
            continue;
        };
        let id = &row.component.id;
        if has_own_power(row.component.kind) {
            for above in cut_by(fleet, id, &|id| ids.contains(id)) {
                refused.entry(above).or_insert_with(|| id.clone());
            }
        }
    }
    for member in members {
        let below = wanted(member).and_then(|id| refused.get(id)).cloned();
        if let Some(component) = below {
            member.want = Want::Refused(Refusal::Dependency { component });
        }
    }
}

/// Whether a component of this kind runs anything that a power cut would end: a BMC loses nothing, and the rest only holds others.
const fn has_own_power(kind: Kind) -> bool {
    !matches!(kind, Kind::Controller | Kind::Other)
}

/// Whether the operation turns off with care, so that what is below has to be off first.
const fn waits_below(operation: Operation) -> bool {
    matches!(
        operation,
        Operation::Off
            | Operation::SoftOff
            | Operation::HardRestart
            | Operation::Init
            | Operation::SoftRestart
    )
}

/// What waits for what, when the operation is asked for of these components. Relatives of relatives are relatives, so that whoever
/// waits for another also waits for what that waits for.
pub fn relations(
    fleet: &Fleet,
    operation: Operation,
    ids: &BTreeSet<ComponentId>,
) -> Vec<(ComponentId, After)> {
    let cycled = cycled(fleet, operation, ids);
    let mut found = Vec::new();
    for id in ids {
        match operation {
            Operation::On => feeds(fleet, id, ids, &mut found),
            Operation::Nmi => {}
            Operation::Reset | Operation::PowerCycle | Operation::FullPowerCycle => {
                for above in fleet.above(id).iter().filter(|above| ids.contains(*above)) {
                    found.push(waits(id, above, Relation::EndFirst));
                }
            }
            Operation::Off
            | Operation::SoftOff
            | Operation::ForceOff
            | Operation::SoftRestart
            | Operation::HardRestart
            | Operation::Init => {
                for above in cut_by(fleet, id, &|id| ids.contains(id)) {
                    cut(fleet, operation, id, &above, &cycled, &mut found);
                }
            }
        }
    }
    found
}

fn waits(id: &ComponentId, other: &ComponentId, relation: Relation) -> (ComponentId, After) {
    let component = other.clone();
    (id.clone(), After { component, relation })
}

/// How a component and one above that cuts its power wait for each other.
fn cut(
    fleet: &Fleet,
    operation: Operation,
    id: &ComponentId,
    above: &ComponentId,
    cycled: &HashMap<ComponentId, bool>,
    found: &mut Vec<(ComponentId, After)>,
) {
    let is_bmc = fleet
        .component(id)
        .is_some_and(|row| row.component.kind == Kind::Controller);
    match operation {
        // A BMC has nothing to shut down.
        Operation::Off | Operation::SoftOff if is_bmc => {}
        Operation::Off | Operation::SoftOff => found.push(waits(above, id, Relation::OffFirst)),
        Operation::ForceOff => found.push(waits(above, id, Relation::EndFirstBriefly)),
        _ if is_bmc && cycled.get(above) == Some(&true) => found.push(waits(id, above, Relation::OnFirst)),
        _ if is_bmc || !cycled.contains_key(above) => found.push(waits(id, above, Relation::EndFirst)),
        _ => {
            found.push(waits(above, id, Relation::OffFirst));
            found.push(waits(id, above, Relation::Between));
        }
    }
}

/// Which of these components are turned off and on, and whether that is certain. A soft restart comes to that where the component offers
/// no restart in one request, or where something above it is turned off and on; one of which nothing is known may do so.
fn cycled(fleet: &Fleet, operation: Operation, ids: &BTreeSet<ComponentId>) -> HashMap<ComponentId, bool> {
    let own = |id: &ComponentId| -> Option<bool> {
        let row = fleet.component(id)?;
        let kind = row.component.kind;
        match operation {
            _ if kind == Kind::Controller => None,
            Operation::HardRestart | Operation::Init => Some(true),
            Operation::SoftRestart => {
                let (abilities, _) = row.abilities_for(operation);
                plan::restarts_by_off_and_on(kind, &abilities).then_some(!abilities.is_empty())
            }
            _ => None,
        }
    };
    let alone: HashMap<&ComponentId, bool> = ids.iter().filter_map(|id| Some((id, own(id)?))).collect();
    let with_above = |id: &ComponentId| -> Option<bool> {
        let row = fleet.component(id)?;
        if row.component.kind == Kind::Controller || alone.is_empty() {
            return None;
        }
        let above = cut_by(fleet, id, &|id| ids.contains(id));
        let above = above.iter().filter_map(|above| alone.get(above));
        above.chain(alone.get(id)).copied().max()
    };
    ids.iter()
        .filter_map(|id| Some((id.clone(), with_above(id)?)))
        .collect()
}

/// Whether the restart of a BMC is that of something above it, which takes its power away and gives it back.
fn carried(
    fleet: &Fleet,
    id: &ComponentId,
    operation: Operation,
    cycled: &HashMap<ComponentId, bool>,
) -> bool {
    let is_bmc = fleet
        .component(id)
        .is_some_and(|row| row.component.kind == Kind::Controller);
    operation == Operation::SoftRestart
        && is_bmc
        && cut_by(fleet, id, &|id| cycled.contains_key(id))
            .iter()
            .any(|above| cycled.get(above) == Some(&true))
}

/// The components of a request without which this one has no power, and which therefore wait until it is off.
fn cut_by(fleet: &Fleet, id: &ComponentId, goes: &dyn Fn(&ComponentId) -> bool) -> Vec<ComponentId> {
    let mut found = Vec::new();
    let mut seen: HashSet<ComponentId> = HashSet::new();
    let mut next = vec![id.clone()];
    while let Some(id) = next.pop() {
        let Some(row) = fleet.component(&id) else { continue };
        let parents = &row.component.parents;
        let fed = keeps_a_feed(fleet, parents, goes);
        for parent in parents {
            let Some(above) = fleet.component(parent) else {
                continue;
            };
            match above.component.kind {
                // Nothing loses its power with a BMC.
                Kind::Controller => continue,
                Kind::Outlet if fed => continue,
                _ => {}
            }
            if seen.insert(parent.clone()) {
                if goes(parent) {
                    found.push(parent.clone());
                }
                next.push(parent.clone());
            }
        }
    }
    found
}

/// Whether one of several outlets that feed a component is known to be on and stays so.
fn keeps_a_feed(fleet: &Fleet, parents: &[ComponentId], goes: &dyn Fn(&ComponentId) -> bool) -> bool {
    let stays = |id: &ComponentId| !goes(id) && !fleet.above(id).iter().any(goes);
    parents
        .iter()
        .filter_map(|id| fleet.component(id))
        .filter(|row| row.component.kind == Kind::Outlet && stays(&row.component.id))
        .any(|row| {
            let seen = row.seen();
            seen.available && seen.state == PowerState::On
        })
}

/// What has to be on before a component is turned on. Of several outlets one is enough.
fn feeds(
    fleet: &Fleet,
    id: &ComponentId,
    ids: &BTreeSet<ComponentId>,
    found: &mut Vec<(ComponentId, After)>,
) {
    let Some(row) = fleet.component(id) else { return };
    let outlets = |parents: &[ComponentId]| -> Vec<ComponentId> {
        let rows = parents.iter().filter_map(|id| fleet.component(id));
        rows.filter(|row| row.component.kind == Kind::Outlet)
            .map(|row| row.component.id.clone())
            .collect()
    };
    let own = outlets(&row.component.parents);
    let all = own.iter().all(|outlet| ids.contains(outlet));
    // What is reached by one of several outlets only is not needed for certain.
    let mut certain: HashSet<ComponentId> = HashSet::new();
    let mut next = vec![id.clone()];
    while let Some(id) = next.pop() {
        let Some(row) = fleet.component(&id) else { continue };
        let parents = &row.component.parents;
        let several = outlets(parents);
        for parent in parents {
            let is_one = several.len() > 1 && several.contains(parent);
            if !is_one && certain.insert(parent.clone()) {
                next.push(parent.clone());
            }
        }
    }
    for above in fleet.above(id).iter().filter(|above| ids.contains(*above)) {
        let is_bmc = fleet
            .component(above)
            .is_some_and(|row| row.component.kind == Kind::Controller);
        let relation = if is_bmc {
            continue;
        } else if certain.contains(above) {
            Relation::OnFirst
        } else if all && own.contains(above) {
            Relation::OneOnFirst
        } else {
            Relation::EndFirst
        };
        found.push(waits(id, above, relation));
    }
}

#[cfg(test)]
mod tests;
