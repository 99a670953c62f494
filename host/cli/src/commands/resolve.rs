//! `resolve`: what somebody knows who looked.

use clap::ValueEnum as _;
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
    let (selectors, verdict) = split(&resolve.words)?;
    let components = if resolve.narrow.is_absent() {
        let chosen = selector::choose(&context.server, selectors, &resolve.narrow).await?;
        chosen.components
    } else {
        let names = selector::names(&context.server, selectors, &resolve.narrow, Whole::Switched).await?;
        vec![names.fold()]
    };
    let request = v2::ResolveRequest {
        components,
        verdict,
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

/// The selectors, and the verdict behind them.
fn split(words: &[String]) -> Result<(&[String], v2::Verdict), Error> {
    let (last, selectors) = words.split_last().ok_or(Error::NoTarget)?;
    let verdict = match Verdict::from_str(last, false) {
        Ok(Verdict::Done) => v2::Verdict::Done,
        Ok(Verdict::NotDone) => v2::Verdict::NotDone,
        Err(_) => {
            return Err(Error::Verdict {
                text: last.to_owned(),
            });
        }
    };
    Ok((selectors, verdict))
}
