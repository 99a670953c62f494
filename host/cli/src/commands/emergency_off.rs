//! `emergency-off`.

use switchyard_wire::v2::EmergencyOffRequest;

use super::accepting::accepted;
use super::confirm::ask;
use super::following::Course;
use super::power::leave;
use super::{Context, reason};
use crate::arguments::EmergencyOff;
use crate::error::Error;
use crate::exit::Exit;
use crate::interrupt::Interrupts;
use crate::selector::Whole;
use crate::{output, selector};

/// What it does, for whoever is asked.
const WHAT: &str = "EMERGENCY OFF cuts the power at once, past holds, queues and breakers, of";

/// Cuts the power at once. Whoever sits at a terminal always types the number.
pub(super) async fn run(context: &Context, command: &EmergencyOff) -> Result<Exit, Error> {
    let reason = reason::checked(&command.reason)?;
    let selection = &command.selection;
    let names = selector::names(
        &context.server,
        &selection.selectors,
        &selection.narrow,
        Whole::Switched,
    )
    .await?;
    let found = u32::try_from(names.len()).unwrap_or(u32::MAX);
    if let Some(expected) = command.expect.filter(|expected| *expected != found) {
        return Err(Error::Expected { expected, found });
    }
    let folded = names.fold();
    let plural = if found == 1 { "" } else { "s" };
    let shown = format!("emergency-off {found} component{plural}: {folded}");
    output::note(&context.output.clipped(&shown))?;
    ask(context.output, selection.reads_stdin(), &shown, WHAT, found)?;
    let mut interrupts = Interrupts::listen()?;
    let request = EmergencyOffRequest {
        components: vec![folded],
        reason,
        expect: Some(found),
    };
    let key = context.fresh_key()?;
    let answer = context.server.emergency_off(&request, &key);
    let transition = accepted(context, answer, &mut interrupts).await?;
    if command.no_wait {
        return leave(context, &transition, command.report.json);
    }
    context.tell_accepted(&transition.id, command.follow)?;
    let course = Course {
        follow: command.follow,
        report: command.report,
        left_out: Vec::new(),
    };
    context.follow(&transition.id, &course, &mut interrupts).await
}
