//! The challenges of `WWW-Authenticate` headers (RFC 9110, section 11.6.1).

/// The most bytes of these headers, together, that are looked at.
const HEADERS_MAX_BYTES: usize = 8 * 1024;
/// The most challenges that are read.
const CHALLENGES_MAX: usize = 16;
/// The most parameters that are read of one challenge.
const PARAMS_MAX: usize = 32;

/// One challenge: a scheme with its parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// The scheme, in lower case.
    pub scheme: String,
    /// The parameters in their order, names in lower case, values without their quotes.
    pub params: Vec<(String, String)>,
}

impl Challenge {
    /// Reads all challenges of all headers. One header may hold several; what cannot be read ends its header.
    pub fn all<'a>(headers: impl IntoIterator<Item = &'a str>) -> Vec<Self> {
        let mut challenges = Vec::new();
        let mut left = HEADERS_MAX_BYTES;
        for header in headers {
            let Some(rest) = left.checked_sub(header.len()) else {
                break;
            };
            left = rest;
            read(header, &mut challenges);
        }
        challenges
    }

    /// The value of a parameter; nothing when it is not there, or there more than once.
    pub(super) fn param(&self, name: &str) -> Option<&str> {
        let mut values = self.params.iter().filter(|(known, _)| known == name);
        match (values.next(), values.next()) {
            (Some((_, value)), None) => Some(value),
            _ => None,
        }
    }
}

/// The nonce for the next request, out of an `Authentication-Info` header (RFC 7616, section 3.5).
pub(super) fn next_nonce(header: &str) -> Option<String> {
    if header.len() > HEADERS_MAX_BYTES {
        return None;
    }
    let mut challenges = Vec::new();
    read(&format!("info {header}"), &mut challenges);
    challenges.first()?.param("nextnonce").map(str::to_owned)
}

fn read(header: &str, challenges: &mut Vec<Challenge>) {
    let mut cursor = Cursor(header);
    let mut current: Option<Challenge> = None;
    while challenges.len() < CHALLENGES_MAX {
        cursor.skip(|c| matches!(c, ' ' | '\t' | ','));
        let word = cursor.take(is_token);
        if word.is_empty() {
            break;
        }
        match (cursor.value(), current.as_mut()) {
            (Value::None, _) => {
                challenges.extend(current.take());
                current = Some(Challenge {
                    scheme: word.to_ascii_lowercase(),
                    params: Vec::new(),
                });
                cursor.skip_token68();
            }
            (Value::Is(value), Some(challenge)) if challenge.params.len() < PARAMS_MAX => {
                challenge.params.push((word.to_ascii_lowercase(), value));
            }
            (Value::Is(_) | Value::Broken, _) => return,
        }
    }
    // A header that is cut off or broken leaves nothing half-read behind.
    if cursor.0.is_empty() && challenges.len() < CHALLENGES_MAX {
        challenges.extend(current);
    }
}

/// What follows a word.
enum Value {
    /// No `=`: the word is a scheme.
    None,
    /// `=` and a value.
    Is(String),
    /// `=` and nothing that is a value.
    Broken,
}

/// The rest of a header.
struct Cursor<'a>(&'a str);

impl<'a> Cursor<'a> {
    fn skip(&mut self, what: impl Fn(char) -> bool) {
        self.0 = self.0.trim_start_matches(what);
    }

    fn take(&mut self, what: impl Fn(char) -> bool) -> &'a str {
        let end = self.0.find(|c| !what(c)).unwrap_or(self.0.len());
        let (word, rest) = self.0.split_at(end);
        self.0 = rest;
        word
    }

    /// Reads `= value`, white space around the sign included.
    fn value(&mut self) -> Value {
        let Some(rest) = self.0.trim_start_matches([' ', '\t']).strip_prefix('=') else {
            return Value::None;
        };
        self.0 = rest.trim_start_matches([' ', '\t']);
        let Some(quoted) = self.0.strip_prefix('"') else {
            let word = self.take(is_token);
            return if word.is_empty() {
                Value::Broken
            } else {
                Value::Is(word.to_owned())
            };
        };
        let mut value = String::new();
        let mut characters = quoted.char_indices();
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => {
                    self.0 = quoted.get(at + 1..).unwrap_or_default();
                    return Value::Is(value);
                }
                '\\' => match characters.next() {
                    Some((_, escaped)) => value.push(escaped),
                    None => return Value::Broken,
                },
                other => value.push(other),
            }
        }
        Value::Broken
    }

    /// Skips what `Negotiate` and its like carry in place of parameters. `realm=` before a value is none.
    fn skip_token68(&mut self) {
        let mut ahead = Cursor(self.0);
        ahead.skip(|c| c == ' ');
        let word =
            ahead.take(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~' | '+' | '/'));
        ahead.skip(|c| c == '=');
        let rest = ahead.0.trim_start_matches([' ', '\t']);
        if !word.is_empty() && (rest.is_empty() || rest.starts_with(',')) {
            self.0 = rest;
        }
    }
}

/// A character of a token (RFC 9110, section 5.6.2).
fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)
}
