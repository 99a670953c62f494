//! `cancel`: a transition, part of it, or what is in line for components.

use switchyard_wire::v2::{Cancelled, ComponentsCancel, Intervention};

use super::{Context, group, reason};
use crate::arguments::{Cancel, Narrow};
use crate::error::Error;
use crate::exit::Exit;
use crate::{output, render, selector};

/// Cancels, and tells what ends and what goes on for others.
pub(super) async fn run(context: &Context, cancel: &Cancel) -> Result<Exit, Error> {
    let reason = cancel.reason.as_deref().map(reason::checked).transpose()?;
    let cancelled = if cancel.components || !cancel.narrow.is_absent() {
        of_components(context, cancel, reason).await?
    } else {
        let (id, selectors) = cancel.targets.split_first().ok_or(Error::NoTarget)?;
        let request = Intervention {
            components: part(context, selectors).await?,
            group: group::named(context, id, cancel.group.as_deref()).await?,
            finish: cancel.finish,
            reason,
        };
        context.server.cancel_part(id, &request).await?
    };
    tell(context, &cancelled, cancel.json)
}

async fn of_components(
    context: &Context,
    cancel: &Cancel,
    reason: Option<String>,
) -> Result<Cancelled, Error> {
    let is_id = |target: &&String| uuid::Uuid::parse_str(target).is_ok();
    if let Some(id) = cancel.targets.iter().find(is_id) {
        return Err(Error::TransitionAmongComponents { id: id.clone() });
    }
    let chosen = selector::choose(&context.server, &cancel.targets, &cancel.narrow).await?;
    let request = ComponentsCancel {
        components: chosen.components,
        filter: chosen.filter,
        finish: cancel.finish,
        reason,
    };
    Ok(context.server.cancel_components(&request).await?)
}

/// The part of a transition that is meant; all of it when nothing is named.
pub(super) async fn part(context: &Context, selectors: &[String]) -> Result<Option<Vec<String>>, Error> {
    if selectors.is_empty() {
        return Ok(None);
    }
    let chosen = selector::choose(&context.server, selectors, &Narrow::default()).await?;
    Ok(Some(chosen.components))
}

/// Tells what a cancel ends.
pub(super) fn tell(context: &Context, cancelled: &Cancelled, json: bool) -> Result<Exit, Error> {
    if json {
        output::json(cancelled)?;
    } else {
        output::data(&render::cancelled(cancelled, context.output.data))?;
    }
    Ok(if cancelled.going_on.is_empty() {
        Exit::Success
    } else {
        Exit::Partial
    })
}
