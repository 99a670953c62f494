//! Looking on until Ctrl-C.

use std::time::Duration;

use tokio::time::Instant;

use crate::error::Error;
use crate::exit::Exit;
use crate::follow::Contact;
use crate::interrupt::Interrupts;
use crate::output::{self, Reader};
use crate::render;
use crate::server::{self, Frame, Frames};

/// How long to try again when the service goes away.
const PATIENCE: Duration = Duration::from_mins(1);

/// Shows each frame of a stream until Ctrl-C or until nobody reads it any more, and asks for the stream again where it breaks. `open` is given the id of the
/// last frame that had one.
pub(super) async fn live(
    open: impl AsyncFn(Option<&str>) -> Result<Frames, server::Error>,
    mut see: impl FnMut(&Frame) -> Result<Reader, Error>,
) -> Result<Exit, Error> {
    let mut interrupts = Interrupts::listen()?;
    let mut contact = Contact::new(PATIENCE);
    let mut last: Option<String> = None;
    loop {
        let lost = tokio::select! {
            biased;
            () = interrupts.next() => return Ok(Exit::Success),
            end = read(&open, &mut see, &mut last, &mut contact) => match end? {
                End::NobodyReads => return Ok(Exit::Success),
                End::Lost(lost) => lost,
            },
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

/// How a stream ended.
enum End {
    /// Whoever read what is shown has left.
    NobodyReads,
    /// It broke, by this error if there is one.
    Lost(Option<server::Error>),
}

/// Reads one stream to its end.
async fn read(
    open: &impl AsyncFn(Option<&str>) -> Result<Frames, server::Error>,
    see: &mut impl FnMut(&Frame) -> Result<Reader, Error>,
    last: &mut Option<String>,
    contact: &mut Contact,
) -> Result<End, Error> {
    let mut frames = match open(last.as_deref()).await {
        Ok(frames) => frames,
        Err(error) if error.is_transient() => return Ok(End::Lost(Some(error))),
        Err(error) => return Err(error.into()),
    };
    loop {
        match frames.next().await {
            Ok(Some(frame)) => {
                contact.restored();
                if !frame.data.is_empty() && see(&frame)? == Reader::Left {
                    return Ok(End::NobodyReads);
                }
                if frame.id.is_some() {
                    *last = frame.id;
                }
            }
            Ok(None) => return Ok(End::Lost(None)),
            Err(error) if error.is_transient() => return Ok(End::Lost(Some(error))),
            Err(error) => return Err(error.into()),
        }
    }
}
