//! What a request is about besides what it names: what stands above that or below it.

use std::collections::HashSet;

use switchyard_core::Kind;
use switchyard_wire::v2::Include;

use crate::engine::Fleet;

/// The names with the ids of what is to be included behind them, and those ids alone. Only what something switches is included, and no
/// BMC: that has no power of its own to switch.
pub(super) fn of(names: Vec<String>, include: Include, fleet: &Fleet) -> (Vec<String>, HashSet<String>) {
    let mut included = HashSet::new();
    if include == Include::None {
        return (names, included);
    }
    let rows: Vec<_> = names.iter().filter_map(|name| fleet.get(name)).collect();
    let named: HashSet<_> = rows.iter().map(|row| row.component.id.clone()).collect();
    let mut all = names;
    for row in &rows {
        let id = &row.component.id;
        let relatives = match include {
            Include::None => &[],
            Include::Parents => fleet.above(id),
            Include::Children => fleet.below(id),
        };
        for relative in relatives {
            let is_switched = fleet.component(relative).is_some_and(|row| {
                row.component.controller.is_some() && row.component.kind != Kind::Controller
            });
            if is_switched && !named.contains(relative) && included.insert(relative.to_string()) {
                all.push(relative.to_string());
            }
        }
    }
    (all, included)
}
