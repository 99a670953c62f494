//! What is wrong with a text that is no JSON, found as Go's scanner finds it (`encoding/json`, scanner.go).

use std::iter::Peekable;

use super::Error;

/// The deepest nesting that Go's scanner follows.
const DEPTH_MAX: usize = 10_000;

#[derive(Debug, Clone, Copy)]
enum Open {
    Object,
    Array,
}

/// Reads one value and nothing after it.
pub(super) fn check(bytes: &[u8]) -> Result<(), Error> {
    let mut text = Text {
        bytes: bytes.iter().copied().peekable(),
    };
    let mut open = Vec::new();
    let mut first = text.token()?;
    loop {
        let opened = match first {
            b'{' => match text.token()? {
                b'}' => None,
                quote => {
                    text.key(quote)?;
                    Some((Open::Object, text.token()?))
                }
            },
            b'[' => match text.token()? {
                b']' => None,
                item => Some((Open::Array, item)),
            },
            other => {
                text.scalar(other)?;
                None
            }
        };
        first = match opened {
            Some(_) if open.len() >= DEPTH_MAX => return Err(Error::TooDeep),
            Some((kind, next)) => {
                open.push(kind);
                next
            }
            None => match text.after_value(&mut open)? {
                Some(next) => next,
                None => return Ok(()),
            },
        };
    }
}

struct Text<I: Iterator<Item = u8>> {
    bytes: Peekable<I>,
}

impl<I: Iterator<Item = u8>> Text<I> {
    fn next(&mut self) -> Result<u8, Error> {
        self.bytes.next().ok_or(Error::UnexpectedEnd)
    }

    /// The next byte that is no white space.
    fn token(&mut self) -> Result<u8, Error> {
        loop {
            match self.next()? {
                b' ' | b'\t' | b'\r' | b'\n' => {}
                byte => return Ok(byte),
            }
        }
    }

    /// Goes on after a value: to the first byte of the next one, or to the end of the text.
    fn after_value(&mut self, open: &mut Vec<Open>) -> Result<Option<u8>, Error> {
        while let Some(kind) = open.last() {
            match (kind, self.token()?) {
                (Open::Object, b',') => {
                    let quote = self.token()?;
                    self.key(quote)?;
                    return self.token().map(Some);
                }
                (Open::Array, b',') => return self.token().map(Some),
                (Open::Object, b'}') | (Open::Array, b']') => {
                    open.pop();
                }
                (Open::Object, byte) => return Err(invalid(byte, "after object key:value pair")),
                (Open::Array, byte) => return Err(invalid(byte, "after array element")),
            }
        }
        match self.token() {
            Err(_) => Ok(None),
            Ok(byte) => Err(invalid(byte, "after top-level value")),
        }
    }

    fn key(&mut self, quote: u8) -> Result<(), Error> {
        if quote != b'"' {
            return Err(invalid(quote, "looking for beginning of object key string"));
        }
        self.string()?;
        match self.token()? {
            b':' => Ok(()),
            byte => Err(invalid(byte, "after object key")),
        }
    }

    fn scalar(&mut self, first: u8) -> Result<(), Error> {
        match first {
            b'"' => self.string(),
            b'-' | b'0'..=b'9' => self.number(first),
            b't' => self.word(&TRUE),
            b'f' => self.word(&FALSE),
            b'n' => self.word(&NULL),
            byte => Err(invalid(byte, "looking for beginning of value")),
        }
    }

    fn string(&mut self) -> Result<(), Error> {
        loop {
            match self.next()? {
                b'"' => return Ok(()),
                b'\\' => self.escape()?,
                byte if byte < b' ' => return Err(invalid(byte, "in string literal")),
                _ => {}
            }
        }
    }

    fn escape(&mut self) -> Result<(), Error> {
        match self.next()? {
            b'b' | b'f' | b'n' | b'r' | b't' | b'\\' | b'/' | b'"' => Ok(()),
            b'u' => (0..4).try_for_each(|_| match self.next()? {
                byte if byte.is_ascii_hexdigit() => Ok(()),
                byte => Err(invalid(byte, "in \\u hexadecimal character escape")),
            }),
            byte => Err(invalid(byte, "in string escape code")),
        }
    }

    fn number(&mut self, first: u8) -> Result<(), Error> {
        let first = if first == b'-' {
            self.digit("in numeric literal")?
        } else {
            first
        };
        if first != b'0' {
            self.digits();
        }
        if self.bytes.next_if_eq(&b'.').is_some() {
            self.digit("after decimal point in numeric literal")?;
            self.digits();
        }
        if self.bytes.next_if(|byte| matches!(byte, b'e' | b'E')).is_some() {
            let _sign = self.bytes.next_if(|byte| matches!(byte, b'+' | b'-'));
            self.digit("in exponent of numeric literal")?;
            self.digits();
        }
        Ok(())
    }

    fn digit(&mut self, place: &'static str) -> Result<u8, Error> {
        match self.next()? {
            byte if byte.is_ascii_digit() => Ok(byte),
            byte => Err(invalid(byte, place)),
        }
    }

    fn digits(&mut self) {
        while self.bytes.next_if(u8::is_ascii_digit).is_some() {}
    }

    fn word(&mut self, rest: &[(u8, &'static str)]) -> Result<(), Error> {
        rest.iter().try_for_each(|(wanted, place)| match self.next()? {
            byte if byte == *wanted => Ok(()),
            byte => Err(invalid(byte, place)),
        })
    }
}

const TRUE: [(u8, &str); 3] = [
    (b'r', "in literal true (expecting 'r')"),
    (b'u', "in literal true (expecting 'u')"),
    (b'e', "in literal true (expecting 'e')"),
];
const FALSE: [(u8, &str); 4] = [
    (b'a', "in literal false (expecting 'a')"),
    (b'l', "in literal false (expecting 'l')"),
    (b's', "in literal false (expecting 's')"),
    (b'e', "in literal false (expecting 'e')"),
];
const NULL: [(u8, &str); 3] = [
    (b'u', "in literal null (expecting 'u')"),
    (b'l', "in literal null (expecting 'l')"),
    (b'l', "in literal null (expecting 'l')"),
];

/// Go quotes the byte as if it were a code point.
fn invalid(byte: u8, place: &'static str) -> Error {
    let found = match byte {
        b'\'' => "\\'".to_owned(),
        b'\\' => "\\\\".to_owned(),
        0x07 => "\\a".to_owned(),
        0x08 => "\\b".to_owned(),
        b'\t' => "\\t".to_owned(),
        b'\n' => "\\n".to_owned(),
        0x0b => "\\v".to_owned(),
        0x0c => "\\f".to_owned(),
        b'\r' => "\\r".to_owned(),
        0x00..=0x1f | 0x7f => format!("\\x{byte:02x}"),
        0x80..=0x9f | 0xad => format!("\\u{byte:04x}"),
        0xa0 => "\\u00a0".to_owned(),
        other => char::from(other).to_string(),
    };
    Error::InvalidCharacter { found, place }
}
