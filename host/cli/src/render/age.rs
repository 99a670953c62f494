//! Spans of time as people read them.

use std::time::Duration;

use jiff::Timestamp;

/// A span in one or two units: `0.4s`, `12s`, `1m45s`, `2h03m`, `3d04h`.
pub(crate) fn duration(span: Duration) -> String {
    let seconds = span.as_secs();
    match seconds {
        0..10 => format!("{}.{}s", seconds, span.subsec_millis() / 100),
        10..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{}h{:02}m", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{}d{:02}h", seconds / 86_400, seconds % 86_400 / 3_600),
    }
}

/// A span without fractions, for what is not that exact.
pub(super) fn whole(span: Duration) -> String {
    match span.as_secs() {
        seconds @ 0..10 => format!("{seconds}s"),
        _ => duration(span),
    }
}

/// The time between two RFC 3339 texts; none if one is no time or they are the wrong way round.
pub(crate) fn between(from: &str, to: &str) -> Option<Duration> {
    let from: Timestamp = from.parse().ok()?;
    let to: Timestamp = to.parse().ok()?;
    Duration::try_from(to.duration_since(from)).ok()
}
