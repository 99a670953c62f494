//! The events of a transition on standard output, while it is followed.

use std::pin::pin;

use switchyard_wire::v2::event::END;
use tokio::time::Duration;

use super::Ending;
use crate::error::Error;
use crate::output;
use crate::server::Server;

/// How long to wait before a stream that broke is asked for again.
const AGAIN: Duration = Duration::from_secs(1);
/// How long the last events may take once the transition has ended.
const LAST_WITHIN: Duration = Duration::from_secs(10);

/// Prints the events until the transition has ended or the operator leaves. Who follows decides when the service has been
/// away for too long.
pub(super) async fn beside(
    server: &Server,
    id: &str,
    look: impl Future<Output = Result<Ending, Error>>,
) -> Result<Ending, Error> {
    let (mut look, mut told) = (pin!(look), pin!(print(server, id)));
    tokio::select! {
        biased;
        ending = &mut look => {
            let ending = ending?;
            if matches!(ending, Ending::Finished(_))
                && let Ok(told) = tokio::time::timeout(LAST_WITHIN, told).await
            {
                told?;
            }
            Ok(ending)
        }
        told = &mut told => {
            told?;
            look.await
        }
    }
}

/// Prints every event once, one on each line.
async fn print(server: &Server, id: &str) -> Result<(), Error> {
    let mut last: Option<String> = None;
    loop {
        match print_some(server, id, &mut last).await {
            Ok(true) => return Ok(()),
            Ok(false) => {}
            Err(Error::Server(error)) if error.is_transient() => {}
            Err(error) => return Err(error),
        }
        tokio::time::sleep(AGAIN).await;
    }
}

/// Prints what one stream gives; true when that was all.
async fn print_some(server: &Server, id: &str, last: &mut Option<String>) -> Result<bool, Error> {
    let mut frames = server.transition_events(id, last.as_deref()).await?;
    while let Some(frame) = frames.next().await? {
        if frame.event == END {
            return Ok(true);
        }
        if !frame.data.is_empty() {
            output::data(&frame.data)?;
        }
        if frame.id.is_some() {
            *last = frame.id;
        }
    }
    Ok(false)
}
