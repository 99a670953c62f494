//! Answers that go on: Server-Sent Events, each fed by a task of its own.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::response::sse::Event;
use axum::response::{IntoResponse, Response, Sse};
use http::{HeaderValue, StatusCode};
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::Instant;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::refusal::Refusal;
use crate::telemetry::metrics;

/// Streams at once, of all kinds together.
pub const STREAMS_MAX: usize = 512;
/// How long a stream is silent before a comment shows that it lives.
pub const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long a client may take to accept a frame before it is let go.
const ACCEPT_WITHIN: Duration = Duration::from_mins(1);
/// How long a stream lasts; its client comes back, and is asked again who it is.
const LIFE_MAX: Duration = Duration::from_hours(1);
/// After what time a client that was cut off is asked to come back.
const RETRY: Duration = Duration::from_secs(2);
/// When a client that found no place is asked to come back.
const FULL_RETRY_AFTER: Duration = Duration::from_secs(10);

/// What keeps reverse proxies of the nginx family from holding frames back.
const ACCEL_BUFFERING: &str = "x-accel-buffering";

/// A frame of this name with this data. Data that cannot be written are none.
pub(super) fn frame(name: &str, data: &impl Serialize) -> Event {
    let text = serde_json::to_string(data).unwrap_or_default();
    Event::default().event(name).data(text)
}

/// The streams of this service. Clones share them.
#[derive(Debug, Clone)]
pub struct Streams {
    seats: Arc<Semaphore>,
    tasks: TaskTracker,
    stop: CancellationToken,
    /// Ends the streams that are open now.
    open: Arc<Mutex<CancellationToken>>,
}

impl Streams {
    /// At most `max` streams at once.
    pub fn new(max: usize) -> Self {
        Self {
            seats: Arc::new(Semaphore::new(max)),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
            open: Arc::default(),
        }
    }

    /// Ends every stream and begins none any more.
    pub async fn stop(&self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Ends the streams that are open now. Their clients come back, those that may.
    pub fn cut(&self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *open).cancel();
    }

    fn open(&self) -> CancellationToken {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A place for one more stream.
    pub(super) fn seat(&self, kind: Kind) -> Result<Seat, Refusal> {
        let Ok(permit) = Arc::clone(&self.seats).try_acquire_owned() else {
            let detail = format!("{STREAMS_MAX} streams are open already, which is as many as may be");
            return Err(
                Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "stream.full", detail)
                    .hint("close streams that nobody looks at, or come back after the time in Retry-After")
                    .retry_after(FULL_RETRY_AFTER),
            );
        };
        if self.stop.is_cancelled() {
            return Err(Refusal::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "service.stopping",
                "the service is stopping",
            )
            .retry_after(RETRY));
        }
        metrics::sse_client(kind.name(), 1.0);
        Ok(Seat {
            kind,
            streams: self.clone(),
            _permit: permit,
        })
    }
}

impl Default for Streams {
    fn default() -> Self {
        Self::new(STREAMS_MAX)
    }
}

/// What is streamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The event log.
    Events,
    /// The part of it that is about one transition.
    Transition,
    /// The fleet for screens.
    Fleet,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Transition => "transition",
            Self::Fleet => "fleet",
        }
    }

    /// How many frames wait for the connection. What is coalesced waits before it is written.
    fn ahead(self) -> usize {
        match self {
            Self::Events | Self::Transition => 64,
            Self::Fleet => 1,
        }
    }
}

/// One stream's place.
#[derive(Debug)]
pub(super) struct Seat {
    kind: Kind,
    streams: Streams,
    _permit: OwnedSemaphorePermit,
}

impl Seat {
    /// Answers with the frames that `feed` sends, until it ends, the client goes, or the service stops.
    pub(super) fn answer<F>(self, feed: impl FnOnce(Frames) -> F) -> Response
    where
        F: Future<Output = Result<(), Gone>> + Send + 'static,
    {
        let (frames, taken) = mpsc::channel(self.kind.ahead());
        let feeding = feed(Frames {
            frames,
            last: Instant::now(),
        });
        let tasks = self.streams.tasks.clone();
        let open = self.streams.open();
        tasks.spawn(async move {
            let lasting = tokio::time::timeout(LIFE_MAX, open.run_until_cancelled(feeding));
            match self.streams.stop.run_until_cancelled(lasting).await {
                Some(Ok(Some(Err(Gone::Slow)))) => {
                    tracing::info!(stream = self.kind.name(), "a client that took nothing was let go");
                }
                Some(Ok(Some(Ok(()) | Err(Gone::Left)) | None) | Err(_)) | None => {}
            }
        });
        let mut response = Sse::new(ReceiverStream::new(taken)).into_response();
        let headers = response.headers_mut();
        headers.insert(ACCEL_BUFFERING, HeaderValue::from_static("no"));
        response
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        metrics::sse_client(self.kind.name(), -1.0);
    }
}

