//! Waiting for the service to accept a request.

use super::Context;
use crate::error::Error;
use crate::interrupt::Interrupts;
use crate::{output, server};

/// Waits for the answer to a request. The first Ctrl-C meanwhile is kept for the follower; the second gives up.
pub(super) async fn accepted<T>(
    context: &Context,
    answer: impl Future<Output = Result<T, server::Error>>,
    interrupts: &mut Interrupts,
) -> Result<T, Error> {
    tokio::pin!(answer);
    tokio::select! {
        biased;
        accepted = &mut answer => return Ok(accepted?),
        () = interrupts.next() => {}
    }
    output::note("waiting for the service to accept it; Ctrl-C again gives up")?;
    let accepted = tokio::select! {
        biased;
        accepted = &mut answer => accepted?,
        () = interrupts.next() => return Err(context.server.given_up().into()),
    };
    interrupts.keep();
    Ok(accepted)
}

impl Context {
    /// A fresh key for a request, shown to whoever wants to know more.
    pub(super) fn fresh_key(&self) -> Result<String, Error> {
        let key = server::fresh_id()?;
        self.tell_key(&key)?;
        Ok(key)
    }

    /// Shows the key of a request to whoever wants to know more.
    pub(super) fn tell_key(&self, key: &str) -> Result<(), Error> {
        if self.output.verbose {
            output::note(&format!("idempotency key {key}"))?;
        }
        Ok(())
    }
}
