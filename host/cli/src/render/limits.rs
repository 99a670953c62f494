//! Power limits.

use std::collections::BTreeMap;

use switchyard_wire::Standing;
use switchyard_wire::v2::{ComponentLimits, ConfigurationMember, PowerLimit};

use super::fold::fold;
use super::table::Table;
use super::text::{Paint, plain};

/// The limits of one component.
pub(crate) fn limits(limits: &ComponentLimits, paint: Paint) -> String {
    if limits.limits.is_empty() {
        return format!("{}: the BMC shows no limit", plain(&limits.component));
    }
    let mut table = head();
    for (at, limit) in limits.limits.iter().enumerate() {
        let name = if at == 0 {
            plain(&limits.component)
        } else {
            String::new()
        };
        table.add(row(name, limit));
    }
    table.show(paint)
}

/// What became of the components of a configuration, those alike together.
pub(crate) fn members(members: &[ConfigurationMember], paint: Paint) -> String {
    let mut table = head();
    let mut alike: Vec<(&[PowerLimit], Vec<&str>)> = Vec::new();
    let mut told: BTreeMap<(bool, String), Vec<&str>> = BTreeMap::new();
    for member in members {
        let failed = matches!(member.standing, Standing::Failed | Standing::Unsupported);
        if failed || member.outcome.as_deref() != Some("read") {
            let entry = told.entry((failed, words(member)));
            entry.or_default().push(&member.name);
        }
        let now = member.now.as_ref().and_then(|now| now.limits.as_deref());
        if let Some(now) = now.filter(|_| !failed) {
            match alike.iter_mut().find(|(known, _)| *known == now) {
                Some((_, names)) => names.push(&member.name),
                None => alike.push((now, vec![&member.name])),
            }
        }
    }
    for (limits, names) in alike {
        for (at, limit) in limits.iter().enumerate() {
            let name = if at == 0 {
                fold(names.iter().copied())
            } else {
                String::new()
            };
            table.add(row(name, limit));
        }
    }
    let mut lines = Vec::new();
    if !table.is_empty() {
        lines.push(table.show(paint));
    }
    lines.extend(told.into_iter().map(|((failed, words), names)| {
        let mark = if failed {
            paint.bad("FAIL")
        } else {
            paint.good("ok  ")
        };
        format!("{mark} {}  {}: {words}", names.len(), fold(names))
    }));
    lines.join("\n")
}

fn words(member: &ConfigurationMember) -> String {
    let outcome = member.outcome.as_deref().unwrap_or("would be set");
    let failure = member.failure.as_ref();
    let texts: Vec<String> = member
        .problems
        .iter()
        .map(|problem| plain(&problem.text))
        .collect();
    let why = match failure {
        Some(failure) => plain(&failure.text),
        None if !texts.is_empty() => texts.join("; "),
        None if member.standing == Standing::Failed => plain(&member.description).replace(&member.name, "it"),
        None => String::new(),
    };
    if why.is_empty() {
        plain(outcome)
    } else {
        format!("{}: {why}", plain(outcome))
    }
}

fn head() -> Table {
    Table::new(&["COMPONENTS", "LIMIT", "WATTS", "RANGE", "MODE", "SETTABLE"])
}

fn row(name: String, limit: &PowerLimit) -> [String; 6] {
    let range = match (limit.min, limit.max) {
        (None, None) => "-".to_owned(),
        (min, max) => format!("{}-{}", number(min), number(max)),
    };
    [
        name,
        plain(&limit.name),
        limit
            .watts
            .map_or_else(|| "none".to_owned(), |watts| number(Some(watts))),
        range,
        plain(&limit.mode),
        if limit.writable { "yes" } else { "no" }.to_owned(),
    ]
}

fn number(watts: Option<f64>) -> String {
    watts.map_or_else(String::new, |watts| {
        let text = format!("{watts:.1}");
        text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
    })
}
