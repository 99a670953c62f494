//! Times as the API writes them.

use std::time::{SystemTime, UNIX_EPOCH};

use switchyard_core::Timestamp;

/// The time in RFC 3339, UTC, with milliseconds. Times that no calendar holds are written as the epoch.
pub(crate) fn rfc3339(at: Timestamp) -> String {
    let at = jiff::Timestamp::from_millisecond(at.as_millis()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    format!("{at:.3}")
}

/// The same of a time of the system.
pub(crate) fn rfc3339_of(at: SystemTime) -> String {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    let millis = i64::try_from(since.as_millis()).unwrap_or_default();
    rfc3339(Timestamp::from_millis(millis))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_milliseconds_and_a_z() {
        assert_eq!(
            rfc3339(Timestamp::from_millis(1_675_899_752_047)),
            "2023-02-08T23:42:32.047Z"
        );
        assert_eq!(rfc3339(Timestamp::from_millis(0)), "1970-01-01T00:00:00.000Z");
        assert_eq!(
            rfc3339(Timestamp::from_millis(i64::MAX)),
            "1970-01-01T00:00:00.000Z"
        );
    }
}
