//! `transition show`, `watch`, `cancel` and `list`.

use super::Context;
use super::following::Course;
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
        Transition::Cancel { id } => cancel(context, id).await,
        Transition::Failures { id, json } => failures(context, id, *json).await,
        Transition::List { limit, json } => list(context, *limit, *json).await,
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

async fn cancel(context: &Context, id: &str) -> Result<Exit, Error> {
    let answer = context.server.cancel(id).await?;
    output::data(&render::plain(&answer.abort_status))?;
    output::note(&format!(
        "nothing more is sent for it; what state that leaves is told by: {}",
        context.watch(id)
    ))?;
    Ok(Exit::Success)
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

async fn list(context: &Context, limit: usize, json: bool) -> Result<Exit, Error> {
    let mut list = context.server.transitions().await?;
    let all = list.transitions.len();
    if limit > 0 {
        list.transitions.truncate(limit);
    }
    if json {
        output::json(&list)?;
    } else {
        output::data(&render::list(&list.transitions, context.output.data))?;
    }
    if list.transitions.len() < all {
        let older = all - list.transitions.len();
        output::note(&format!("older ones not shown: {older}; --limit 0 shows all"))?;
    }
    Ok(Exit::Success)
}
