//! `GET /v2/events`.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use switchyard_wire::v2::{EventFrame, EventPage};

use super::ask::Ask;
use super::follow::{Until, follow};
use super::{show, wants_page};
use crate::api::ApiState;
use crate::api::streams::Kind;
use crate::api::v2::problem::Problem;
use crate::events::Since;

/// The event log
///
/// Every event once and in order, as Server-Sent Events that go on for as long as the client listens. The name of a frame is the kind
/// of the event, its id is what a client that was cut off sends back as `Last-Event-ID`; its data is an `Event`. A frame `gap` with an
/// `EventGap` tells that events after that id are no longer kept; what is kept follows.
///
/// With `Accept: application/json` it is one page, and the next one begins at its `next`.
#[utoipa::path(
    get,
    path = "/events",
    operation_id = "followEvents",
    tag = "events",
    params(
        ("since" = Option<String>, Query, description = "The id after which to begin, `oldest` or `now`. Unless given, a stream begins now and a page with the oldest event."),
        ("Last-Event-ID" = Option<String>, Header, description = "The same, and goes before it."),
        ("transition" = Option<String>, Query, description = "Only what is about this transition or its tasks."),
        ("component" = Option<String>, Query, description = "Only what is about this component."),
        ("kind" = Option<Vec<String>>, Query, description = "Only these kinds; one that ends in a dot means all that begin so."),
        ("limit" = Option<usize>, Query, description = "The most events on a page; 1,000 unless given.", minimum = 1, maximum = 10_000),
    ),
    responses(
        (status = 200, description = "The stream, or a page.", content((EventPage = "application/json"), (EventFrame = "text/event-stream"))),
        (status = 400, description = "request.invalid-query"),
        (status = 503, description = "service.stopping, stream.full"),
    ),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let ask = Ask::parse(query.as_deref().unwrap_or_default())?;
    let filter = ask.filter(&state).await?;
    let log = state.engine.events();
    if wants_page(&headers) {
        let since = ask.since(&headers, Since::Oldest);
        let page = log.page(since, &filter, ask.limit()).await?;
        let oldest = page.events.first().map(|event| &event.id);
        let page = EventPage {
            gap: page.gap.map(|gap| show::gap(gap, oldest)),
            events: page.events.iter().map(show::event).collect(),
            next: page.end.0,
        };
        return Ok(Json(page).into_response());
    }
    let seat = state.streams.seat(Kind::Events)?;
    let reader = log.read(ask.since(&headers, Since::Now), filter);
    Ok(seat.answer(|frames| follow(reader, frames, Until::Gone)))
}
