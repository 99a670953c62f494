//! Ctrl-C.

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::error::Error;

/// Ctrl-C, which no longer ends the process once this exists.
#[derive(Debug)]
pub(crate) struct Interrupts {
    signal: Signal,
    kept: bool,
}

impl Interrupts {
    /// Begins to listen. What arrives from now on is kept until it is asked for.
    pub(crate) fn listen() -> Result<Self, Error> {
        let signal = signal(SignalKind::interrupt()).map_err(Error::Interrupt)?;
        Ok(Self { signal, kept: false })
    }

    /// Waits for the next Ctrl-C, or takes the one that was kept.
    pub(crate) async fn next(&mut self) {
        if std::mem::take(&mut self.kept) {
            return;
        }
        if self.signal.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
    }

    /// Leaves a Ctrl-C that was taken to whoever asks next.
    pub(crate) const fn keep(&mut self) {
        self.kept = true;
    }
}
