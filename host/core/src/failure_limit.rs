//! How many parts of a request may fail before the rest of it is given up.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::outcome::Outcome;

/// The greatest number that a limit can be.
pub const FAILURES_MAX: u32 = 1_000_000;

/// How many parts of a request may fail: `5`, or `5%` of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum FailureLimit {
    /// So many.
    Count(u32),
    /// So many of a hundred.
    Percent(u8),
}

/// A text that is no limit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is neither a number from 0 to {FAILURES_MAX}, such as 5, nor a whole percentage from 0% to 100%, such as 5%"
)]
pub struct FailureLimitError(pub String);

impl FailureLimit {
    /// Whether more than so many of `total` have failed.
    pub fn is_exceeded(self, failed: u32, total: u32) -> bool {
        match self {
            Self::Count(most) => failed > most,
            Self::Percent(percent) => u64::from(failed) * 100 > u64::from(percent) * u64::from(total),
        }
    }

    /// Whether a part that ended so has failed. What was cancelled, or gave way to another request, has not.
    pub fn counts(outcome: &Outcome) -> bool {
        match outcome {
            Outcome::Failed { .. } | Outcome::TimedOut { .. } | Outcome::Uncertain { .. } => true,
            Outcome::Verified { .. }
            | Outcome::Already { .. }
            | Outcome::Unproven
            | Outcome::Superseded { .. }
            | Outcome::Absorbed { .. }
            | Outcome::Cancelled
            | Outcome::CancelledAfterSend { .. } => false,
        }
    }
}

impl fmt::Display for FailureLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => write!(f, "{count}"),
            Self::Percent(percent) => write!(f, "{percent}%"),
        }
    }
}

impl FromStr for FailureLimit {
    type Err = FailureLimitError;

    fn from_str(text: &str) -> Result<Self, FailureLimitError> {
        let wrong = || FailureLimitError(text.chars().take(32).collect());
        let (digits, is_percentage) = match text.strip_suffix('%') {
            Some(digits) => (digits, true),
            None => (text, false),
        };
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(wrong());
        }
        let number: u32 = digits.parse().map_err(|_| wrong())?;
        if is_percentage {
            let percent = u8::try_from(number).ok().filter(|percent| *percent <= 100);
            percent.map(Self::Percent).ok_or_else(wrong)
        } else if number <= FAILURES_MAX {
            Ok(Self::Count(number))
        } else {
            Err(wrong())
        }
    }
}

impl TryFrom<String> for FailureLimit {
    type Error = FailureLimitError;

    fn try_from(text: String) -> Result<Self, FailureLimitError> {
        text.parse()
    }
}

impl From<FailureLimit> for String {
    fn from(limit: FailureLimit) -> Self {
        limit.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_and_shown() {
        for (text, limit) in [
            ("0", FailureLimit::Count(0)),
            ("5", FailureLimit::Count(5)),
            ("0%", FailureLimit::Percent(0)),
            ("100%", FailureLimit::Percent(100)),
        ] {
            assert_eq!(text.parse(), Ok(limit));
            assert_eq!(limit.to_string(), text);
        }
        for wrong in [
            "",
            "%",
            "-1",
            "+1",
            "5.5%",
            "101%",
            "5 %",
            "1000001",
            "4294967296",
            "five",
        ] {
            assert!(wrong.parse::<FailureLimit>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn more_than_the_limit_is_too_much() {
        assert!(!FailureLimit::Count(5).is_exceeded(5, 100));
        assert!(FailureLimit::Count(5).is_exceeded(6, 100));
        assert!(!FailureLimit::Percent(5).is_exceeded(5, 100));
        assert!(FailureLimit::Percent(5).is_exceeded(6, 100));
        assert!(FailureLimit::Percent(5).is_exceeded(1, 10));
        assert!(FailureLimit::Percent(0).is_exceeded(1, 1_000_000));
        assert!(!FailureLimit::Percent(100).is_exceeded(u32::MAX, u32::MAX));
    }
}
