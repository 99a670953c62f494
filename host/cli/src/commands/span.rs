//! Spans of time as people write them.

use std::time::Duration;

use jiff::Timestamp;

use crate::error::Error;

/// A span such as `90s`, `10m`, `12h` or `90d`.
pub(super) fn span(text: &str) -> Result<Duration, Error> {
    let refused = || Error::Span {
        span: text.to_owned(),
    };
    let unit = text.chars().last().ok_or_else(refused)?;
    let number = text.strip_suffix(unit).ok_or_else(refused)?;
    let number: u64 = number.parse().map_err(|_| refused())?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(refused()),
    };
    number
        .checked_mul(seconds)
        .map(Duration::from_secs)
        .ok_or_else(refused)
}

/// The time after a span.
pub(super) fn after(text: &str) -> Result<Timestamp, Error> {
    Timestamp::now()
        .checked_add(span(text)?)
        .map_err(|_| Error::Span {
            span: text.to_owned(),
        })
}

/// A time, or the time after a span.
pub(super) fn until(text: &str) -> Result<Timestamp, Error> {
    text.parse().or_else(|_| after(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_a_number_with_a_unit() {
        let ahead = |span| after(span).unwrap().duration_since(Timestamp::now()).as_secs();
        assert!((43_190..=43_200).contains(&ahead("12h")));
        assert!((86_390..=86_400).contains(&ahead("1d")));
        assert_eq!(span("90s").unwrap(), Duration::from_secs(90));
        for bad in ["", "12", "h", "-1h", "1.5h", "1y", "99999999999999999999d", "ü"] {
            assert!(after(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_end_is_a_time_or_a_span() {
        assert_eq!(
            until("2026-11-21T18:00:00Z").unwrap().to_string(),
            "2026-11-21T18:00:00Z"
        );
        assert!(until("2h").unwrap() > Timestamp::now());
        assert!(until("tomorrow").is_err());
    }
}
