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
    /// It could not be written, and was revoked.
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
    if !tokens.list().is_empty() {
        return Ok(());
    }
    let new = NewToken {
        name: FIRST.0.to_owned(),
        role: Role::Admin,
        scope: Scope::All,
        expires_at: None,
        created_by: FIRST.1.to_owned(),
    };
    let created = tokens.create(new, now, |id| Some(entry(id, action::TOKEN_CREATE, now)));
    let (token, text) = created.await.map_err(BootstrapError::Create)?;
    let line = format!("{}\n", text.expose());
    let written = whole_file::replace(file, line.as_bytes());
    if let Err(source) = written {
        let entry = entry(&token.id, action::TOKEN_REVOKE, now);
        let revoked = tokens.revoke(&token.id, now, entry).await;
        revoked.map_err(|error| BootstrapError::Create(error.into()))?;
        return Err(BootstrapError::Write {
            path: file.to_owned(),
            source,
        });
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
