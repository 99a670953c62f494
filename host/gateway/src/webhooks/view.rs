//! Webhooks as operators see them.

use switchyard_core::Timestamp;
use switchyard_store::{FollowerRecord, StoreError};

use super::{CALLBACKS, Webhooks};

/// How a webhook stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HookState {
    /// Its receiver takes what it is sent.
    Active,
    /// The last message was not taken and is tried again.
    Failing,
    /// Its receiver asked not to be told any more.
    Disabled,
}

/// A configured webhook and how it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookView {
    /// Its URL, without the query.
    pub url: String,
    /// The events that it is told of.
    pub events: Vec<String>,
    /// How it stands.
    pub state: HookState,
    /// When the message that fails is tried next.
    pub next_attempt_at: Option<Timestamp>,
    /// Its place in the log, and what waits.
    pub follower: FollowerRecord,
}

impl Webhooks {
    /// All configured webhooks, in the order of their names.
    pub async fn hooks(&self) -> Result<Vec<HookView>, StoreError> {
        let outbox = self.outbox();
        let mut views = Vec::with_capacity(self.inner.hooks.len());
        for follower in outbox.followers().await? {
            let Some(hook) = self.inner.hooks.iter().find(|hook| hook.name == follower.name) else {
                continue;
            };
            let head = outbox.pending(&follower.name, 1).await?.pop();
            let failing = head.filter(|head| head.attempts > 0);
            let state = match (&follower.disabled_at, &failing) {
                (Some(_), _) => HookState::Disabled,
                (None, Some(_)) => HookState::Failing,
                (None, None) => HookState::Active,
            };
            views.push(HookView {
                url: hook.url.to_string(),
                events: hook.events.iter().map(ToString::to_string).collect(),
                state,
                next_attempt_at: failing.and_then(|head| head.next_attempt_at),
                follower,
            });
        }
        Ok(views)
    }

    /// How far callbacks are, if they are configured.
    pub async fn callbacks(&self) -> Result<Option<FollowerRecord>, StoreError> {
        let followers = self.outbox().followers().await?;
        Ok(followers.into_iter().find(|follower| follower.name == CALLBACKS))
    }
}
