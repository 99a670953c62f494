//! `GET /v2/events` and `GET /v2/transitions/{id}/events`: the log of what happened.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The value of `since` that means the oldest event kept.
pub const SINCE_OLDEST: &str = "oldest";
/// The value of `since` that means what happens from now on.
pub const SINCE_NOW: &str = "now";
/// The name of the frame that tells of missing events.
pub const GAP: &str = "gap";
/// The name of the frame after which a stream has nothing more to tell.
pub const END: &str = "end";

/// One event. In a stream its frame has the kind as name and the id as id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Event {
    /// Its id: opaque, to be sent back as `Last-Event-ID` or `since`.
    pub id: String,
    /// When it happened.
    pub at: String,
    /// What happened, such as `task.ended`.
    pub kind: String,
    /// The component it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component: Option<String>,
    /// The task it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    /// The transition it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transition: Option<String>,
    /// What else belongs to it; the keys depend on the kind.
    pub data: Value,
}

/// A page of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EventPage {
    /// The events in order.
    pub events: Vec<Event>,
    /// What to send as `since` for the next page, which follows without a hole. There is nothing more yet when it is what was sent.
    pub next: String,
    /// What is missing in front of the page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gap: Option<EventGap>,
}

/// Events after the place that was sent are missing; what is kept follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EventGap {
    /// `pruned` when they are no longer kept, `unknown` when this log never gave the place.
    pub reason: String,
    /// The oldest event kept, if any.
    #[serde(default)]
    pub oldest: Option<String>,
}

/// A transition has ended, and its stream with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StreamEnd {
    /// The transition.
    pub transition: String,
}

/// What a frame of the log holds; which it is says the name of the frame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(untagged)]
pub enum EventFrame {
    /// Any other name.
    Event(Event),
    /// [`GAP`].
    Gap(EventGap),
    /// [`END`], on the stream of one transition.
    End(StreamEnd),
}
