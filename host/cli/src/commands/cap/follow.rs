//! Following a configuration to its end.

use std::time::Duration;

use switchyard_wire::Standing;
use switchyard_wire::v2::{Configuration, ConfigurationMember};
use tokio::time::Instant;

use crate::commands::Context;
use crate::error::Error;
use crate::exit::Exit;
use crate::follow::Contact;
use crate::interrupt::Interrupts;
use crate::{output, render};

/// The time between two looks.
const LOOK: Duration = Duration::from_millis(500);
/// The time between two lines of progress.
const LINE_EVERY: Duration = Duration::from_secs(5);
/// How long to try again when the service goes away.
const PATIENCE: Duration = Duration::from_mins(1);

/// Looks until it has ended; none when the operator left before.
pub(super) async fn to_the_end(
    context: &Context,
    mut seen: Configuration,
    interrupts: &mut Interrupts,
) -> Result<Option<Configuration>, Error> {
    let id = seen.summary.id.clone();
    let mut contact = Contact::new(PATIENCE);
    let mut told = Instant::now();
    output::note(&format!(
        "configuration {} accepted; Ctrl-C stops following, not the work",
        render::plain(&id)
    ))?;
    while !seen.summary.status.is_final() {
        tokio::select! {
            biased;
            () = interrupts.next() => {
                let watch = watch(context, &id);
                output::note(&format!("detached, the work goes on; follow it with: {watch}"))?;
                return Ok(None);
            }
            () = tokio::time::sleep(LOOK) => {}
        }
        match context.server.configuration(&id).await {
            Ok(now) => {
                contact.restored();
                seen = now;
            }
            Err(error) if error.is_transient() && contact.lost(Instant::now()).is_some() => {}
            Err(error) => return Err(error.into()),
        }
        if told.elapsed() >= LINE_EVERY {
            told = Instant::now();
            let counts = seen.summary.counts;
            let ended = counts.succeeded + counts.failed + counts.unsupported;
            output::note(&format!("{ended}/{} ended", counts.total))?;
        }
    }
    Ok(Some(seen))
}

/// The command that follows a configuration.
pub(super) fn watch(context: &Context, id: &str) -> String {
    context
        .configuration
        .command(&format!("cap watch {}", render::plain(id)))
}

/// How it makes the command end.
pub(super) fn verdict(members: &[ConfigurationMember]) -> Exit {
    let unlucky = members
        .iter()
        .filter(|member| matches!(member.standing, Standing::Failed | Standing::Unsupported));
    let by_hand = |member: &ConfigurationMember| {
        let outcome = member.outcome.as_deref().unwrap_or_default();
        outcome.starts_with("cancelled") || outcome == "superseded"
    };
    let (mut failed, mut left_out) = (false, false);
    for member in unlucky {
        if by_hand(member) {
            left_out = true;
        } else {
            failed = true;
        }
    }
    match (failed, left_out) {
        (true, _) => Exit::Failed,
        (false, true) => Exit::Partial,
        (false, false) => Exit::Success,
    }
}
