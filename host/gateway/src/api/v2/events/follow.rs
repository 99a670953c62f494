//! One client that follows the log.

use std::sync::Arc;

use axum::response::sse::Event as Frame;
use switchyard_core::TransitionId;
use switchyard_store::event::kind;
use switchyard_store::{Event, EventId};
use switchyard_wire::v2;
use switchyard_wire::v2::event::{END, GAP};

use super::show;
use crate::api::streams::{Frames, Gone, frame, heartbeat, hello};
use crate::events::{Piece, Reader};
use crate::telemetry::Chain;

/// When a stream has told everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    /// Never.
    Gone,
    /// When this transition has ended.
    Ended {
        /// The transition.
        transition: TransitionId,
        /// Whether it has ended already, so that the log tells no more of it than it holds.
        already: bool,
    },
}

impl Until {
    /// The last frame, when this event is the last one that there is.
    fn after(self, event: &Event) -> Option<Frame> {
        match self {
            Self::Ended { transition, .. }
                if event.event.kind == kind::TRANSITION_ENDED
                    && event.event.transition == Some(transition) =>
            {
                Some(end(transition))
            }
            _ => None,
        }
    }

    /// The last frame, when the log holds no more.
    fn at_end(self) -> Option<Frame> {
        match self {
            Self::Ended {
                transition,
                already: true,
            } => Some(end(transition)),
            _ => None,
        }
    }
}

fn end(transition: TransitionId) -> Frame {
    let transition = transition.to_string();
    frame(END, &v2::StreamEnd { transition })
}

/// Sends what the reader gets. A client that is cut off comes back with the last id that it was given, which is also given when the
/// filter has let nothing pass for long.
pub(super) async fn follow(mut reader: Reader, mut frames: Frames, until: Until) -> Result<(), Gone> {
    frames.send(hello(reader.place().map(|id| id.0.as_str()))).await?;
    let mut sent = reader.place().cloned();
    loop {
        match reader.next().await {
            Ok(Piece::Events(events)) => {
                if send(&events, &mut frames, until, &mut sent).await? {
                    return Ok(());
                }
            }
            Ok(Piece::Gap { gap, oldest }) => {
                frames.send(frame(GAP, &show::gap(gap, oldest.as_ref()))).await?;
            }
            Ok(Piece::End) => {
                if let Some(last) = until.at_end() {
                    return frames.send(last).await;
                }
                frames.wait(reader.wait()).await?;
            }
            Err(error) => {
                tracing::warn!(error = %Chain(&error), "a stream ends, because the event log cannot be read");
                return Ok(());
            }
        }
        let place = reader.place();
        frames
            .beat(|| match place {
                Some(place) if sent.as_ref() != Some(place) => heartbeat().id(&place.0),
                _ => heartbeat(),
            })
            .await?;
    }
}

/// Sends events, and says whether they were the last.
async fn send(
    events: &[Arc<Event>],
    frames: &mut Frames,
    until: Until,
    sent: &mut Option<EventId>,
) -> Result<bool, Gone> {
    for event in events {
        let shown = show::event(event);
        frames.send(frame(&shown.kind, &shown).id(&shown.id)).await?;
        *sent = Some(event.id.clone());
        if let Some(last) = until.after(event) {
            frames.send(last).await?;
            return Ok(true);
        }
    }
    Ok(false)
}
