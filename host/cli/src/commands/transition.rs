//! `transition show`, `watch`, `cancel` and `list`.

use switchyard_wire::v2::Intervention;

use super::following::Course;
use super::{Context, cancel};
use crate::arguments::Transition;
use crate::error::Error;
use crate::exit::Exit;
use crate::interrupt::Interrupts;
use crate::{output, render};

pub(super) async fn run(context: &Context, command: &Transition) -> Result<Exit, Error> {
    match command {
        Transition::Show { id, json } => show(context, id, *json).await,
        Transition::Watch { id, follow, report } => {
            let course = Course {
                follow: *follow,
                report: *report,
                left_out: Vec::new(),
            };
            context.follow(id, &course, &mut Interrupts::listen()?).await
        }
        Transition::Cancel { id } => cancel_all(context, id).await,
        Transition::Failures { id, json } => failures(context, id, *json).await,
        Transition::List {
            limit,
            by,
            component,
            json,
        } => {
            let parameters = [("requestedBy", by.as_ref()), ("component", component.as_ref())];
            list(context, *limit, &parameters, *json).await
        }
    }
}

async fn show(context: &Context, id: &str, json: bool) -> Result<Exit, Error> {
    let transition = context.server.transition(id).await?;
    if json {
        output::json(&transition)?;
    } else {
        output::data(&render::show(&transition, context.output.data))?;
    }
    Ok(Exit::Success)
}

async fn cancel_all(context: &Context, id: &str) -> Result<Exit, Error> {
    let cancelled = context.server.cancel_part(id, &Intervention::default()).await?;
    let exit = cancel::tell(context, &cancelled, false)?;
    output::note(&format!(
        "nothing more is sent for it; what state that leaves is told by: {}",
        context.watch(id)
    ))?;
    Ok(exit)
}

async fn failures(context: &Context, id: &str, json: bool) -> Result<Exit, Error> {
    let found = context.server.failures(id).await?;
    if json {
        output::json(&found)?;
    } else {
        output::data(&render::failure_groups(&found.groups, context.output.data))?;
    }
    Ok(Exit::Success)
}

/// Shows the newest transitions, those with which these parameters agree.
async fn list(
    context: &Context,
    limit: usize,
    parameters: &[(&str, Option<&String>)],
    json: bool,
) -> Result<Exit, Error> {
    let wanted = parameters.iter().copied();
    let wanted: Vec<(&str, &str)> = wanted
        .filter_map(|(name, value)| Some((name, value?.as_str())))
        .collect();
    let most = if limit == 0 { usize::MAX } else { limit };
    let list = context.server.transitions(&wanted, most).await?;
    if json {
        output::json(&list)?;
    } else {
        output::data(&render::list(&list.transitions, context.output.data))?;
    }
    if list.next.is_some() {
        output::note("older ones are not shown; --limit 0 shows all")?;
    }
    Ok(Exit::Success)
}
