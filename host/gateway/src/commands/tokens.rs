//! `switchyardd tokens`: the database of a service that is stopped.

use std::path::Path;
use std::sync::Arc;

use switchyard_core::Timestamp;
use switchyard_gateway::access::{NewToken, Scope, Tokens};
use switchyard_gateway::clock::{Clock as _, SystemClock};
use switchyard_gateway::config::Config;
use switchyard_store::audit::action;
use switchyard_store::{AccessToken, AccessTokenId, AccessTokens, NewAudit};
use switchyard_store_sqlite::SqliteStore;

use super::Failed;
use crate::arguments::TokensCommand;

/// Who makes tokens here: whoever may write the database.
const BY: &str = "switchyardd";

/// Does one command. A running service holds the lock of its database, so that this fails then.
pub(super) fn run(config: &Config, command: TokensCommand) -> Result<(), Failed> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(with_store(&config.store.path, command))
}

async fn with_store(path: &Path, command: TokensCommand) -> Result<(), Failed> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)?;
    }
    let store = SqliteStore::open(path).await?;
    let now = SystemClock.now();
    let tokens = Tokens::read(Arc::new(store.clone()) as Arc<dyn AccessTokens>, now).await?;
    let done = act(&tokens, command, now).await;
    drop(tokens);
    store.close().await;
    done
}

async fn act(tokens: &Tokens, command: TokensCommand, now: Timestamp) -> Result<(), Failed> {
    match command {
        TokensCommand::Create { name, role, scope } => {
            let scope = if scope.is_empty() {
                Scope::All
            } else {
                Scope::only(scope)?
            };
            let detail =
                serde_json::json!({ "name": name, "role": role.name(), "scope": scope.expressions() });
            let new = NewToken {
                name,
                role,
                scope,
                expires_at: None,
                created_by: BY.to_owned(),
            };
            let entry = |id: &AccessTokenId| Some(entry(id, action::TOKEN_CREATE, now, detail));
            let (token, text) = tokens.create(new, now, entry).await?;
            eprintln!(
                "made the token {}; this is the only time that it is shown:",
                token.id
            );
            println!("{}", text.expose());
        }
        TokensCommand::List => {
            for token in tokens.list() {
                println!("{}", line(&token));
            }
        }
        TokensCommand::Revoke { id } => {
            let entry = entry(&id, action::TOKEN_REVOKE, now, serde_json::json!({}));
            let revoked = tokens.revoke(&id, now, entry).await?;
            let token = revoked.ok_or_else(|| format!("there is no token {id}, or it was revoked before"))?;
            println!("revoked {id} of {}", token.name);
        }
    }
    Ok(())
}

fn line(token: &AccessToken) -> String {
    let state = if token.revoked_at.is_some() {
        "revoked"
    } else {
        "kept"
    };
    let scope = token
        .scope
        .as_ref()
        .map_or_else(|| "all".to_owned(), |scope| scope.join(","));
    format!("{}\t{}\t{}\t{state}\t{scope}", token.id, token.name, token.role)
}

fn entry(id: &AccessTokenId, action: &str, at: Timestamp, detail: serde_json::Value) -> NewAudit {
    NewAudit {
        at,
        who: BY.to_owned(),
        action: action.to_owned(),
        target: id.to_string(),
        reason: None,
        origin: None,
        request_id: String::new(),
        detail,
    }
}
