//! `retry`: the failed parts of a transition again.

use switchyard_wire::v2::RetryRequest;

use super::accepting::accepted;
use super::cancel::part;
use super::following::Course;
use super::power::leave;
use super::{Context, group, reason};
use crate::arguments::Retry;
use crate::error::Error;
use crate::exit::Exit;
use crate::interrupt::Interrupts;
use crate::{output, render};

/// Tries again, and follows that unless the operator does not want to.
pub(super) async fn run(context: &Context, retry: &Retry) -> Result<Exit, Error> {
    let request = RetryRequest {
        components: part(context, &retry.part.selectors).await?,
        group: group::named(context, &retry.part.id, retry.part.group.as_deref()).await?,
        force: retry.force,
        reason: retry.part.reason.as_deref().map(reason::checked).transpose()?,
    };
    let mut interrupts = Interrupts::listen()?;
    let key = context.fresh_key()?;
    let answer = context.server.retry(&retry.part.id, &request, &key);
    let retried = accepted(context, answer, &mut interrupts).await?;
    let transition = &retried.transition;
    let shown = render::retried(&retried, context.output.progress);
    output::note(&context.output.clipped(&shown))?;
    if retry.no_wait {
        return leave(context, transition, retry.report.json);
    }
    context.tell_accepted(&transition.id, retry.follow)?;
    let course = Course {
        follow: retry.follow,
        report: retry.report,
        left_out: Vec::new(),
    };
    context.follow(&transition.id, &course, &mut interrupts).await
}
