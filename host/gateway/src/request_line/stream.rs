//! A connection behind the shortener.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

use super::shortener::Shortener;
use super::{HEAD_WITHIN, LongLines};

/// Bytes that are read from the client at once.
const READ_BYTES: usize = 8 << 10;

/// A connection of a client, plain or TLS, whose over-long request lines are made short on their way to the HTTP library. What is written
/// passes as it is. Who does not end the head of a request in time is cut off.
#[derive(Debug)]
pub struct ShortLines<Io> {
    io: Io,
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
    pub fn new(io: Io, lines: LongLines) -> Self {
        Self {
            io,
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

    /// Fails when the head takes too long.
    fn check_deadline(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(head) = self.shortener.head() else {
            self.deadline = None;
            return Poll::Pending;
        };
        self.deadline.take_if(|(other, _)| *other != head);
        let begin = || (head, Box::pin(tokio::time::sleep(HEAD_WITHIN)));
        let (_, deadline) = self.deadline.get_or_insert_with(begin);
        ready!(deadline.as_mut().poll(cx));
        let why = format!(
            "the head of a request took longer than {} s",
            HEAD_WITHIN.as_secs()
        );
        tracing::debug!(why, "a client is cut off");
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, why)))
    }
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
                return Pin::new(&mut this.io).poll_read(cx, buffer);
            }
            let mut space = [0; READ_BYTES];
            let mut piece = ReadBuf::new(&mut space);
            match Pin::new(&mut this.io).poll_read(cx, &mut piece) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => return this.check_deadline(cx),
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
        Pin::new(&mut self.get_mut().io).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().io).poll_write_vectored(cx, pieces)
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
