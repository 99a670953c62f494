//! `/v2/tokens`.

pub(super) mod create;
pub(super) mod list;
pub(super) mod revoke;

use switchyard_store::AccessToken;
use switchyard_wire::v2::Token;

use crate::api::time::rfc3339;

fn show(token: &AccessToken) -> Token {
    Token {
        id: token.id.to_string(),
        name: token.name.clone(),
        role: token.role.clone(),
        scope: token.scope.clone(),
        created_at: rfc3339(token.created_at),
        created_by: token.created_by.clone(),
        expires_at: token.expires_at.map(rfc3339),
        last_used_at: token.last_used_at.map(rfc3339),
        revoked_at: token.revoked_at.map(rfc3339),
    }
}
