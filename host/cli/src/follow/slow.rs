//! Components that take long.

use std::collections::HashMap;

use switchyard_wire::v2::Member;
use tokio::time::{Duration, Instant};

use crate::account::{Fate, fate};
use crate::render::Slow;

/// From when on a component in progress is shown as slow.
const SLOW_AFTER: Duration = Duration::from_secs(15);

/// Since when each component was seen in progress.
#[derive(Debug, Default)]
pub(super) struct SlowWatch {
    since: HashMap<String, Instant>,
}

impl SlowWatch {
    pub(super) fn see(&mut self, now: Instant, members: &[Member]) {
        let mut since = HashMap::with_capacity(self.since.len());
        for member in members.iter().filter(|member| fate(member) == Fate::InProgress) {
            let first = self.since.remove(&member.name).unwrap_or(now);
            since.insert(member.name.clone(), first);
        }
        self.since = since;
    }

    /// The slowest component, with all slow ones that wait for the same.
    pub(super) fn slowest(&self, now: Instant, members: &[Member]) -> Option<Slow> {
        let slow = |member: &&Member| {
            self.lasted(now, member)
                .is_some_and(|lasted| lasted >= SLOW_AFTER)
        };
        let worst = members
            .iter()
            .filter(slow)
            .min_by_key(|member| self.since.get(&member.name))?;
        let names = members
            .iter()
            .filter(slow)
            .filter(|member| waits_for(member) == waits_for(worst))
            .map(|member| member.name.clone())
            .collect();
        Some(Slow {
            names,
            lasted: self.lasted(now, worst)?,
            waits_for: waits_for(worst).to_owned(),
        })
    }

    fn lasted(&self, now: Instant, member: &Member) -> Option<Duration> {
        self.since
            .get(&member.name)
            .map(|since| now.duration_since(*since))
    }
}

fn waits_for(member: &Member) -> &str {
    member.waiting_for.as_ref().map_or("", |wait| wait.text.as_str())
}
