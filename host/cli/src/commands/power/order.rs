//! From the command line to the request.

use switchyard_wire::IDEMPOTENCY_KEY_MAX_CHARS;
use switchyard_wire::v2::{self, Plan, PlanVerdict};

use super::operation::word;
use crate::account::{Fate, Group};
use crate::arguments::{IfBusy, Include, Operation, Order};
use crate::commands::{Context, reason, span};
use crate::error::Error;
use crate::selector;
use crate::server::fresh_id;

/// The request as the service reads it.
pub(super) async fn request(
    context: &Context,
    operation: Operation,
    order: &Order,
) -> Result<v2::TransitionRequest, Error> {
    let selection = &order.selection;
    let start_within = order.start_within.as_deref().map(span::span).transpose()?;
    let reason = order.reason.as_deref().map(reason::checked).transpose()?;
    let chosen = selector::choose(&context.server, &selection.selectors, &selection.narrow).await?;
    Ok(v2::TransitionRequest {
        operation: Some(word(operation).to_owned()),
        components: chosen.components,
        filter: chosen.filter,
        deadline_minutes: order.deadline_minutes,
        start_within_seconds: start_within.map(|span| span.as_secs()),
        if_busy: if_busy(order.if_busy),
        on_refused: if order.skip_refused {
            v2::OnRefused::Skip
        } else {
            v2::OnRefused::Reject
        },
        include: include(order.include),
        max_failures: order.max_failures.clone(),
        reason,
        callback: order.callback.clone(),
        confirm: true,
        force: order.force,
        ..v2::TransitionRequest::default()
    })
}

/// What is wanted where there is work in line, in the words of the API.
fn if_busy(if_busy: Option<IfBusy>) -> v2::IfBusy {
    match if_busy {
        None | Some(IfBusy::Queue) => v2::IfBusy::Queue,
        Some(IfBusy::Reject) => v2::IfBusy::Reject,
        Some(IfBusy::Replace) => v2::IfBusy::Replace,
    }
}

/// What is to be switched besides, in the words of the API.
fn include(include: Option<Include>) -> v2::Include {
    match include {
        None => v2::Include::None,
        Some(Include::Parents) => v2::Include::Parents,
        Some(Include::Children) => v2::Include::Children,
    }
}

/// The key under which the request is carried out once.
pub(super) fn key(given: Option<&str>) -> Result<String, Error> {
    let Some(key) = given else {
        return Ok(fresh_id()?);
    };
    let fits = (1..=IDEMPOTENCY_KEY_MAX_CHARS).contains(&key.len())
        && key.bytes().all(|byte| byte.is_ascii_graphic());
    if fits { Ok(key.to_owned()) } else { Err(Error::Key) }
}

/// What the plan refuses, and its execution is therefore not about.
pub(super) fn left_out(plan: &Plan) -> Vec<Group> {
    let refusals = plan.groups.iter().filter(|group| is_refusal(group.verdict));
    refusals
        .map(|group| Group {
            fate: Fate::Cancelled,
            code: group.code.clone().unwrap_or_else(|| "refused".to_owned()),
            text: group.text.clone(),
            names: plan
                .members
                .iter()
                .filter(|member| member.verdict == group.verdict && member.code == group.code)
                .filter(|member| member.text == group.text)
                .map(|member| member.name.clone())
                .collect(),
        })
        .collect()
}

/// Whether a plan does not execute what has this verdict.
const fn is_refusal(verdict: PlanVerdict) -> bool {
    match verdict {
        PlanVerdict::Act | PlanVerdict::Already | PlanVerdict::Blocked => false,
        PlanVerdict::Held | PlanVerdict::Unsupported | PlanVerdict::Refused => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_one_word() {
        assert_eq!(key(Some("CHG0012-1")).unwrap(), "CHG0012-1");
        assert_eq!(key(None).unwrap().len(), 36);
        for bad in ["", "a b", "ü", &"k".repeat(256)] {
            assert!(key(Some(bad)).is_err(), "{bad:?}");
        }
    }
}
