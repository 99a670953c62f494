//! Why a caller asks, in its own words: a header, since the bodies of v1 are closed.

use http::{HeaderMap, StatusCode};
use switchyard_wire::{REASON_HEADER, REASON_MAX_CHARS};

use super::refusal::Refusal;

/// The reason that came with a request; a blank one is none. What cannot be kept as it was sent is refused rather than dropped, because
/// the reason is part of the audit.
pub(super) fn of(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let Some(value) = headers.get(REASON_HEADER) else {
        return Ok(None);
    };
    read(std::str::from_utf8(value.as_bytes()).map_err(|_| refusal())?)
}

/// The reason as it is kept; a blank one is none.
pub(super) fn read(words: &str) -> Result<Option<String>, Refusal> {
    let reason = words.trim();
    if reason.chars().count() > REASON_MAX_CHARS || reason.chars().any(char::is_control) {
        return Err(refusal());
    }
    Ok((!reason.is_empty()).then(|| reason.to_owned()))
}

fn refusal() -> Refusal {
    Refusal::new(
        StatusCode::BAD_REQUEST,
        "request.invalid-reason",
        format!(
            "a reason, as in the header {REASON_HEADER}, is one line of at most {REASON_MAX_CHARS} visible characters in UTF-8"
        ),
    )
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn sent(bytes: &[u8]) -> Result<Option<String>, Refusal> {
        let mut headers = HeaderMap::new();
        headers.insert(REASON_HEADER, HeaderValue::from_bytes(bytes).unwrap());
        of(&headers)
    }

    #[test]
    fn a_reason_is_one_short_line() {
        assert_eq!(of(&HeaderMap::new()), Ok(None));
        assert_eq!(sent(b"  "), Ok(None));
        assert_eq!(sent(b" CHG0012, CDU 3 "), Ok(Some("CHG0012, CDU 3".to_owned())));
        let longest = "\u{e4}".repeat(REASON_MAX_CHARS);
        assert_eq!(sent(longest.as_bytes()), Ok(Some(longest.clone())));
        for bad in [
            format!("{longest}a").into_bytes(),
            b"a\tb".to_vec(),
            vec![b'a', 0xff],
        ] {
            let refusal = sent(&bad).unwrap_err();
            assert_eq!(
                (refusal.status, refusal.code),
                (StatusCode::BAD_REQUEST, "request.invalid-reason")
            );
        }
    }
}
