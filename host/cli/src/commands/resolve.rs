//! `resolve`: what somebody knows who looked.

use switchyard_wire::v2;

use super::{Context, reason};
use crate::arguments::{Resolve, Verdict};
use crate::error::Error;
use crate::exit::Exit;
use crate::selector::Whole;
use crate::{output, render, selector};

/// Says whether what is uncertain was executed.
pub(super) async fn run(context: &Context, resolve: &Resolve) -> Result<Exit, Error> {
    let reason = resolve.reason.as_deref().map(reason::checked).transpose()?;
    let components = if resolve.narrow.is_absent() {
        let chosen = selector::choose(&context.server, &resolve.selectors, &resolve.narrow).await?;
        chosen.components
    } else {
        let names = selector::names(
            &context.server,
            &resolve.selectors,
            &resolve.narrow,
            Whole::Switched,
        )
        .await?;
        vec![names.fold()]
    };
    let request = v2::ResolveRequest {
        components,
        verdict: match resolve.verdict {
            Verdict::Done => v2::Verdict::Done,
            Verdict::NotDone => v2::Verdict::NotDone,
        },
        reason,
    };
    let resolved = context.server.resolve(&request).await?;
    if resolve.json {
        output::json(&resolved)?;
    } else {
        output::data(&render::resolved(&resolved, context.output.data))?;
    }
    Ok(if resolved.count == 0 {
        Exit::Nothing
    } else {
        Exit::Success
    })
}
