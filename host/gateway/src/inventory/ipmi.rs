//! The `ipmi` table of a controller.

use std::time::Duration;

use switchyard_transport::ipmi::{CipherSuite, Privilege, Settings, Suites, Workaround};

use super::{GAP_MAX_MS, IPMI_RETRY_MAX_MS, IPMI_RETRY_MIN_MS};
use crate::document::{Fields, Node, Problems, Value, nearest};

/// Reads the table; what it does not say stays as it usually is.
pub(super) fn settings(node: &Node, problems: &mut Problems<'_>) -> Settings {
    let mut settings = Settings::default();
    let Some(mut fields) = Fields::of(node, "`ipmi`", problems) else {
        return settings;
    };
    if let Some(list) = fields.list("suites", problems) {
        settings.suites = suites(list, node.at, problems).unwrap_or(settings.suites);
    }
    if let Some(word) = fields.text("privilege", problems) {
        match Privilege::from_word(word.value) {
            Some(level) => settings.privilege = level,
            None => problems.add(
                word.at,
                "`privilege` is \"user\", \"operator\" or \"administrator\"",
            ),
        }
    }
    let chosen = fields.texts("workarounds", problems).unwrap_or_default();
    settings.workarounds = chosen
        .into_iter()
        .filter_map(|name| {
            let known = Workaround::from_name(name.value);
            if known.is_none() {
                problems.add(name.at, unknown_workaround(name.value));
            }
            known
        })
        .collect();
    let mut millis = |key, least, most, usual| {
        let given = fields.integer(key, least, most, problems);
        given
            .and_then(|millis| u64::try_from(millis).ok())
            .map_or(usual, Duration::from_millis)
    };
    settings.session_gap = millis("session_gap_ms", 0, GAP_MAX_MS, settings.session_gap);
    settings.retry = millis("retry_ms", IPMI_RETRY_MIN_MS, IPMI_RETRY_MAX_MS, settings.retry);
    fields.finish(problems);
    settings
}

/// One or two suites, the preferred one first.
fn suites(list: &[Node], at: usize, problems: &mut Problems<'_>) -> Option<Suites> {
    let suite = |node: &Node| match node.value {
        Value::Integer(id) => u8::try_from(id).ok().and_then(CipherSuite::from_id),
        _ => None,
    };
    match list {
        [only] => suite(only).map(Suites::only),
        [first, other] => suite(first)
            .zip(suite(other))
            .filter(|(first, other)| first != other)
            .map(|(first, other)| Suites::either(first, other)),
        _ => None,
    }
    .or_else(|| {
        let at = list.first().map_or(at, |node| node.at);
        problems.add(
            at,
            "`suites` lists cipher suites, the preferred one first: [17, 3], [3, 17], [17] or [3]",
        );
        None
    })
}

fn unknown_workaround(name: &str) -> String {
    let known = Workaround::ALL.map(Workaround::as_str);
    if name == "opensesspriv" {
        return "the workaround `opensesspriv` is not needed: sessions are always opened that way".to_owned();
    }
    match nearest(name, &known) {
        Some(near) => format!("unknown workaround `{name}`; did you mean `{near}`?"),
        None => format!("unknown workaround `{name}`; known are `{}`", known.join("`, `")),
    }
}
