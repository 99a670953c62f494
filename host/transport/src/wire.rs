//! What has left over a connection: the facts behind *not sent* and *maybe sent*.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio_rustls::client::TlsStream;

use crate::legacy::LegacyStream;

/// The gate in front of one connection's sending side. It sees every write, and can be shut so that nothing leaves any more.
#[derive(Debug, Default)]
pub(crate) struct Wire {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// Something was written since the last request began, or may have been.
    touched: bool,
    /// HTTP has taken the whole body of the request into its buffer.
    body_taken: bool,
    /// The whole request was handed to the operating system.
    written: bool,
    shut: bool,
}

impl Wire {
    /// A request begins.
    pub(crate) fn begin(&self, has_body: bool) {
        let mut state = self.lock();
        state.touched = false;
        state.written = false;
        state.body_taken = !has_body;
    }

    /// Returns once the whole request was handed to the operating system.
    pub(crate) async fn written(&self) {
        loop {
            let changed = self.changed.notified();
            if self.lock().written {
                return;
            }
            changed.await;
        }
    }

    /// Lets nothing leave any more, and tells whether something of the request may have left before.
    pub(crate) fn shut(&self) -> bool {
        let mut state = self.lock();
        state.shut = true;
        state.touched
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, write: impl FnOnce() -> Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        // The lock is held over the write, which never blocks, so that `shut` is exact.
        let mut state = self.lock();
        if state.shut {
            return Poll::Ready(Err(io::Error::new(
                io::ErrorKind::ConnectionAborted,
                "the request was given up",
            )));
        }
        let result = write();
        // A failed TLS write may have sent a part.
        state.touched |= result.is_ready();
        result
    }

    fn flushed(&self) {
        let mut state = self.lock();
        if state.touched && state.body_taken && !state.written {
            state.written = true;
            self.changed.notify_waiters();
        }
    }
}

/// The stream below HTTP.
#[derive(Debug)]
pub(crate) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    Legacy(Box<dyn LegacyStream>),
}

/// A stream behind its [`Wire`].
#[derive(Debug)]
pub(crate) struct Wired {
    stream: Stream,
    wire: Arc<Wire>,
}

impl Wired {
    pub(crate) fn new(stream: Stream, wire: Arc<Wire>) -> Self {
        Self { stream, wire }
    }
}

macro_rules! inner {
    ($stream:expr, $method:ident($($arg:expr),*)) => {
        match $stream {
            Stream::Plain(stream) => Pin::new(stream).$method($($arg),*),
            Stream::Tls(stream) => Pin::new(stream.as_mut()).$method($($arg),*),
            Stream::Legacy(stream) => Pin::new(stream.as_mut()).$method($($arg),*),
        }
    };
}

impl AsyncRead for Wired {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        inner!(&mut self.stream, poll_read(cx, buf))
    }
}

impl AsyncWrite for Wired {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let Self { stream, wire } = self.get_mut();
        wire.write(|| inner!(stream, poll_write(cx, buf)))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let Self { stream, wire } = self.get_mut();
        wire.write(|| inner!(stream, poll_write_vectored(cx, bufs)))
    }

    fn is_write_vectored(&self) -> bool {
        match &self.stream {
            Stream::Plain(stream) => stream.is_write_vectored(),
            Stream::Tls(stream) => stream.is_write_vectored(),
            Stream::Legacy(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { stream, wire } = self.get_mut();
        let result = inner!(stream, poll_flush(cx));
        if matches!(result, Poll::Ready(Ok(()))) {
            wire.flushed();
        }
        result
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        inner!(&mut self.stream, poll_shutdown(cx))
    }
}

/// The body of a request, which tells the wire when HTTP has taken it.
#[derive(Debug)]
pub(crate) struct Payload {
    bytes: Option<Bytes>,
    wire: Arc<Wire>,
}

impl Payload {
    pub(crate) fn new(bytes: Bytes, wire: Arc<Wire>) -> Self {
        Self {
            bytes: (!bytes.is_empty()).then_some(bytes),
            wire,
        }
    }
}

impl Body for Payload {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let frame = self.bytes.take();
        self.wire.lock().body_taken = true;
        Poll::Ready(frame.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}
