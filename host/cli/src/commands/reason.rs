//! Reasons, which travel in a header.

use reqwest::header::HeaderValue;
use switchyard_wire::REASON_MAX_CHARS;

use crate::error::Error;

/// A reason as a header: one line of at most [`REASON_MAX_CHARS`] characters.
pub(super) fn header(reason: &str) -> Result<HeaderValue, Error> {
    HeaderValue::from_bytes(checked(reason)?.as_bytes()).map_err(|_| refused())
}

/// A reason for a body, of the same kind.
pub(super) fn checked(reason: &str) -> Result<String, Error> {
    if reason.chars().count() > REASON_MAX_CHARS || reason.chars().any(char::is_control) {
        return Err(refused());
    }
    Ok(reason.trim().to_owned())
}

const fn refused() -> Error {
    Error::Reason {
        max: REASON_MAX_CHARS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_one_short_line() {
        assert_eq!(
            header(" CDU maintenance CHG0012 ").unwrap(),
            "CDU maintenance CHG0012"
        );
        assert!(header("Wärme").is_ok());
        assert!(header("a\nX-Other: b").is_err());
        assert!(header(&"a".repeat(REASON_MAX_CHARS + 1)).is_err());
    }
}
