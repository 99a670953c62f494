//! `audit`: who did what.

use super::Context;
use crate::arguments::Audit;
use crate::error::Error;
use crate::exit::Exit;
use crate::{output, render};

/// Shows the newest entries.
pub(super) async fn run(context: &Context, audit: &Audit) -> Result<Exit, Error> {
    let mut parameters = vec![("limit", audit.limit.to_string())];
    parameters.extend(audit.who.clone().map(|who| ("who", who)));
    parameters.extend(audit.action.clone().map(|action| ("action", action)));
    let page = context.server.audit(&parameters).await?;
    if audit.json {
        output::json(&page)?;
        return Ok(Exit::Success);
    }
    output::data(&render::audit(&page.entries, context.output.data))?;
    if page.next.is_some() {
        output::note("there are older ones; --limit shows more")?;
    }
    Ok(Exit::Success)
}
