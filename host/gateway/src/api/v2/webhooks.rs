//! `/v2/webhooks`.

pub(super) mod deliveries;
pub(super) mod enable;
pub(super) mod list;

use switchyard_store::FollowerRecord;
use switchyard_wire::v2;

use crate::api::time::rfc3339;
use crate::webhooks::{HookState, HookView};

fn show(hook: HookView) -> v2::Webhook {
    v2::Webhook {
        state: state(hook.state).to_owned(),
        disabled_at: hook.follower.disabled_at.map(rfc3339),
        next_attempt_at: hook.next_attempt_at.map(rfc3339),
        progress: progress(&hook.follower),
        name: hook.follower.name,
        url: hook.url,
        events: hook.events,
    }
}

fn state(state: HookState) -> &'static str {
    match state {
        HookState::Active => "active",
        HookState::Failing => "failing",
        HookState::Disabled => "disabled",
    }
}

fn progress(follower: &FollowerRecord) -> v2::Progress {
    v2::Progress {
        cursor: follower.cursor.0.clone(),
        behind: follower.behind,
        pending: follower.pending,
        oldest_pending_at: follower.oldest_pending_at.map(rfc3339),
        last_delivered_at: follower.last_delivered_at.map(rfc3339),
    }
}
