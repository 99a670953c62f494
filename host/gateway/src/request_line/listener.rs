//! A listener whose connections stand behind the shortener.

use std::io;
use std::sync::Arc;

use axum::serve::Listener;
use tokio::sync::Semaphore;

use super::{CONNECTIONS_MAX, LongLines, ShortLines};

/// Accepts what another listener accepts, plain or TLS, up to [`CONNECTIONS_MAX`] at once.
#[derive(Debug)]
pub struct ShortLinesListener<L> {
    listener: L,
    lines: LongLines,
    places: Arc<Semaphore>,
}

impl<L> ShortLinesListener<L> {
    /// Over-long request lines go to `lines`, where the API finds them.
    pub fn new(listener: L, lines: LongLines) -> Self {
        Self::with_places(listener, lines, CONNECTIONS_MAX)
    }

    /// Like [`Self::new`], with so many connections at once.
    pub(super) fn with_places(listener: L, lines: LongLines, places: usize) -> Self {
        Self {
            listener,
            lines,
            places: Arc::new(Semaphore::new(places)),
        }
    }
}

impl<L: Listener> Listener for ShortLinesListener<L> {
    type Io = ShortLines<L::Io>;
    type Addr = L::Addr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        // It is never closed, so there is always a place in the end.
        let place = Arc::clone(&self.places).acquire_owned().await.ok();
        let (io, address) = self.listener.accept().await;
        (ShortLines::new(io, self.lines.clone(), place), address)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}
