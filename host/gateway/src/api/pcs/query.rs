//! Query strings, read as Go's `net/url` reads them.

use std::borrow::Cow;

/// The pairs of a query in order. A pair with a bad escape or a semicolon is left out, as `url.URL.Query` does.
pub(in crate::api) fn pairs(query: &str) -> impl Iterator<Item = (String, String)> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty() && !pair.contains(';'))
        .filter_map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((unescape(name)?, unescape(value)?))
        })
}

/// Undoes `%41` and `+`. Bytes that are no UTF-8 become replacement characters, which no name holds.
fn unescape(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut plain = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        plain.push(match byte {
            b'+' => b' ',
            b'%' => hex(bytes.next()?)? << 4 | hex(bytes.next()?)?,
            other => other,
        });
    }
    Some(match String::from_utf8_lossy(&plain) {
        Cow::Borrowed(text) => text.to_owned(),
        Cow::Owned(text) => text,
    })
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Vec<(String, String)> {
        pairs(query).collect()
    }

    #[test]
    fn repeated_names_stay_apart_and_in_order() {
        let read = read("xname=x0c0s0b0n0&powerStateFilter=on&xname=x0c0s1b0n0");
        let names: Vec<_> = read
            .iter()
            .filter(|(name, _)| name == "xname")
            .map(|(_, value)| value.as_str())
            .collect();
        assert_eq!(names, ["x0c0s0b0n0", "x0c0s1b0n0"]);
    }

    #[test]
    fn escapes_are_undone_and_bad_ones_left_out() {
        assert_eq!(read("a%3Db=c+d%20e"), [("a=b".to_owned(), "c d e".to_owned())]);
        assert_eq!(
            read("xname=%zz&xname=%4&xname"),
            [("xname".to_owned(), String::new())]
        );
        assert_eq!(read("a=1;b=2&&c=%FF"), [("c".to_owned(), "\u{fffd}".to_owned())]);
        assert!(read("").is_empty());
    }
}
