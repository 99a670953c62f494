//! `GET /v2/transitions/{id}/events`.

use axum::extract::{Path, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use switchyard_core::TransitionId;
use switchyard_wire::v2::EventFrame;

use super::ask::last_event_id;
use super::follow::{Until, follow};
use crate::api::ApiState;
use crate::api::streams::Kind;
use crate::api::v2::problem::Problem;
use crate::events::{Filter, Since};

/// The event log of one transition
///
/// From its start, or from where the client was cut off, until it has ended; the frame `end` is the last one.
#[utoipa::path(
    get,
    path = "/transitions/{id}/events",
    operation_id = "followTransition",
    tag = "events",
    params(
        ("id" = String, Path, description = "The id of the transition."),
        ("Last-Event-ID" = Option<String>, Header, description = "The id after which to go on."),
    ),
    responses(
        (status = 200, description = "The stream.", body = EventFrame, content_type = "text/event-stream"),
        (status = 400, description = "request.invalid-id"),
        (status = 404, description = "transition.not-found"),
        (status = 503, description = "service.stopping, stream.full"),
    ),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id: TransitionId = id.parse().map_err(|error: switchyard_core::id::IdError| {
        Problem::new(StatusCode::BAD_REQUEST, "request.invalid-id", error.to_string())
    })?;
    let store = state.engine.store();
    let view = store.transition(id).await?.ok_or_else(|| {
        Problem::new(
            StatusCode::NOT_FOUND,
            "transition.not-found",
            format!("there is no transition {id}"),
        )
        .hint("transitions are forgotten some time after they ended")
    })?;
    let since = match last_event_id(&headers) {
        Some(last) => Since::After(last),
        None => store
            .transition_start(id)
            .await?
            .map_or(Since::Oldest, Since::After),
    };
    let until = Until::Ended {
        transition: id,
        already: view.transition.ended_at.is_some(),
    };
    let seat = state.streams.seat(Kind::Transition)?;
    let reader = state.engine.events().read(since, Filter::of_transition(&view));
    Ok(seat.answer(move |frames| follow(reader, frames, until)))
}
