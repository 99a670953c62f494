//! A listener whose connections stand behind the shortener.

use std::io;

use axum::serve::Listener;

use super::{LongLines, ShortLines};

/// Accepts what another listener accepts, plain or TLS.
#[derive(Debug)]
pub struct ShortLinesListener<L> {
    listener: L,
    lines: LongLines,
}

impl<L> ShortLinesListener<L> {
    /// Over-long request lines go to `lines`, where the API finds them.
    pub fn new(listener: L, lines: LongLines) -> Self {
        Self { listener, lines }
    }
}

impl<L: Listener> Listener for ShortLinesListener<L> {
    type Io = ShortLines<L::Io>;
    type Addr = L::Addr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (io, address) = self.listener.accept().await;
        (ShortLines::new(io, self.lines.clone()), address)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}
