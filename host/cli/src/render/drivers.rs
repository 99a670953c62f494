//! Drivers: a table, one in full, and what a change left.

use switchyard_wire::v2::{Driver, DriverVersion, Endpoint, RefusedDriver};

use super::text::{Paint, plain};

/// The width of labels.
const LABEL_WIDTH: usize = 13;

/// A line for each version.
pub(crate) fn drivers(drivers: &[Driver], paint: Paint) -> String {
    let width = |of: fn(&Driver) -> usize, least: usize| drivers.iter().map(of).max().unwrap_or(0).max(least);
    let id = width(|driver| driver.id.chars().count(), 6);
    let version = width(
        |driver| {
            driver
                .versions
                .iter()
                .map(|version| version.version.len())
                .max()
                .unwrap_or(0)
        },
        7,
    );
    let head = format!(
        "{:<id$}  {:<version$}  {:<8}  {:<16}  {:<11}  {:>11}  {:>10}  {:>7}",
        "DRIVER", "VERSION", "ROLE", "MADE BY", "BASIS", "CONTROLLERS", "CALLS", "STOPPED"
    );
    let mut lines = vec![paint.dim(&head)];
    for driver in drivers {
        for one in &driver.versions {
            let stopped = one.calls.stopped + one.calls.refused;
            let stopped_text = format!("{stopped:>7}");
            lines.push(format!(
                "{:<id$}  {:<version$}  {}  {:<16}  {:<11}  {:>11}  {:>10}  {}",
                plain(&driver.id),
                plain(&one.version),
                role(one, paint),
                maker(one),
                plain(one.basis.as_deref().unwrap_or("-")),
                one.controllers,
                one.calls.ended,
                if stopped > 0 {
                    paint.bad(&stopped_text)
                } else {
                    stopped_text
                },
            ));
        }
    }
    lines.join("\n")
}

/// The role in eight columns.
fn role(version: &DriverVersion, paint: Paint) -> String {
    let text = format!("{:<8}", plain(&version.role));
    match version.role.as_str() {
        "standard" => paint.good(&text),
        "canary" => paint.busy(&text),
        _ => paint.dim(&text),
    }
}

/// Who made it, as far as that is known.
fn maker(version: &DriverVersion) -> String {
    match &version.key {
        Some(key) => plain(key),
        None => plain(&version.provenance),
    }
}

/// Which version is used by whom.
pub(crate) fn driver_lineup(driver: &Driver, paint: Paint) -> String {
    let mut lines = vec![format!(
        "{} {}",
        plain(&driver.id),
        paint.good(&plain(&driver.version))
    )];
    if let Some(canary) = &driver.canary {
        lines.push(format!(
            "{} tried by {} controllers: {}",
            paint.busy(&plain(&canary.version)),
            canary.count,
            plain(&canary.controllers)
        ));
    }
    if let Some(former) = &driver.former {
        lines.push(format!("{} before that", plain(former)));
    }
    lines.join("\n")
}

/// A driver in full.
pub(crate) fn driver(driver: &Driver, paint: Paint) -> String {
    let mut lines = vec![driver_lineup(driver, paint), plain(&driver.summary)];
    for version in &driver.versions {
        lines.push(String::new());
        lines.extend(version_in_full(version, paint));
    }
    lines.join("\n")
}

fn version_in_full(version: &DriverVersion, paint: Paint) -> Vec<String> {
    let list = |words: &[String]| plain(&words.join(", "));
    let calls = &version.calls;
    let limits = &version.limits;
    let mut rows = vec![
        (
            "version",
            format!("{} ({})", plain(&version.version), plain(&version.role)),
        ),
        ("source", plain(&version.source)),
        ("made by", maker(version)),
        ("sha256", plain(&version.sha256)),
        ("contract", plain(&version.contract)),
    ];
    rows.extend(version.basis.as_deref().map(|basis| ("basis", plain(basis))));
    rows.extend(
        version
            .evidence
            .as_deref()
            .map(|evidence| ("evidence", plain(evidence))),
    );
    rows.extend([
        ("wants", list(&version.wants)),
        ("granted", list(&version.granted)),
        ("imports", list(&version.imports)),
        ("exports", list(&version.exports)),
        (
            "limits",
            format!(
                "{} MiB, {} ms CPU, {} requests, {} in a survey, {} log lines",
                limits.memory_bytes >> 20,
                limits.cpu_ms,
                limits.requests,
                limits.survey_requests,
                limits.log_lines
            ),
        ),
        (
            "compiled",
            format!(
                "{} ms{}",
                version.compilation.took_ms,
                if version.compilation.cached {
                    ", from the cache"
                } else {
                    ""
                }
            ),
        ),
        (
            "calls",
            format!(
                "{}, of which {} failed, {} were stopped and {} refused",
                calls.ended, calls.failed, calls.stopped, calls.refused
            ),
        ),
    ]);
    rows.extend(
        calls
            .last_stop
            .as_deref()
            .map(|why| ("last stop", paint.bad(&plain(why)))),
    );
    rows.extend(set(
        "controllers",
        version.controllers,
        version.controller_set.as_deref(),
    ));
    rows.extend(set(
        "components",
        version.components,
        version.component_set.as_deref(),
    ));
    rows.into_iter()
        .map(|(label, value)| format!("{}{value}", paint.dim(&format!("{label:<LABEL_WIDTH$}"))))
        .collect()
}

fn set<'l>(label: &'l str, count: usize, names: Option<&str>) -> Option<(&'l str, String)> {
    let names = names.filter(|_| count > 0)?;
    Some((label, format!("{count}: {}", plain(names))))
}

/// A driver that was refused.
pub(crate) fn refused_driver(refused: &RefusedDriver, paint: Paint) -> String {
    format!(
        "{} {}  {}: {}",
        paint.bad("refused"),
        plain(&refused.code),
        plain(&refused.what),
        plain(&refused.detail)
    )
}

/// Which driver speaks to a controller, and why.
pub(crate) fn selection(endpoint: &Endpoint, paint: Paint) -> String {
    let selection = &endpoint.selection;
    let driver = match (&endpoint.driver, &selection.version) {
        (Some(driver), Some(version)) => paint.good(&format!("{}@{}", plain(driver), plain(version))),
        _ => paint.odd("no driver"),
    };
    let mut lines = vec![format!(
        "{}  {driver}, chosen by {}",
        plain(&endpoint.id),
        plain(&selection.by)
    )];
    lines.extend(selection.problem.as_deref().map(plain));
    for fact in &selection.facts {
        let label = format!("{:<LABEL_WIDTH$}", plain(&fact.name));
        lines.push(format!("{}{}", paint.dim(&label), plain(&fact.value)));
    }
    lines.join("\n")
}
