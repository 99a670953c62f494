//! `release`: the end of holds.

use reqwest::header::HeaderValue;
use serde::Serialize;
use switchyard_wire::v2;
use switchyard_xname::NameSet;

use super::{Context, reason};
use crate::arguments::{Narrow, Release};
use crate::error::Error;
use crate::exit::Exit;
use crate::selector::Whole;
use crate::{output, render, selector};

/// `release --json`.
#[derive(Debug, Serialize)]
struct Document<'a> {
    released: &'a [v2::Hold],
}

/// Ends a hold by its id, or all that are on nothing but these components.
pub(super) async fn run(context: &Context, release: &Release) -> Result<Exit, Error> {
    let reason = release.reason.as_deref().map(reason::header).transpose()?;
    let holds = context.server.holds().await?.holds;
    let ids = match release.targets.as_slice() {
        [id] if is_id(id, &holds) => vec![id.clone()],
        targets => on(context, targets, &holds).await?,
    };
    let mut released = Vec::with_capacity(ids.len());
    for id in &ids {
        released.push(end(context, id, reason.as_ref()).await?);
    }
    if release.json {
        output::json(&Document { released: &released })?;
    } else {
        output::data(&render::released(&released, context.output.data))?;
    }
    Ok(if released.is_empty() {
        Exit::Nothing
    } else {
        Exit::Success
    })
}

/// Whether a word is the id of a hold rather than a component.
fn is_id(word: &str, holds: &[v2::Hold]) -> bool {
    holds.iter().any(|hold| hold.id == word) || uuid::Uuid::parse_str(word).is_ok()
}

async fn end(context: &Context, id: &str, reason: Option<&HeaderValue>) -> Result<v2::Hold, Error> {
    Ok(context.server.release(id, reason).await?)
}

/// The holds on these components. A hold ends as a whole, so one that is on others as well is the caller's to name.
async fn on(context: &Context, targets: &[String], holds: &[v2::Hold]) -> Result<Vec<String>, Error> {
    let names = selector::names(&context.server, targets, &Narrow::default(), Whole::Switched).await?;
    // A hold is on ids; a component that has left the inventory is still held under its own.
    let found = selector::look_up(&context.server, &names).await?;
    let names = found.unknown.union(&selector::ids(&found.components));
    let mut ids = Vec::new();
    for hold in holds {
        let held = NameSet::parse_names(&hold.components).unwrap_or_default();
        if held.intersection(&names).is_empty() {
            continue;
        }
        let others = held.difference(&names);
        if !others.is_empty() {
            return Err(Error::HeldByMore {
                id: hold.id.clone(),
                others: others.fold(),
            });
        }
        ids.push(hold.id.clone());
    }
    Ok(ids)
}