/// Why nothing more can be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gone {
    /// The client has closed the stream.
    Left,
    /// The client takes nothing.
    Slow,
}

/// The way to one client.
#[derive(Debug)]
pub(super) struct Frames {
    frames: mpsc::Sender<Result<Event, Infallible>>,
    /// When the last frame was sent.
    last: Instant,
}

impl Frames {
    /// Sends a frame, as soon as the client takes it.
    pub(super) async fn send(&mut self, frame: Event) -> Result<(), Gone> {
        match tokio::time::timeout(ACCEPT_WITHIN, self.frames.send(Ok(frame))).await {
            Ok(Ok(())) => {
                self.last = Instant::now();
                Ok(())
            }
            Ok(Err(_)) => Err(Gone::Left),
            Err(_) => Err(Gone::Slow),
        }
    }

    /// Sends what `heartbeat` makes, when the stream has been silent for long.
    pub(super) async fn beat(&mut self, heartbeat: impl FnOnce() -> Event) -> Result<(), Gone> {
        if self.last.elapsed() < HEARTBEAT {
            return Ok(());
        }
        self.send(heartbeat()).await
    }

    /// Waits, but no longer than until the next heartbeat is due or the client has gone.
    pub(super) async fn wait(&self, something: impl Future<Output = ()>) -> Result<(), Gone> {
        tokio::select! {
            () = self.frames.closed() => Err(Gone::Left),
            () = something => Ok(()),
            () = tokio::time::sleep_until(self.last + HEARTBEAT) => Ok(()),
        }
    }
}

/// The first frame: when to come back, and from where.
pub(super) fn hello(place: Option<&str>) -> Event {
    let frame = Event::default().retry(RETRY);
    match place {
        Some(place) => frame.id(place),
        None => frame,
    }
}

/// A comment that shows that the stream lives.
pub(super) fn heartbeat() -> Event {
    Event::default().comment("")
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    async fn next(response: &mut Response) -> Option<String> {
        let frame = response.body_mut().frame().await?.unwrap();
        Some(String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_stream_shows_that_it_lives_for_longer_than_a_request_may_take() {
        let streams = Streams::default();
        let begun = Instant::now();
        let mut response = streams.seat(Kind::Events).unwrap().answer(async |mut frames| {
            frames.send(hello(Some("log.1"))).await?;
            loop {
                frames.wait(std::future::pending()).await?;
                frames.beat(heartbeat).await?;
            }
        });
        assert_eq!(response.headers()[ACCEL_BUFFERING], "no");
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(next(&mut response).await.unwrap(), "retry: 2000\nid: log.1\n\n");
        while begun.elapsed() < super::super::REQUEST_TIMEOUT * 3 {
            let since = Instant::now();
            assert_eq!(next(&mut response).await.unwrap(), ": \n\n");
            assert_eq!(since.elapsed().as_secs(), HEARTBEAT.as_secs());
        }
        streams.stop().await;
        assert_eq!(
            next(&mut response).await,
            None,
            "the stream ends with the service"
        );
        assert!(streams.seat(Kind::Events).is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_takes_nothing_loses_its_place_and_so_does_one_that_leaves() {
        let streams = Streams::new(1);
        let flood = async |mut frames: Frames| {
            loop {
                frames.send(heartbeat()).await?;
            }
        };
        let stuck = streams.seat(Kind::Fleet).unwrap().answer(flood);
        let full = streams.seat(Kind::Fleet).unwrap_err();
        assert_eq!((full.status.as_u16(), full.code), (503, "stream.full"));
        assert_eq!(full.retry_after, Some(FULL_RETRY_AFTER));
        tokio::time::sleep(ACCEPT_WITHIN + Duration::from_secs(1)).await;
        let idle = streams.seat(Kind::Fleet).unwrap().answer(async |frames: Frames| {
            loop {
                frames.wait(std::future::pending()).await?;
            }
        });
        streams.cut();
        tokio::time::sleep(Duration::from_secs(1)).await;
        drop(streams.seat(Kind::Fleet).unwrap());
        drop((stuck, idle));
        tokio::time::sleep(Duration::from_secs(1)).await;
        drop(streams.seat(Kind::Fleet).unwrap());
    }
}
