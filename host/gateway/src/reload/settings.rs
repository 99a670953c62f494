//! Which settings hold at once, and which from the next start on.

use std::collections::BTreeMap;

use crate::config::Row;

/// Settings that hold from the moment in which they are read, by their names or the beginnings of them.
const LIVE: [&str; 14] = [
    "engine.record_expiry_h",
    "engine.start_within_s",
    "limits.burst",
    "limits.callers_max",
    "limits.confirm_above",
    "limits.idempotency_keys_max",
    "limits.idempotency_keys_per_caller",
    "limits.open_tasks_max",
    "limits.requests_per_second",
    "log.level",
    "poller.enabled",
    "poller.interval_s",
    "protect.",
    "stagger",
];

/// Settings that differ, by what becomes of them.
#[derive(Debug, PartialEq, Eq, Default)]
struct Differences<'a> {
    live: Vec<(&'a str, &'a str)>,
    at_restart: Vec<&'a str>,
}

/// Logs what differs from the start: what holds now, and what needs a restart.
pub(super) fn tell(at_start: &[Row], now: &[Row]) {
    let Differences { live, at_restart } = differences(at_start, now);
    for (setting, value) in live {
        tracing::info!(setting, value, "setting changed since the start, and in force");
    }
    if !at_restart.is_empty() {
        tracing::warn!(
            settings = at_restart.join(", "),
            "these settings are others now, which takes a restart"
        );
    }
}

fn differences<'a>(at_start: &'a [Row], now: &'a [Row]) -> Differences<'a> {
    let values = |rows: &'a [Row]| -> BTreeMap<&'a str, Vec<&'a str>> {
        let mut values: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for row in rows {
            values.entry(row.setting).or_default().push(row.value.as_str());
        }
        values
    };
    let (before, after) = (values(at_start), values(now));
    let mut differences = Differences::default();
    let settings: std::collections::BTreeSet<_> = before.keys().chain(after.keys()).copied().collect();
    for setting in settings {
        if before.get(setting) == after.get(setting) {
            continue;
        }
        if LIVE.iter().any(|live| is_meant(live, setting)) {
            let value = after.get(setting).and_then(|values| values.last());
            differences
                .live
                .push((setting, value.copied().unwrap_or_default()));
        } else {
            differences.at_restart.push(setting);
        }
    }
    differences
}

fn is_meant(live: &str, setting: &str) -> bool {
    live == setting || (live.ends_with('.') && setting.starts_with(live))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Origin, Row};

    fn row(setting: &'static str, value: &str) -> Row {
        Row {
            setting,
            value: value.to_owned(),
            origin: Origin::Default,
        }
    }

    #[test]
    fn what_differs_is_told_by_name() {
        let at_start = [
            row("log.level", "info"),
            row("store.path", "/a"),
            row("protect.v1", "false"),
            row("listen.address", "127.0.0.1:1"),
        ];
        let now = [
            row("log.level", "debug"),
            row("store.path", "/b"),
            row("protect.v1", "true"),
            row("listen.address", "127.0.0.1:1"),
        ];
        let differences = differences(&at_start, &now);
        assert_eq!(differences.live, [("log.level", "debug"), ("protect.v1", "true")]);
        assert_eq!(differences.at_restart, ["store.path"]);
    }
}
