//! `/v2/events`: the log, followed or page by page.

mod ask;
mod follow;
pub(super) mod list;
pub(super) mod of_transition;
mod show;

use axum::response::sse::Event as Frame;
use http::{HeaderMap, header};
use serde::Serialize;

/// Whether the caller wants a page rather than a stream.
fn wants_page(headers: &HeaderMap) -> bool {
    let accepts = |kind: &str| {
        headers
            .get_all(header::ACCEPT)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .any(|value| value.contains(kind))
    };
    accepts("application/json") && !accepts("text/event-stream")
}

/// A frame of this name with this data. Data that cannot be written are none.
fn frame(name: &str, data: &impl Serialize) -> Frame {
    let text = serde_json::to_string(data).unwrap_or_default();
    Frame::default().event(name).data(text)
}
