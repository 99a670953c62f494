//! What happened, who did it, and how things stand.

use serde_json::Value;
use switchyard_wire::v2::{AuditEntry, Dependency, Event};

use super::table::Table;
use super::text::{Paint, plain};

/// The longest value that is shown of what belongs to an event, in characters.
const VALUE_MAX: usize = 120;
/// The width of kinds, as wide as most.
const KIND_WIDTH: usize = 22;

/// An event, in one line.
pub(crate) fn event(event: &Event, paint: Paint) -> String {
    let mut words = vec![
        paint.dim(&plain(&event.at)),
        format!("{:<KIND_WIDTH$}", plain(&event.kind)),
    ];
    words.extend(event.component.as_deref().map(plain));
    if let Value::Object(data) = &event.data {
        let shown = data.iter().filter(|(_, value)| !value.is_null());
        words.extend(shown.map(|(key, value)| format!("{}={}", plain(key), short(value))));
    }
    words.extend(
        event
            .transition
            .as_deref()
            .map(|id| paint.dim(&format!("transition={}", plain(id)))),
    );
    words.join(" ")
}

fn short(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let text = plain(&text);
    let quoted = if text.contains(' ') {
        format!("{text:?}")
    } else {
        text
    };
    match quoted.char_indices().nth(VALUE_MAX) {
        Some((at, _)) => format!("{}…", quoted.get(..at).unwrap_or_default()),
        None => quoted,
    }
}

/// Entries of the audit, newest first.
pub(crate) fn audit(entries: &[AuditEntry], paint: Paint) -> String {
    if entries.is_empty() {
        return "no entries".to_owned();
    }
    let mut table = Table::new(&["AT", "WHO", "ACTION", "FROM", "TARGET", "REASON"]);
    for entry in entries {
        table.add([
            plain(&entry.at),
            plain(&entry.who),
            plain(&entry.action),
            entry.origin.as_deref().map_or_else(|| "-".to_owned(), plain),
            plain(&entry.target),
            entry.reason.as_deref().map(plain).unwrap_or_default(),
        ]);
    }
    table.show(paint)
}

/// What the service depends on, and below each that does not stand well what that means.
pub(crate) fn dependencies(dependencies: &[Dependency], paint: Paint) -> String {
    let mut table = Table::new(&["DEPENDENCY", "STATE", "SINCE", "WHY"]);
    for dependency in dependencies {
        let state = plain(&dependency.state);
        let painted = match state.as_str() {
            "ok" => paint.good(&state),
            "not-configured" => paint.dim(&state),
            "degraded" => paint.odd(&state),
            _ => paint.bad(&state),
        };
        table.add([
            plain(&dependency.name),
            painted,
            plain(&dependency.since),
            dependency.reason.as_deref().map(plain).unwrap_or_default(),
        ]);
    }
    let mut lines = vec![table.show(paint)];
    let unwell = dependencies
        .iter()
        .filter(|dependency| !matches!(dependency.state.as_str(), "ok" | "not-configured"));
    for dependency in unwell {
        lines.push(format!("{}:", plain(&dependency.name)));
        lines.push(format!("  stops    {}", plain(&dependency.stops)));
        lines.push(format!("  goes on  {}", plain(&dependency.goes_on)));
        lines.push(format!("  lasts    {}", plain(&dependency.lasts)));
    }
    lines.join("\n")
}
