//! Looking on until Ctrl-C.

use std::time::Duration;

use tokio::time::Instant;

use crate::error::Error;
use crate::exit::Exit;
use crate::follow::Contact;
use crate::interrupt::Interrupts;
use crate::output;
use crate::render;
use crate::server::{self, Frame, Frames};

/// How long to try again when the service goes away.
const PATIENCE: Duration = Duration::from_mins(1);

/// Shows each frame of a stream until Ctrl-C, and asks for the stream again where it breaks. `open` is given the id of the
/// last frame that had one.
pub(super) async fn live(
    open: impl AsyncFn(Option<&str>) -> Result<Frames, server::Error>,
    mut see: impl FnMut(&Frame) -> Result<(), Error>,
) -> Result<Exit, Error> {
    let mut interrupts = Interrupts::listen()?;
    let mut contact = Contact::new(PATIENCE);
    let mut last: Option<String> = None;
    loop {
        let lost = tokio::select! {
            biased;
            () = interrupts.next() => return Ok(Exit::Success),
            lost = read(&open, &mut see, &mut last, &mut contact) => lost?,
        };
        let now = Instant::now();
        let Some(wait) = contact.lost(now) else {
            return Err(Error::NoNews {
                lasted: contact.lasted(now),
            });
        };
        if let Some(error) = lost.filter(|_| contact.lasted(now).is_zero()) {
            output::note(&format!("reconnecting: {}", render::plain(&error.to_string())))?;
        }
        tokio::select! {
            biased;
            () = interrupts.next() => return Ok(Exit::Success),
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// Reads one stream to its end; the error is what broke it.
async fn read(
    open: &impl AsyncFn(Option<&str>) -> Result<Frames, server::Error>,
    see: &mut impl FnMut(&Frame) -> Result<(), Error>,
    last: &mut Option<String>,
    contact: &mut Contact,
) -> Result<Option<server::Error>, Error> {
    let mut frames = match open(last.as_deref()).await {
        Ok(frames) => frames,
        Err(error) if error.is_transient() => return Ok(Some(error)),
        Err(error) => return Err(error.into()),
    };
    loop {
        match frames.next().await {
            Ok(Some(frame)) => {
                contact.restored();
                if !frame.data.is_empty() {
                    see(&frame)?;
                }
                if frame.id.is_some() {
                    *last = frame.id;
                }
            }
            Ok(None) => return Ok(None),
            Err(error) if error.is_transient() => return Ok(Some(error)),
            Err(error) => return Err(error.into()),
        }
    }
}
