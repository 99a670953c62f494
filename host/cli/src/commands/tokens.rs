//! `tokens` and `whoami`.

use jiff::Timestamp;
use switchyard_wire::v2::TokenRequest;

use super::span::after;
use super::{Context, reason};
use crate::arguments::Tokens;
use crate::error::Error;
use crate::exit::Exit;
use crate::{output, render};

/// Makes, lists or revokes tokens.
pub(super) async fn run(context: &Context, command: &Tokens) -> Result<Exit, Error> {
    match command {
        Tokens::Create {
            name,
            role,
            scope,
            expires_in,
            reason,
            json,
        } => {
            let expires_at = expires_in.as_deref().map(after).transpose()?;
            let request = TokenRequest {
                name: name.clone(),
                role: role.name().to_owned(),
                scope: (!scope.is_empty()).then(|| scope.clone()),
                expires_at: expires_at.map(|at| at.to_string()),
                reason: reason.clone(),
            };
            create(context, &request, *json).await
        }
        Tokens::List { json } => list(context, *json).await,
        Tokens::Revoke { id, reason } => {
            let reason = reason.as_deref().map(reason::header).transpose()?;
            let token = context.server.revoke_token(id, reason.as_ref()).await?;
            output::data(&format!(
                "revoked {} of {}",
                render::plain(&token.id),
                render::plain(&token.name)
            ))?;
            Ok(Exit::Success)
        }
    }
}

async fn create(context: &Context, request: &TokenRequest, json: bool) -> Result<Exit, Error> {
    let created = context.server.create_token(request).await?;
    if json {
        output::json(&created)?;
        return Ok(Exit::Success);
    }
    // The token alone on standard output, so that a file can take it.
    output::data(&render::plain(&created.text))?;
    output::note("this is the only time that it is shown; keep it in a file that nobody else can read")?;
    Ok(Exit::Success)
}

async fn list(context: &Context, json: bool) -> Result<Exit, Error> {
    let list = context.server.tokens().await?;
    if json {
        output::json(&list)?;
    } else {
        output::data(&render::tokens(
            &list.tokens,
            Timestamp::now(),
            context.output.data,
        ))?;
    }
    Ok(Exit::Success)
}

/// Shows who one is.
pub(super) async fn whoami(context: &Context, json: bool) -> Result<Exit, Error> {
    let session = context.server.session().await?;
    if json {
        output::json(&session)?;
        return Ok(Exit::Success);
    }
    output::data(&render::session(&session))?;
    if let Some(warning) = &session.warning {
        output::note(&render::plain(warning))?;
    }
    Ok(Exit::Success)
}
