//! Codes of refused requests about transitions, plans, settings, and who is told of them.

use super::{ProblemCode, problem};

/// In order.
pub(super) const CODES: &[ProblemCode] = &[
    problem(
        400,
        "callback.invalid-url",
        "the callback is no URL that the service sends to",
        "send an absolute https:// or http:// URL without user and fragment",
    ),
    problem(
        400,
        "callback.not-configured",
        "callbacks are not configured here, so that nothing could be signed",
        "leave callback out, or set callbacks.secret_file in the configuration of the service",
    ),
    problem(
        400,
        "callback.refused-address",
        "the callback leads to an address that is not public",
        "list its network under callbacks.allow in the configuration of the service",
    ),
    problem(
        409,
        "configuration.ended",
        "the configuration has ended and takes no more orders",
        "look at how it ended; ask again for what failed",
    ),
    problem(
        404,
        "configuration.not-found",
        "there is no configuration of this id; configurations are forgotten some time after they ended",
        "look for the id in what was kept of the answer that gave it",
    ),
    problem(
        422,
        "operation.unknown",
        "there is no such operation, or none was named",
        "the detail lists the operations",
    ),
    problem(
        409,
        "plan.changed",
        "components are refused now that the plan held for possible, and nothing was done",
        "make a new plan, look at it, and execute that",
    ),
    problem(
        409,
        "plan.executed",
        "the plan has been executed; `transition` names what it became",
        "look at that transition, or make a new plan",
    ),
    problem(
        422,
        "plan.expect-mismatch",
        "the plan does not stand for as many components as `expect` says",
        "send the `expect` of the plan that was looked at",
    ),
    problem(
        409,
        "plan.expired",
        "the plan is too old to be executed",
        "make a new plan, look at it, and execute that",
    ),
    problem(
        422,
        "plan.mismatch",
        "the request says something else than its plan",
        "send `plan` and `expect` alone",
    ),
    problem(
        404,
        "plan.not-found",
        "there is no plan of this id; plans are forgotten some time after they have expired",
        "make a new plan",
    ),
    problem(
        422,
        "plan.other-caller",
        "the plan was made by somebody else",
        "make a plan of your own",
    ),
    problem(
        422,
        "plan.too-large",
        "the plan would name more components than one may",
        "make several plans",
    ),
    problem(
        502,
        "reading.failed",
        "the BMC could not be read; the detail has its words",
        "mend what the BMC says, and ask again",
    ),
    problem(
        503,
        "reading.left-alone",
        "the controller is left alone for a while after failures, and was not asked",
        "look at the BMC and its network, then POST /v2/endpoints/{id}/try, or wait as long as Retry-After says",
    ),
    problem(
        404,
        "reading.not-offered",
        "the BMC of the component, or its driver, does not offer this",
        "nothing: the detail says who does not know it",
    ),
    problem(
        504,
        "reading.timeout",
        "the BMC did not answer in time",
        "ask again; look at the BMC when it stays so",
    ),
    problem(
        422,
        "setting.invalid",
        "what is to be set is missing, is named twice, or cannot be read",
        "the detail names the value and what it takes",
    ),
    problem(
        409,
        "task.ended",
        "the task has ended and takes no more orders",
        "look at how it ended; try it again if it failed",
    ),
    problem(
        404,
        "task.not-found",
        "there is no task of this id; tasks are forgotten some time after they ended",
        "GET /v2/transitions/{id} names the task of each component",
    ),
    problem(
        409,
        "transition.ended",
        "the transition has ended and takes no more orders",
        "look at how it ended; try its failed parts again",
    ),
    problem(
        404,
        "transition.not-found",
        "there is no transition of this id; transitions are forgotten some time after they ended",
        "look for the id in what was kept of the answer that gave it",
    ),
    problem(
        409,
        "transition.nothing-to-retry",
        "nothing of it failed in a way that another try could mend; `problems` tells what became of each component",
        "resolve what is uncertain, and ask anew for the rest",
    ),
    problem(
        404,
        "webhook.not-found",
        "no webhook of this name is configured",
        "list the webhooks with GET /v2/webhooks",
    ),
];
