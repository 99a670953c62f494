//! `health`: how the service and what it depends on stand.

use super::Context;
use crate::error::Error;
use crate::exit::Exit;
use crate::{output, render};

/// Shows what the service depends on.
pub(super) async fn run(context: &Context, json: bool) -> Result<Exit, Error> {
    let list = context.server.dependencies().await?;
    if json {
        output::json(&list)?;
    } else {
        output::data(&render::dependencies(&list.dependencies, context.output.data))?;
    }
    let well = |state: &str| matches!(state, "ok" | "not-configured");
    Ok(
        if list.dependencies.iter().all(|dependency| well(&dependency.state)) {
            Exit::Success
        } else {
            Exit::Partial
        },
    )
}
