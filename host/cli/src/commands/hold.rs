//! `hold` and `holds`.

use switchyard_wire::v2::HoldRequest;

use super::{Context, reason, span};
use crate::arguments::Hold;
use crate::error::Error;
use crate::exit::Exit;
use crate::{output, render, selector};

/// Keeps others off components.
pub(super) async fn run(context: &Context, hold: &Hold) -> Result<Exit, Error> {
    let until = span::until(&hold.until)?;
    let reason = reason::checked(&hold.reason)?;
    let selection = &hold.selection;
    let chosen = selector::choose(&context.server, &selection.selectors, &selection.narrow).await?;
    let request = HoldRequest {
        components: chosen.components,
        filter: chosen.filter,
        reason,
        until: until.to_string(),
        allow: hold.allow.clone(),
    };
    let placed = context.server.hold(&request).await?;
    if hold.json {
        output::json(&placed)?;
        return Ok(Exit::Success);
    }
    output::data(&render::plain(&placed.id))?;
    let told = render::held(&placed, context.output.progress);
    output::note(&context.output.clipped(&told))?;
    Ok(Exit::Success)
}

/// Lists the holds that hold now.
pub(super) async fn list(context: &Context, json: bool) -> Result<Exit, Error> {
    let list = context.server.holds().await?;
    if json {
        output::json(&list)?;
    } else {
        output::data(&render::holds(&list.holds, context.output.data))?;
    }
    Ok(Exit::Success)
}
