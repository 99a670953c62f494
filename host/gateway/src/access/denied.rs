//! Why somebody is not let in.

use std::time::Duration;

/// Why it is not known who somebody is. The texts say nothing about tokens that exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Nothing was presented.
    #[error("no token found")]
    NoToken,
    /// What was presented is no token, or more than one.
    #[error("the token is malformed")]
    Malformed,
    /// No token of this id with this secret exists.
    #[error("the token is not known")]
    Unknown,
    /// Somebody revoked it.
    #[error("the token was revoked")]
    Revoked,
    /// Its time is over.
    #[error("the token is expired")]
    Expired,
    /// Its time has not come.
    #[error("the token is not valid yet")]
    NotYet,
    /// The session is over, or never was.
    #[error("the session is over")]
    NoSession,
    /// It is signed in a way that is not accepted.
    #[error("the token is signed with an algorithm that is not accepted")]
    Algorithm,
    /// It is signed by nobody known, or was changed.
    #[error("the signature of the token is not valid")]
    Signature,
    /// A claim that must be there is missing.
    #[error("the token has no claim {0:?}")]
    MissingClaim(&'static str),
    /// It comes from somebody else than is trusted.
    #[error("the issuer of the token is not accepted")]
    Issuer,
    /// It is meant for somebody else.
    #[error("the token is meant for another audience")]
    Audience,
    /// It names no role that is known here.
    #[error("the token gives no role that is known here")]
    NoRole,
    /// The keys to check it with are not there.
    #[error("the keys of the identity provider cannot be had now, so that no signed token can be checked")]
    NoKeys,
    /// Too many tries from one address have failed.
    #[error("too many tries from this address have failed")]
    TooMany(Duration),
}

impl Denied {
    /// The label in metrics.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::NoToken => "no-token",
            Self::Malformed => "malformed",
            Self::Unknown => "unknown",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
            Self::NotYet => "not-yet",
            Self::NoSession => "no-session",
            Self::Algorithm => "algorithm",
            Self::Signature => "signature",
            Self::MissingClaim(_) => "missing-claim",
            Self::Issuer => "issuer",
            Self::Audience => "audience",
            Self::NoRole => "no-role",
            Self::NoKeys => "no-keys",
            Self::TooMany(_) => "too-many",
        }
    }

    /// Whether it is counted as a failed try of its address: guessing, not forgetting.
    pub const fn is_suspicious(&self) -> bool {
        match self {
            Self::Malformed
            | Self::Unknown
            | Self::NoSession
            | Self::Algorithm
            | Self::Signature
            | Self::Issuer
            | Self::Audience => true,
            Self::NoToken
            | Self::Revoked
            | Self::Expired
            | Self::NotYet
            | Self::MissingClaim(_)
            | Self::NoRole
            | Self::NoKeys
            | Self::TooMany(_) => false,
        }
    }
}
