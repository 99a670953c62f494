//! `/v2/tokens` and `/v2/session`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The answer of `GET /v2/tokens`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TokenList {
    /// The tokens, the oldest first; those that are over are shown for 90 days.
    pub tokens: Vec<Token>,
}

/// A token without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Token {
    /// Its id, which is no secret: the second part of its text.
    pub id: String,
    /// Whom or what it is for. Queues and records know its holder by this name.
    pub name: String,
    /// `viewer`, `operator` or `admin`.
    pub role: String,
    /// The components that its holder may change, as set expressions; absent: all that the role may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Vec<String>>,
    /// When it was made.
    pub created_at: String,
    /// Who made it.
    pub created_by: String,
    /// From when on it is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// When it was last used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<String>,
    /// Since when it is refused because somebody revoked it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<String>,
}

/// The body of `POST /v2/tokens`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TokenRequest {
    /// Whom or what it is for: 1 to 128 visible ASCII characters.
    #[cfg_attr(
        feature = "openapi",
        schema(min_length = 1, max_length = 128, pattern = "^[!-~]([ -~]*[!-~])?$")
    )]
    pub name: String,
    /// `viewer`, `operator` or `admin`.
    pub role: String,
    /// The components that an operator may change, as set expressions; absent: all. Groups are those of the inventory at the time of use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Vec<String>>,
    /// From when on it is refused, in RFC 3339; absent: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// Why, in the caller's words; stronger than the header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A token that was made. Its text is given this once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct TokenCreated {
    /// The token.
    #[serde(flatten)]
    pub token: Token,
    /// What its holder sends: `Authorization: Bearer TEXT`.
    pub text: String,
}

impl fmt::Debug for TokenCreated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenCreated")
            .field("token", &self.token)
            .finish_non_exhaustive()
    }
}

/// The body of `POST /v2/session`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SessionRequest {
    /// A token of the service, or a signed one of the identity provider.
    pub token: String,
}

impl fmt::Debug for SessionRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionRequest(redacted)")
    }
}

/// Who one is, and what one may do.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// Whether the service asks who somebody is: `tokens`; `none`, where only its own machine reaches it; `mesh`, where a mesh in front of
    /// it is trusted to have asked.
    pub mode: String,
    /// The name under which queues and records know the caller.
    pub subject: String,
    /// How that is known: `token`, `jwt` or `none`.
    pub how: String,
    /// `viewer`, `operator` or `admin`.
    pub role: String,
    /// The components that the caller may change, as set expressions; absent: all that the role may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Vec<String>>,
    /// How many components of the inventory that are now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope_count: Option<u32>,
    /// What the dashboard sends as `X-Switchyard-CSRF` with changes; with a session alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub csrf: Option<String>,
    /// What everybody who looks at the dashboard should know, such as that nobody is asked for a token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning: Option<String>,
    /// The version of the service, such as `0.1.0`.
    #[serde(default)]
    pub version: String,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("mode", &self.mode)
            .field("subject", &self.subject)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}
