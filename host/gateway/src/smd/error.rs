//! Why SMD could not be asked.

use std::time::Duration;

use http::StatusCode;

use super::call::Call;
use super::token::TokenError;

/// Why a request to SMD came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No connection, or it broke off.
    #[error("SMD did not answer while {}", .call.doing())]
    Unreachable {
        /// What was asked.
        call: Call,
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// No answer in time.
    #[error("SMD did not answer within {} s while {}; look at its load, or raise smd.timeout_s", .after.as_secs(), .call.doing())]
    Timeout {
        /// What was asked.
        call: Call,
        /// How long was waited.
        after: Duration,
    },
    /// An answer that is no success.
    #[error("SMD answered {status} while {}: {detail}", .call.doing())]
    Refused {
        /// What was asked.
        call: Call,
        /// The status.
        status: StatusCode,
        /// SMD's own words: the `detail` of its problem body, or the beginning of what it sent.
        detail: String,
    },
    /// An answer that is larger than anything that is expected.
    #[error("SMD's answer is larger than {max} bytes while {}", .call.doing())]
    TooLarge {
        /// What was asked.
        call: Call,
        /// The limit, in bytes.
        max: usize,
    },
    /// A success whose body is not what it should be.
    #[error("SMD's answer cannot be understood while {}", .call.doing())]
    Body {
        /// What was asked.
        call: Call,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// No token could be obtained to ask it with.
    #[error("there is no token for SMD while {}", .call.doing())]
    Token {
        /// What was to be asked.
        call: Call,
        /// Why.
        #[source]
        source: TokenError,
    },
}

impl Error {
    /// What was asked.
    pub const fn call(&self) -> Call {
        match self {
            Self::Unreachable { call, .. }
            | Self::Timeout { call, .. }
            | Self::Refused { call, .. }
            | Self::TooLarge { call, .. }
            | Self::Body { call, .. }
            | Self::Token { call, .. } => *call,
        }
    }

    /// The status, if there was an answer that is no success.
    pub const fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// Whether there was no answer at all.
    pub const fn is_silence(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Timeout { .. })
    }

    /// One word, for metrics.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => "unreachable",
            Self::Timeout { .. } => "timeout",
            Self::Refused { .. } => "refused",
            Self::TooLarge { .. } => "too-large",
            Self::Body { .. } => "body",
            Self::Token { .. } => "token",
        }
    }

    /// Whether the same request may well succeed in a moment.
    pub(super) fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Refused { status, .. } => matches!(
                *status,
                StatusCode::TOO_MANY_REQUESTS
                    | StatusCode::BAD_GATEWAY
                    | StatusCode::SERVICE_UNAVAILABLE
                    | StatusCode::GATEWAY_TIMEOUT
            ),
            Self::Timeout { .. } | Self::TooLarge { .. } | Self::Body { .. } | Self::Token { .. } => false,
        }
    }
}
