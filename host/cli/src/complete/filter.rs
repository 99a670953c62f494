//! Words of the filter language.

use clap_complete::engine::CompletionCandidate;

use super::live::Live;
use super::{beginning, candidate};

/// The fields, what they mean, and the values that are always there.
const FIELDS: [(&str, &str, &[&str]); 12] = [
    (
        "power",
        "the observed state",
        &[
            "on",
            "off",
            "powering-on",
            "powering-off",
            "paused",
            "asleep",
            "unknown",
        ],
    ),
    ("desired", "the wanted state", &["on", "off", "none"]),
    (
        "phase",
        "where the task in front of the line stands",
        &[
            "queued",
            "preparing",
            "reserving",
            "backoff",
            "intent",
            "pending",
            "verifying",
            "refused",
            "closing",
            "none",
        ],
    ),
    (
        "op",
        "the operation in front of the line",
        &[
            "on",
            "off",
            "soft-off",
            "force-off",
            "soft-restart",
            "hard-restart",
            "init",
            "reset",
            "power-cycle",
            "full-power-cycle",
            "nmi",
            "none",
        ],
    ),
    ("by", "whose task it is", &["none"]),
    ("transition", "which transition it is of", &["none"]),
    ("is", "a condition", &["busy", "idle", "waiting", "unavailable"]),
    (
        "flag",
        "a note",
        &[
            "drift",
            "held",
            "uncertain",
            "flip-flop",
            "endpoint-open",
            "failed",
        ],
    ),
    ("group", "a group of the inventory", &[]),
    (
        "kind",
        "what it is",
        &[
            "node",
            "chassis",
            "module",
            "router",
            "controller",
            "outlet",
            "network-switch",
            "other",
        ],
    ),
    ("role", "its role", &["Compute", "Management", "Application"]),
    (
        "class",
        "the class of its cabinet",
        &["Mountain", "Hill", "River"],
    ),
];

/// The last word of a filter.
pub(super) fn words(text: &str, live: &Live) -> Vec<CompletionCandidate> {
    let (before, word) = text.split_at(text.rfind(' ').map_or(0, |at| at + 1));
    let (minus, word) = match word.strip_prefix('-') {
        Some(word) => ("-", word),
        None => ("", word),
    };
    let Some((field, values)) = word.split_once(':') else {
        let fields = FIELDS.iter().filter(|(name, ..)| name.starts_with(word));
        return fields
            .map(|(name, help, _)| beginning(&format!("{before}{minus}{name}:"), help))
            .collect();
    };
    let Some((_, _, known)) = FIELDS.iter().find(|(name, ..)| *name == field) else {
        return Vec::new();
    };
    let (earlier, value) = values.split_at(values.rfind(',').map_or(0, |at| at + 1));
    let stem = format!("{before}{minus}{field}:{earlier}");
    let mut found: Vec<CompletionCandidate> = match field {
        "group" => live
            .groups()
            .iter()
            .filter(|name| name.starts_with(value))
            .map(|name| whole(&stem, name))
            .collect(),
        "transition" => live
            .transitions(value)
            .into_iter()
            .map(|found| found.add_prefix(stem.as_str()))
            .collect(),
        _ => Vec::new(),
    };
    found.extend(
        known
            .iter()
            .filter(|known| known.starts_with(value))
            .map(|known| whole(&stem, known)),
    );
    found
}

fn whole(stem: &str, value: &str) -> CompletionCandidate {
    candidate(&format!("{stem}{value}"), "")
}
