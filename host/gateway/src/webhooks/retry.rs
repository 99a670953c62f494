//! When what failed is tried again.

use std::time::Duration;

use switchyard_core::Timestamp;

/// How failed deliveries are tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// The wait after the first failure; it doubles with each further one.
    pub first: Duration,
    /// The longest wait.
    pub longest: Duration,
    /// How long a delivery is tried in all.
    pub give_up_after: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            first: Duration::from_secs(5),
            longest: Duration::from_hours(1),
            give_up_after: Duration::from_hours(24),
        }
    }
}

impl Retry {
    /// The wait after so many failed attempts: half of it is certain and the other half is chance (0 to `u16::MAX`), so that
    /// receivers that fail together are not all tried again together. A receiver may ask for a longer wait.
    pub(super) fn wait(&self, failed: u32, chance: u16, asked: Option<Duration>) -> Duration {
        let doublings = failed.saturating_sub(1).min(31);
        let whole = self.first.saturating_mul(1 << doublings).min(self.longest);
        let wait = whole / 2 + whole.mul_f64(f64::from(chance) / f64::from(u16::MAX)) / 2;
        wait.max(asked.unwrap_or_default().min(self.longest))
    }

    /// From when on a failed attempt of a delivery that is stored now is its last.
    pub(super) fn give_up_at(&self, now: Timestamp) -> Timestamp {
        now + self.give_up_after
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_limit_and_half_of_each_is_chance() {
        let retry = Retry::default();
        let seconds = |failed, chance| retry.wait(failed, chance, None).as_secs_f64();
        let most: Vec<f64> = (1..=12).map(|failed| seconds(failed, u16::MAX)).collect();
        assert_eq!(
            most,
            [
                5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0, 640.0, 1280.0, 2560.0, 3600.0, 3600.0
            ]
        );
        assert_eq!((seconds(1, 0), seconds(2, 0), seconds(99, 0)), (2.5, 5.0, 1800.0));
        let middle = seconds(1, u16::MAX / 2);
        assert!((3.7..3.8).contains(&middle), "{middle}");
    }

    #[test]
    fn a_receiver_may_ask_for_a_longer_wait_within_the_limit() {
        let retry = Retry::default();
        let wait = |asked| {
            retry
                .wait(1, u16::MAX, Some(Duration::from_secs(asked)))
                .as_secs()
        };
        assert_eq!((wait(1), wait(30), wait(86_400)), (5, 30, 3_600));
    }
}
