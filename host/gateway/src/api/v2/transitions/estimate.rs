//! How fast a transition goes on, by what has ended lately.

use std::time::Duration;

use switchyard_core::Timestamp;
use switchyard_store::TransitionView;
use switchyard_wire::v2::Estimate;

use super::show::ended_at;
use crate::api::pcs::transitions::member::machine;
use crate::api::time::rfc3339;

/// The time over which the pace is measured.
const WINDOW: Duration = Duration::from_mins(1);
/// Nothing is said before this long has passed ...
const SETTLED_AFTER: Duration = Duration::from_secs(10);
/// ... or this many percent have ended.
const SETTLED_PERCENT: usize = 5;

/// What can be said at `now`.
pub(super) fn of(view: &TransitionView, now: Timestamp) -> Option<Estimate> {
    if view.transition.ended_at.is_some() {
        return None;
    }
    let ends: Vec<Option<Timestamp>> = view
        .members
        .iter()
        .map(|(record, task)| match task {
            Some(task) => ended_at(&machine(record, task)),
            None => Some(view.transition.created_at),
        })
        .collect();
    pace(&ends, view.transition.created_at, now)
}

fn pace(ends: &[Option<Timestamp>], since: Timestamp, now: Timestamp) -> Option<Estimate> {
    let elapsed = now.since(since);
    let ended = ends.iter().flatten().count();
    let left = ends.len().saturating_sub(ended);
    let settled = elapsed >= SETTLED_AFTER || ended * 100 >= ends.len() * SETTLED_PERCENT;
    let window = elapsed.min(WINDOW).max(Duration::from_secs(1));
    // What was refused ended when it came and says nothing about the pace.
    let recent = ends
        .iter()
        .flatten()
        .filter(|at| **at > since && now.since(**at) <= window)
        .count();
    if left == 0 || recent == 0 || !settled {
        return None;
    }
    let (left, recent) = (u64::try_from(left).ok()?, u64::try_from(recent).ok()?);
    let millis = u64::try_from(window.as_millis()).ok()?;
    let time_left = Duration::from_millis(left.saturating_mul(millis) / recent);
    Some(Estimate {
        per_minute: u32::try_from(recent.saturating_mul(60_000) / millis).unwrap_or(u32::MAX),
        seconds_left: time_left.as_secs(),
        ends_at: rfc3339(now + time_left),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_said_too_early() {
        let at = Timestamp::from_millis;
        let ends = |count: usize| {
            let mut ends = vec![None; 100];
            ends.iter_mut().take(count).for_each(|end| *end = Some(at(2_000)));
            ends
        };
        assert_eq!(pace(&ends(4), at(0), at(4_000)), None);
        let told = pace(&ends(5), at(0), at(4_000)).unwrap();
        assert_eq!((told.per_minute, told.seconds_left), (75, 76));
        assert!(pace(&ends(1), at(0), at(10_000)).is_some());
        assert_eq!(pace(&ends(50), at(0), at(90_000)), None, "nothing ended lately");
        assert_eq!(pace(&ends(100), at(0), at(4_000)), None);
    }
}
