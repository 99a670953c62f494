//! `events`: the log, or what happens from now on.

use std::collections::VecDeque;

use switchyard_wire::v2::event::{GAP, SINCE_NOW, SINCE_OLDEST};
use switchyard_wire::v2::{Event, EventGap};

use super::Context;
use super::live::live;
use crate::arguments::Events;
use crate::error::Error;
use crate::exit::Exit;
use crate::output::Reader;
use crate::server::{EventQuery, Frame};
use crate::{output, render};

/// The most pages of ten thousand events that are read to find the last ones.
const PAGES_MAX: usize = 200;

/// Shows the last events, or follows the log.
pub(super) async fn run(context: &Context, events: &Events) -> Result<Exit, Error> {
    let query = query(events);
    if events.follow {
        return follow(context, events, &query).await;
    }
    let (found, more) = last(context, events, &query).await?;
    if events.json {
        output::json(&found)?;
    } else if events.jsonl {
        for event in &found {
            output::json_line(event)?;
        }
    } else {
        for event in &found {
            output::data(&render::event(event, context.output.data))?;
        }
    }
    if more {
        output::note("older ones are not shown; --limit 0 shows all")?;
    }
    Ok(Exit::Success)
}

fn query(events: &Events) -> EventQuery {
    let mut parameters = Vec::new();
    parameters.extend(events.transition.clone().map(|id| ("transition", id)));
    parameters.extend(events.component.clone().map(|name| ("component", name)));
    parameters.extend(events.kind.iter().map(|kind| ("kind", kind.clone())));
    EventQuery { parameters }
}

/// The last events, and whether there are older ones.
async fn last(
    context: &Context,
    events: &Events,
    query: &EventQuery,
) -> Result<(VecDeque<Event>, bool), Error> {
    let (mut found, mut more) = (VecDeque::new(), false);
    let mut since = events.since.clone().unwrap_or_else(|| SINCE_OLDEST.to_owned());
    for _ in 0..PAGES_MAX {
        let page = context.server.events(query, &since).await?;
        if let Some(gap) = &page.gap {
            output::note(&gap_text(gap))?;
        }
        // A page may be empty and not be the last: the service looks at so many events for each, whatever the filter lets pass.
        let is_last = page.next == since;
        found.extend(page.events);
        while events.limit > 0 && found.len() > events.limit {
            found.pop_front();
            more = true;
        }
        if is_last {
            return Ok((found, more));
        }
        since = page.next;
    }
    output::note(&format!(
        "the log is longer than what was read; go on with --since {}",
        render::plain(&since)
    ))?;
    Ok((found, more))
}

async fn follow(context: &Context, events: &Events, query: &EventQuery) -> Result<Exit, Error> {
    let since = events.since.as_deref().unwrap_or(SINCE_NOW);
    let open = async |last: Option<&str>| context.server.event_stream(query, last.unwrap_or(since)).await;
    live(open, |frame| show(context, frame, events.jsonl)).await
}

fn show(context: &Context, frame: &Frame, jsonl: bool) -> Result<Reader, Error> {
    if frame.event == GAP {
        let gap: EventGap = serde_json::from_str(&frame.data).map_err(Error::Foreign)?;
        output::note(&gap_text(&gap))?;
        return Ok(Reader::There);
    }
    if jsonl {
        return output::news(&frame.data);
    }
    let event: Event = serde_json::from_str(&frame.data).map_err(Error::Foreign)?;
    output::news(&render::event(&event, context.output.data))
}

fn gap_text(gap: &EventGap) -> String {
    match gap.reason.as_str() {
        "pruned" => "events before these are no longer kept".to_owned(),
        reason => format!("events before these are missing ({})", render::plain(reason)),
    }
}
