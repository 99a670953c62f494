//! Which events a webhook is told of.

use std::fmt;
use std::str::FromStr;

/// The longest pattern, in bytes.
const PATTERN_MAX_BYTES: usize = 64;

/// A kind of event such as `transition.ended`, or with a dot at its end all kinds that begin so, such as `task.`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventPattern(String);

/// A text that is no pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a kind of event is written in small letters, digits, `-` and dots, such as `transition.ended`; with a dot at its end, such as \
     `task.`, it means all kinds that begin so"
)]
pub struct PatternError;

impl FromStr for EventPattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        let stem = text.strip_suffix('.').unwrap_or(text);
        let word = |word: &str| {
            !word.is_empty()
                && word
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        };
        if text.len() <= PATTERN_MAX_BYTES && stem.split('.').all(word) {
            Ok(Self(text.to_owned()))
        } else {
            Err(PatternError)
        }
    }
}

impl fmt::Display for EventPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl EventPattern {
    /// Whether a kind of event is meant.
    pub fn matches(&self, kind: &str) -> bool {
        kind == self.0 || self.0.ends_with('.') && kind.starts_with(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_meant_whole_or_by_its_beginning() {
        let matches = |pattern: &str, kind| pattern.parse::<EventPattern>().unwrap().matches(kind);
        assert!(matches("transition.ended", "transition.ended"));
        assert!(!matches("transition.ended", "transition.ended-early"));
        assert!(!matches("transition.ended", "transition"));
        assert!(matches("task.", "task.accepted"));
        assert!(!matches("task.", "tasks.accepted"));
        assert!(!matches("task", "task.accepted"));
    }

    #[test]
    fn a_pattern_is_made_of_words() {
        for wrong in [
            "",
            ".",
            "*",
            "task.*",
            "Task.",
            "task..ended",
            "a b",
            &"a".repeat(65),
        ] {
            assert_eq!(wrong.parse::<EventPattern>(), Err(PatternError), "{wrong:?}");
        }
    }
}
