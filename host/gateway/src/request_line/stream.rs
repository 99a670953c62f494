//! A connection behind the shortener.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, Sleep};

use super::shortener::Shortener;
use super::{HEAD_WITHIN, IDLE_WITHIN, LongLines};

/// Bytes that are read from the client at once.
const READ_BYTES: usize = 8 << 10;

/// A connection of a client, plain or TLS, whose over-long request lines are made short on their way to the HTTP library. What is written
/// passes as it is. Who does not end the head of a request in time is cut off, and so is who neither sends nor takes anything for long.
#[derive(Debug)]
pub struct ShortLines<Io> {
    io: Io,
    /// Its place among all connections.
    _place: Option<OwnedSemaphorePermit>,
    last_used: Instant,
    /// Whether the client has sent anything yet.
    has_sent: bool,
    idle: Pin<Box<Sleep>>,
    shortener: Shortener,
    /// What is for the library, from `given` on.
    ready: Vec<u8>,
    given: usize,
    has_ended: bool,
    /// When the head of this number must have ended.
    deadline: Option<(u64, Pin<Box<Sleep>>)>,
}

impl<Io> ShortLines<Io> {
    /// A connection that has just been accepted.
    pub fn new(io: Io, lines: LongLines, place: Option<OwnedSemaphorePermit>) -> Self {
        Self {
            io,
            _place: place,
            last_used: Instant::now(),
            has_sent: false,
            idle: Box::pin(tokio::time::sleep(HEAD_WITHIN)),
            shortener: Shortener::new(lines),
            ready: Vec::new(),
            given: 0,
            has_ended: false,
            deadline: None,
        }
    }

    /// Gives the library what is ready. Whether there was anything.
    fn give(&mut self, buffer: &mut ReadBuf<'_>) -> bool {
        let left = self.ready.get(self.given..).unwrap_or_default();
        if left.is_empty() {
            return false;
        }
        let piece = left.get(..buffer.remaining()).unwrap_or(left);
        buffer.put_slice(piece);
        self.given += piece.len();
        if self.given == self.ready.len() {
            self.ready.clear();
            self.ready.shrink_to(READ_BYTES);
            self.given = 0;
        }
        true
    }

    /// Fails when nothing happens for too long.
    fn check_deadlines(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Poll::Ready(failed) = self.check_head(cx) {
            return Poll::Ready(failed);
        }
        // Who has never sent anything holds a place for no reason.
        let limit = if self.has_sent { IDLE_WITHIN } else { HEAD_WITHIN };
        while self.idle.as_mut().poll(cx).is_ready() {
            let until = self.last_used + limit;
            if until <= Instant::now() {
                return Poll::Ready(Err(cut_off("nothing was sent or taken", limit)));
            }
            self.idle.as_mut().reset(until);
        }
        Poll::Pending
    }

    /// Fails when the head takes too long.
    fn check_head(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(head) = self.shortener.head() else {
            self.deadline = None;
            return Poll::Pending;
        };
        self.deadline.take_if(|(other, _)| *other != head);
        let begin = || (head, Box::pin(tokio::time::sleep(HEAD_WITHIN)));
        let (_, deadline) = self.deadline.get_or_insert_with(begin);
        ready!(deadline.as_mut().poll(cx));
        Poll::Ready(Err(cut_off("the head of a request did not end", HEAD_WITHIN)))
    }
}

fn cut_off(what: &str, limit: Duration) -> io::Error {
    let why = format!("{what} within {} s", limit.as_secs());
    tracing::debug!(why, "a client is cut off");
    io::Error::new(io::ErrorKind::TimedOut, why)
}

impl<Io: AsyncRead + Unpin> AsyncRead for ShortLines<Io> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            if this.give(buffer) || this.has_ended {
                return Poll::Ready(Ok(()));
            }
            if this.shortener.is_transparent() {
                return match Pin::new(&mut this.io).poll_read(cx, buffer) {
                    Poll::Pending => this.check_deadlines(cx),
                    Poll::Ready(read) => {
                        this.last_used = Instant::now();
                        Poll::Ready(read)
                    }
                };
            }
            let mut space = [0; READ_BYTES];
            let mut piece = ReadBuf::new(&mut space);
            match Pin::new(&mut this.io).poll_read(cx, &mut piece) {
                Poll::Ready(Ok(())) => {
                    this.last_used = Instant::now();
                    this.has_sent = true;
                }
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => return this.check_deadlines(cx),
            }
            if piece.filled().is_empty() {
                this.has_ended = true;
                this.shortener.end(&mut this.ready);
            } else if let Err(error) = this.shortener.take(piece.filled(), &mut this.ready) {
                tracing::debug!(%error, "a client is cut off");
                return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, error)));
            }
        }
    }
}

impl<Io: AsyncWrite + Unpin> AsyncWrite for ShortLines<Io> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = ready!(Pin::new(&mut this.io).poll_write(cx, bytes));
        this.last_used = Instant::now();
        Poll::Ready(written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = ready!(Pin::new(&mut this.io).poll_write_vectored(cx, pieces));
        this.last_used = Instant::now();
        Poll::Ready(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_shutdown(cx)
    }
}
