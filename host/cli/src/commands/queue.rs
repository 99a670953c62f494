//! `queue`: what is in line.

use serde::Serialize;
use switchyard_wire::v2::Component;

use super::Context;
use crate::arguments::Queue;
use crate::error::Error;
use crate::exit::Exit;
use crate::selector::Whole;
use crate::{fleet, output, render, selector};

/// Components whose lines are asked for at once.
const AT_ONCE: usize = 8;
/// The most components whose lines are shown; beyond, the operator has to choose.
const SHOWN_MAX: usize = 2_000;

/// `queue --json`.
#[derive(Debug, Serialize)]
struct Document<'a> {
    /// The components as the API shows them, with their lines.
    components: &'a [Component],
}

/// Shows the lines of components; those with work of the whole fleet when none are named.
pub(super) async fn run(context: &Context, queue: &Queue) -> Result<Exit, Error> {
    let everything = queue.selection.is_absent();
    let mut names: Vec<String> = if everything {
        let fleet = fleet::snapshot(&context.server).await?;
        let busy = fleet
            .into_iter()
            .filter(|(_, cells)| cells.operation.is_some() || cells.waiting > 0);
        busy.map(|(id, _)| id).collect()
    } else {
        let selection = &queue.selection;
        let names = selector::names(
            &context.server,
            &selection.selectors,
            &selection.narrow,
            Whole::Everything,
        )
        .await?;
        names.iter().map(ToString::to_string).collect()
    };
    let left = names.len().saturating_sub(SHOWN_MAX);
    names.truncate(SHOWN_MAX);
    let (found, missing) = read(context, &names).await?;
    if queue.json {
        output::json(&Document { components: &found })?;
    } else {
        output::data(&render::queues(&found, everything, context.output.data))?;
    }
    if left > 0 {
        output::note(&format!(
            "{left} more components are not shown; name those that you want to see"
        ))?;
    }
    if !missing.is_empty() {
        let missing = render::fold(missing.iter().map(String::as_str));
        output::note(&format!("no such component: {missing}"))?;
    }
    let is_all = missing.is_empty() && left == 0;
    Ok(match (found.is_empty() && !everything, is_all) {
        (true, _) => Exit::Nothing,
        (false, false) => Exit::Partial,
        (false, true) => Exit::Success,
    })
}

/// The components with their lines, and the names that the service does not know.
async fn read(context: &Context, names: &[String]) -> Result<(Vec<Component>, Vec<String>), Error> {
    let (mut found, mut missing) = (Vec::with_capacity(names.len()), Vec::new());
    for some in names.chunks(AT_ONCE) {
        let mut asked = tokio::task::JoinSet::new();
        for (index, name) in some.iter().enumerate() {
            let (server, name) = (context.server.clone(), name.clone());
            asked.spawn(async move { (index, server.component(&name).await) });
        }
        let mut answers = asked.join_all().await;
        answers.sort_by_key(|(index, _)| *index);
        for ((_, answer), name) in answers.into_iter().zip(some) {
            match answer? {
                Some(component) => found.push(component),
                None => missing.push(name.clone()),
            }
        }
    }
    Ok((found, missing))
}
