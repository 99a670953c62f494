//! `pause` and `resume`.

use switchyard_wire::v2::{Intervention, Paused};

use super::cancel::part;
use super::{Context, group, reason};
use crate::arguments::Pause;
use crate::error::Error;
use crate::exit::Exit;
use crate::{output, render};

/// Takes what waits out of the line.
pub(super) async fn pause(context: &Context, pause: &Pause) -> Result<Exit, Error> {
    let request = request(context, pause).await?;
    let paused = context.server.pause(&pause.part.id, &request).await?;
    tell(context, &paused, pause.json)
}

/// Puts what was paused back in line.
pub(super) async fn resume(context: &Context, pause: &Pause) -> Result<Exit, Error> {
    let request = request(context, pause).await?;
    let paused = context.server.resume(&pause.part.id, &request).await?;
    tell(context, &paused, pause.json)
}

async fn request(context: &Context, pause: &Pause) -> Result<Intervention, Error> {
    Ok(Intervention {
        components: part(context, &pause.part.selectors).await?,
        group: group::named(context, &pause.part.id, pause.part.group.as_deref()).await?,
        finish: false,
        reason: pause.part.reason.as_deref().map(reason::checked).transpose()?,
    })
}

fn tell(context: &Context, paused: &Paused, json: bool) -> Result<Exit, Error> {
    if json {
        output::json(paused)?;
    } else {
        output::data(&render::paused(paused, context.output.data))?;
    }
    Ok(if paused.unchanged > 0 {
        Exit::Partial
    } else {
        Exit::Success
    })
}
