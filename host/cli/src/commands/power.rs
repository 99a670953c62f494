//! `on`, `off` and the like: make a plan, show it, ask, execute it and follow it. `plan` does the first half.

mod operation;
mod order;

use switchyard_wire::v2::{Plan, Transition};

use self::operation::disrupts;
use self::order::{key, left_out, request};
use super::Context;
use super::accepting::accepted;
use super::confirm::{ASK_ABOVE, ask};
use super::following::Course;
use crate::arguments::{Operation, Order, Plan as PlanOnly, Power};
use crate::error::Error;
use crate::exit::Exit;
use crate::interrupt::Interrupts;
use crate::{output, render, server};

/// Tells what would happen.
pub(super) async fn plan(context: &Context, command: &PlanOnly) -> Result<Exit, Error> {
    let request = request(context, command.operation, &command.order).await?;
    let plan = context.server.plan(&request, &server::fresh_id()?).await?;
    tell(context, &plan, &command.order, command.json)
}

/// Asks for the operation, and follows it unless the operator does not want to.
pub(super) async fn run(context: &Context, operation: Operation, power: &Power) -> Result<Exit, Error> {
    let order = &power.order;
    let key = key(power.idempotency_key.as_deref())?;
    let request = request(context, operation, order).await?;
    let plan = context.server.plan(&request, &key).await?;
    if power.dry_run {
        return tell(context, &plan, order, power.report.json || power.report.jsonl);
    }
    let shown = render::plan(&plan, context.output.progress);
    output::note(&context.output.clipped(&shown))?;
    check(&plan, order)?;
    if let Some(what) = disrupts(operation).filter(|_| must_ask(&plan, power)) {
        let taken = order.selection.reads_stdin();
        ask(context.output, taken, &shown, what, plan.expect)?;
    }
    context.tell_key(&key)?;
    let mut interrupts = Interrupts::listen()?;
    let answer = context.server.execute(&plan, request.reason.as_deref(), &key);
    let transition = match accepted(context, answer, &mut interrupts).await {
        Err(Error::Server(error)) if error.is_transient() => {
            output::note(&format!("to send the same again: --idempotency-key {key}"))?;
            return Err(error.into());
        }
        Err(Error::Server(error)) => return Err(error.repeatable(&key).into()),
        transition => transition?,
    };
    if power.no_wait {
        return leave(context, &transition, power.report.json);
    }
    let course = Course {
        follow: power.follow,
        report: power.report,
        left_out: left_out(&plan),
    };
    context.tell_accepted(&transition.id, power.follow)?;
    context.follow(&transition.id, &course, &mut interrupts).await
}

/// Whether the operator has to say how many they are.
fn must_ask(plan: &Plan, power: &Power) -> bool {
    let many = plan.expect > ASK_ABOVE || plan.needs_confirmation || power.order.include.is_some();
    many && !power.yes && power.order.expect.is_none()
}

/// Whether the plan is one to execute.
fn check(plan: &Plan, order: &Order) -> Result<(), Error> {
    if let Some(expected) = order.expect.filter(|expected| *expected != plan.expect) {
        return Err(Error::Expected {
            expected,
            found: plan.expect,
        });
    }
    let refused = plan.resolved.saturating_sub(plan.expect);
    if refused > 0 && (!order.skip_refused || plan.expect == 0) {
        return Err(Error::PlanRefuses {
            refused,
            all: plan.resolved,
        });
    }
    Ok(())
}

/// Shows a plan that nobody executes.
fn tell(context: &Context, plan: &Plan, order: &Order, json: bool) -> Result<Exit, Error> {
    if json {
        output::json(plan)?;
    } else {
        output::data(&render::plan(plan, context.output.data))?;
    }
    check(plan, order)?;
    Ok(Exit::Success)
}

/// Ends without following: the id alone goes to standard output.
pub(super) fn leave(context: &Context, transition: &Transition, json: bool) -> Result<Exit, Error> {
    if json {
        output::json(transition)?;
    } else {
        output::data(&render::plain(&transition.id))?;
    }
    output::note(&format!(
        "accepted; follow it with: {}",
        context.watch(&transition.id)
    ))?;
    Ok(Exit::Success)
}
