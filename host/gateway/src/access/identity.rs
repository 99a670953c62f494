//! Who somebody is, and what that lets them do.

use std::fmt;
use std::str::FromStr;

use switchyard_store::AccessTokenId;

use super::scope::Scope;

/// What somebody may do. Each role may do what those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Sees everything and changes nothing.
    Viewer,
    /// Switches components and sets how they behave, within a scope.
    Operator,
    /// Does everything.
    Admin,
}

impl Role {
    /// All of them, the weakest first.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Operator, Self::Admin];

    /// The word in configuration, tokens and answers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text names no role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a role is viewer, operator or admin")]
pub struct RoleError;

impl FromStr for Role {
    type Err = RoleError;

    fn from_str(text: &str) -> Result<Self, RoleError> {
        Self::ALL
            .into_iter()
            .find(|role| role.name() == text)
            .ok_or(RoleError)
    }
}

/// How it is known who somebody is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// It is not: the service asks nobody.
    Open,
    /// By a token of this service.
    Token(AccessTokenId),
    /// By a signed token of an identity provider.
    Jwt,
}

impl How {
    /// The word in answers.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Open => "none",
            Self::Token(_) => "token",
            Self::Jwt => "jwt",
        }
    }
}

/// Somebody who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The name under which queues and records know them: that of the token, or the `sub` of a signed one.
    pub subject: String,
    /// What they may do.
    pub role: Role,
    /// Which components they may change.
    pub scope: Scope,
    /// How it is known who they are.
    pub how: How,
}
