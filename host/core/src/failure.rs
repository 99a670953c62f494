//! Why a call to a BMC did not do what was asked, in the BMC's own words.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The typed cause of a failure.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// No connection, no answer, or a cut connection.
    Unreachable,
    /// The TLS handshake or the certificate was refused.
    Tls,
    /// The credentials were refused, or none are known.
    Auth,
    /// Authenticated but not allowed.
    Forbidden,
    /// The BMC asks to come back later.
    Busy,
    /// The resource does not exist.
    NotFound,
    /// The BMC does not offer this.
    NotSupported,
    /// The BMC refused the request as wrong.
    Invalid,
    /// The BMC refused the request because of the present state.
    Conflict,
    /// Locked by an administrator.
    Locked,
    /// A person at the machine has to agree.
    NeedsConsent,
    /// The call was cancelled.
    Cancelled,
    /// The host refused what the driver asked of it.
    RefusedByHost,
    /// The answer could not be understood.
    Malformed,
    /// The driver trapped, or went over one of its limits.
    Driver,
    /// The time for the call ran out.
    Timeout,
    /// The controller was not asked: it is left alone for a while (`breaker`).
    BreakerOpen,
    /// The controller was not asked: its login cannot be had now.
    NoLogin,
    /// The state manager (SMD) did not give what was asked of it, which may pass.
    Smd,
    /// Something else, in the driver's word.
    Other(String),
}

impl Cause {
    /// The stable code of the cause, as it appears in the API and in metrics.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreachable => "bmc.unreachable",
            Self::Tls => "bmc.tls",
            Self::Auth => "bmc.auth",
            Self::Forbidden => "bmc.forbidden",
            Self::Busy => "bmc.busy",
            Self::NotFound => "bmc.not-found",
            Self::NotSupported => "bmc.not-supported",
            Self::Invalid => "bmc.invalid",
            Self::Conflict => "bmc.conflict",
            Self::Locked => "bmc.locked",
            Self::NeedsConsent => "bmc.needs-consent",
            Self::Cancelled => "call.cancelled",
            Self::RefusedByHost => "driver.refused",
            Self::Malformed => "bmc.malformed",
            Self::Driver => "driver.failed",
            Self::Timeout => "bmc.timeout",
            Self::BreakerOpen => "endpoint.breaker-open",
            Self::NoLogin => "credentials.unavailable",
            Self::Smd => "smd.away",
            Self::Other(_) => "bmc.other",
        }
    }

    /// Whether trying again later, unchanged, can help. Of a failure with a status [`Failure::is_transient`] knows more.
    fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Unreachable
                | Self::Busy
                | Self::Timeout
                | Self::Malformed
                | Self::BreakerOpen
                | Self::NoLogin
                | Self::Smd
        )
    }
}

/// The longest text that a failure keeps, in bytes.
pub const TEXT_MAX_BYTES: usize = 2048;
/// The most message ids that a failure keeps.
pub const CODES_MAX: usize = 16;

/// A failed call: cause, status and the BMC's own words.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Failure {
    /// The typed cause.
    pub cause: Cause,
    /// The status of the answer, when there was one.
    pub status: Option<u16>,
    /// The BMC's message ids, at most [`CODES_MAX`].
    pub codes: Vec<String>,
    /// The BMC's words, at most [`TEXT_MAX_BYTES`].
    pub text: String,
    /// How long the BMC asks to wait.
    pub retry_after: Option<Duration>,
}

impl Failure {
    /// A failure without a status; the text is cut to [`TEXT_MAX_BYTES`].
    pub fn new(cause: Cause, text: impl Into<String>) -> Self {
        let mut failure = Self {
            cause,
            status: None,
            codes: Vec::new(),
            text: text.into(),
            retry_after: None,
        };
        failure.clamp();
        failure
    }

    /// Whether trying again later, unchanged, can help: by its cause, or because the BMC answered that it failed itself. Two of those
    /// statuses (RFC 9110, section 15.6) say what no waiting mends: 501, not implemented, and 505, HTTP version not supported.
    pub fn is_transient(&self) -> bool {
        let failed_itself = self
            .status
            .is_some_and(|status| (500..600).contains(&status) && !matches!(status, 501 | 505));
        failed_itself || self.cause.is_transient()
    }

    /// Whether the BMC said nothing at all.
    pub fn is_silence(&self) -> bool {
        self.status.is_none() && matches!(self.cause, Cause::Unreachable | Cause::Timeout)
    }

    /// Cuts text and codes that came from a BMC or a driver to their limits.
    pub fn clamp(&mut self) {
        self.codes.truncate(CODES_MAX);
        for code in &mut self.codes {
            cut(code, 128);
        }
        cut(&mut self.text, TEXT_MAX_BYTES);
    }
}

fn cut(text: &mut String, max: usize) {
    if text.len() > max {
        let end = (0..=max).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
        text.truncate(end);
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(status) = self.status {
            write!(f, "{status}: ")?;
        }
        f.write_str(&self.text)
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bmc_that_fails_itself_may_recover() {
        let answered = |status, cause| Failure {
            status: Some(status),
            ..Failure::new(cause, "words")
        };
        let other = |status: u16| answered(status, Cause::Other(format!("http-{status}")));
        assert!([500, 502, 504, 599].map(other).iter().all(Failure::is_transient));
        assert!(![501, 505, 302, 600].map(other).iter().any(Failure::is_transient));
        assert!(!answered(404, Cause::NotFound).is_transient());
        assert!(answered(503, Cause::Busy).is_transient() && answered(429, Cause::Busy).is_transient());
        assert!(Failure::new(Cause::Timeout, "words").is_transient());
        assert!(Failure::new(Cause::NoLogin, "words").is_transient());
        assert!(!Failure::new(Cause::Auth, "words").is_transient());
    }

    #[test]
    fn foreign_text_is_cut_at_a_character() {
        let failure = Failure::new(Cause::Invalid, "ä".repeat(TEXT_MAX_BYTES));
        assert!(failure.text.len() <= TEXT_MAX_BYTES);
        assert!(failure.text.chars().all(|c| c == 'ä'));
    }
}
