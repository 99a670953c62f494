//! `/v2/events`: the log, followed or page by page.

mod ask;
mod follow;
pub(super) mod list;
pub(super) mod of_transition;
mod show;

use http::{HeaderMap, header};

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
