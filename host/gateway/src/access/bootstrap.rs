//! The first token of an installation, in a file that only its owner may read.

use std::path::{Path, PathBuf};

use switchyard_core::Timestamp;
use switchyard_store::audit::action;
use switchyard_store::{AccessTokenId, NewAudit};

use super::identity::Role;
use super::scope::Scope;
use super::tokens::{CreateError, NewToken, Tokens};
use crate::whole_file;

/// The name of the first token, and of who makes it.
const FIRST: (&str, &str) = ("first-admin", "switchyardd");

/// Why there is no first token.
#[derive(Debug, thiserror::Error)]
pub enum BootstrapError {
    /// It could not be made.
    #[error("the first token could not be made")]
    Create(#[source] CreateError),
    /// It could not be written, so that there is none.
    #[error("the first token cannot be written to {}; make its folder writable, or set access.bootstrap_file", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

/// Makes the first token of an installation that never had any, and writes it to the file.
pub(super) async fn first_token(tokens: &Tokens, file: &Path, now: Timestamp) -> Result<(), BootstrapError> {
    if tokens.had_any() {
        return Ok(());
    }
    let new = NewToken {
        name: FIRST.0.to_owned(),
        role: Role::Admin,
        scope: Scope::All,
        expires_at: None,
        created_by: FIRST.1.to_owned(),
    };
    let (token, text) = tokens.draft(new, now).map_err(BootstrapError::Create)?;
    // Written first: a token that nobody can read would be the first one for ever.
    let line = format!("{}\n", text.expose());
    whole_file::replace(file, line.as_bytes()).map_err(|source| BootstrapError::Write {
        path: file.to_owned(),
        source,
    })?;
    let entry = entry(&token.id, action::TOKEN_CREATE, now);
    if let Err(error) = tokens.keep(&token, Some(entry)).await {
        // What it holds opens nothing; the next start makes another.
        drop(std::fs::remove_file(file));
        return Err(BootstrapError::Create(error.into()));
    }
    tracing::warn!(
        file = %file.display(),
        token = %token.id,
        "made the first token, with the role admin; make tokens of your own with it, then revoke it and delete the file"
    );
    Ok(())
}

fn entry(id: &AccessTokenId, action: &'static str, now: Timestamp) -> NewAudit {
    NewAudit {
        at: now,
        who: FIRST.1.to_owned(),
        action: action.to_owned(),
        target: id.to_string(),
        reason: Some("the first start of this installation".to_owned()),
        origin: None,
        request_id: String::new(),
        detail: serde_json::json!({ "name": FIRST.0, "role": Role::Admin.name() }),
    }
}
