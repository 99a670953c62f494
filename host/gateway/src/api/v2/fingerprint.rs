//! Failures that are alike: the same code, and the same words but for what differs from component to component.

use sha2::{Digest, Sha256};
use switchyard_xname::Xname;
use uuid::Uuid;

/// Stands for what differs.
const BLANK: &str = "…";
/// The bytes of a hash that name a group.
const FINGERPRINT_BYTES: usize = 8;

/// Names a group: the same for the same code and normalised text, wherever it is computed.
pub(super) fn fingerprint(code: &str, text: &str) -> String {
    let hash = Sha256::new()
        .chain_update(code)
        .chain_update([0])
        .chain_update(text)
        .finalize();
    let named = hash.iter().take(FINGERPRINT_BYTES);
    let number = named.fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    format!("{number:016x}")
}

/// The text without numbers, ids, xnames, times and quoted names.
pub(super) fn normalise(text: &str) -> String {
    let unquoted = without_quotes(text);
    let mut plain = String::with_capacity(unquoted.len());
    let mut rest = unquoted.as_str();
    while let Some(first) = rest.chars().next() {
        let (word, after) = if is_of_word(first) {
            let end = rest.find(|c| !is_of_word(c)).unwrap_or(rest.len());
            rest.split_at(end)
        } else {
            rest.split_at(first.len_utf8())
        };
        plain.push_str(&of_word(word));
        rest = after;
    }
    plain
}

fn is_of_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':' | '.')
}

/// A word without what differs. Marks at its end belong to the sentence.
fn of_word(word: &str) -> String {
    let bare = word.trim_end_matches(['.', ':', '-']);
    let (bare, marks) = word.split_at(bare.len());
    if !bare.bytes().any(|byte| byte.is_ascii_digit()) {
        return word.to_owned();
    }
    if Uuid::parse_str(bare).is_ok() || Xname::parse(bare).is_ok() || is_time(bare) {
        return format!("{BLANK}{marks}");
    }
    let mut plain = String::new();
    let mut in_number = false;
    for c in bare.chars() {
        let digit = c.is_ascii_digit();
        match (digit, in_number) {
            (true, false) => plain.push_str(BLANK),
            (true, true) => {}
            (false, _) => plain.push(c),
        }
        in_number = digit;
    }
    plain + marks
}

/// Whether it begins like a date of RFC 3339: `2026-11-21`.
fn is_time(word: &str) -> bool {
    let date = word.as_bytes().first_chunk::<10>();
    date.is_some_and(|date| {
        date.iter().enumerate().all(|(at, byte)| match at {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        })
    })
}

/// The text with nothing between its quotes. A quote inside a word, or one that is never closed, is an apostrophe.
fn without_quotes(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    let mut before: Option<char> = None;
    while let Some(first) = rest.chars().next() {
        let (mark, after) = rest.split_at(first.len_utf8());
        let opens = matches!(first, '"' | '\'' | '`') && !before.is_some_and(char::is_alphanumeric);
        let closed = if opens { after.split_once(first) } else { None };
        plain.push_str(mark);
        rest = after;
        if let Some((_, behind)) = closed {
            plain.push_str(BLANK);
            plain.push_str(mark);
            rest = behind;
        }
        before = Some(first);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_from_component_to_component_is_left_out() {
        for (text, plain) in [
            (
                "connection to 10.4.7.20:443 refused",
                "connection to ….….….…:… refused",
            ),
            ("x1000c0s0b0n0 is gone.", "… is gone."),
            (
                "task 019ab1f0-7c3e-7d10-a9a4-2c7e7b1f3a55: timed out",
                "task …: timed out",
            ),
            ("expired at 2026-11-01T00:00:00Z", "expired at …"),
            (
                "the value \"On\" of 'node 7' isn't the system's",
                "the value \"…\" of '…' isn't the system's",
            ),
            ("no digits", "no digits"),
            ("Ärger \"offen", "Ärger \"offen"),
        ] {
            assert_eq!(normalise(text), plain);
        }
    }

    #[test]
    fn a_fingerprint_is_of_code_and_text() {
        let one = fingerprint("bmc.busy", "busy");
        assert_eq!(one.len(), 16);
        assert_eq!(one, fingerprint("bmc.busy", "busy"));
        assert_ne!(one, fingerprint("bmc.busyb", "usy"));
    }
}
