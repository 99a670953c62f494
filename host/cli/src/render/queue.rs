//! Lines of components.

use switchyard_wire::v2::{Component, QueueEntry};

use super::fold::fold;
use super::table::Table;
use super::text::{Paint, plain};

/// The lines, components with the same line together.
pub(crate) fn queues(components: &[Component], only_busy: bool, paint: Paint) -> String {
    let mut groups: Vec<(Vec<Row>, Vec<&str>)> = Vec::new();
    for component in components {
        let rows: Vec<Row> = component.queue.iter().flatten().map(Row::of).collect();
        match groups.iter_mut().find(|(known, _)| *known == rows) {
            Some((_, names)) => names.push(&component.id),
            None => groups.push((rows, vec![&component.id])),
        }
    }
    let idle = groups.iter().position(|(rows, _)| rows.is_empty());
    let idle = idle.map(|at| groups.remove(at).1);
    let mut table = Table::new(&[
        "COMPONENTS",
        "PLACE",
        "OPERATION",
        "PHASE",
        "BY",
        "TRANSITION",
        "WAITS FOR",
    ]);
    for (rows, names) in groups {
        let mut names = fold(names);
        for row in rows {
            let place = match row.place.as_str() {
                "now" => paint.busy(&row.place),
                _ => row.place.clone(),
            };
            table.add([
                std::mem::take(&mut names),
                place,
                row.operation,
                row.phase,
                row.by,
                row.transition,
                row.waits_for,
            ]);
        }
    }
    let mut lines = Vec::new();
    if !table.is_empty() {
        lines.push(table.show(paint));
    }
    if let Some(idle) = idle.filter(|_| !only_busy) {
        lines.push(format!("nothing in line: {}", fold(idle)));
    }
    if lines.is_empty() {
        return "nothing is in line".to_owned();
    }
    lines.join("\n")
}

/// What is shown of a task in line.
#[derive(Debug, PartialEq, Eq)]
struct Row {
    place: String,
    operation: String,
    phase: String,
    by: String,
    transition: String,
    waits_for: String,
}

impl Row {
    fn of(entry: &QueueEntry) -> Self {
        let shared = match entry.shared_by {
            0 | 1 => String::new(),
            others => format!(" +{}", others - 1),
        };
        let waits = entry.waiting_for.as_ref();
        Self {
            place: plain(&entry.place),
            operation: plain(&entry.operation),
            phase: plain(&entry.phase),
            by: format!("{}{shared}", plain(&entry.requested_by)),
            transition: plain(&entry.transition),
            waits_for: waits.map(|waits| plain(&waits.text)).unwrap_or_default(),
        }
    }
}
