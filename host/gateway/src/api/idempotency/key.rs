//! The header, and what makes two requests the same.

use http::{HeaderMap, StatusCode};
use sha2::{Digest, Sha256};
use switchyard_wire::{IDEMPOTENCY_KEY_HEADER, IDEMPOTENCY_KEY_MAX_CHARS};

use crate::api::refusal::Refusal;

/// The key of a request, if it has one. It may stand in quotes, as a string of RFC 8941.
pub(super) fn of(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let mut values = headers.get_all(IDEMPOTENCY_KEY_HEADER).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let text = value.to_str().map_err(|_| refusal())?.trim();
    let key = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
        .unwrap_or(text);
    let visible = key.bytes().all(|b| b.is_ascii_graphic() && b != b'"');
    if values.next().is_some() || key.is_empty() || key.len() > IDEMPOTENCY_KEY_MAX_CHARS || !visible {
        return Err(refusal());
    }
    Ok(Some(key.to_owned()))
}

fn refusal() -> Refusal {
    Refusal::new(
        StatusCode::BAD_REQUEST,
        "idempotency.invalid-key",
        format!(
            "the header {IDEMPOTENCY_KEY_HEADER} is sent once, with 1 to {IDEMPOTENCY_KEY_MAX_CHARS} visible ASCII \
             characters without spaces"
        ),
    )
    .hint("a random UUID is a good key")
}

/// The digest of query and body.
pub(in crate::api) fn fingerprint(query: Option<&str>, body: &[u8]) -> [u8; 32] {
    let query = query.unwrap_or_default();
    let mut digest = Sha256::new();
    // The length keeps the two apart.
    digest.update((query.len() as u64).to_le_bytes());
    digest.update(query);
    digest.update(body);
    digest.finalize().into()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn sent(values: &[&str]) -> Result<Option<String>, &'static str> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(IDEMPOTENCY_KEY_HEADER, HeaderValue::from_str(value).unwrap());
        }
        of(&headers).map_err(|refusal| refusal.code)
    }

    #[test]
    fn a_key_is_one_visible_word_with_or_without_quotes() {
        assert_eq!(sent(&[]), Ok(None));
        assert_eq!(sent(&[" 8e03978e "]), Ok(Some("8e03978e".to_owned())));
        assert_eq!(sent(&["\"8e03978e\""]), Ok(Some("8e03978e".to_owned())));
        let longest = "k".repeat(IDEMPOTENCY_KEY_MAX_CHARS);
        assert_eq!(sent(&[&longest]), Ok(Some(longest.clone())));
        let too_long = format!("{longest}k");
        let bad: [&[&str]; 6] = [&[""], &["\"\""], &["a b"], &["a\""], &[&too_long], &["a", "a"]];
        for values in bad {
            assert_eq!(sent(values), Err("idempotency.invalid-key"), "{values:?}");
        }
    }

    #[test]
    fn query_and_body_are_told_apart() {
        let prints = [
            fingerprint(None, b"ab"),
            fingerprint(Some("a"), b"b"),
            fingerprint(Some("ab"), b""),
        ];
        assert!(prints[0] != prints[1] && prints[1] != prints[2] && prints[0] != prints[2]);
        assert_eq!(fingerprint(None, b"a"), fingerprint(Some(""), b"a"));
    }
}
