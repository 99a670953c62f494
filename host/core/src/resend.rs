//! When a step is sent again: the table of delivery and replay class.

use std::time::Duration;

use crate::power::Replay;

/// The most times that one step is sent, counting only sends that are not proven unexecuted.
pub const SENDS_MAX: u8 = 3;
/// The most times that a step of class [`Replay::IfUnchanged`] is sent.
pub const SENDS_IF_UNCHANGED_MAX: u8 = 2;
/// The most times that a step of class [`Replay::Never`] is sent: the second needs proof that the first was not executed.
pub const SENDS_NEVER_MAX: u8 = 2;
/// The least time before a step is sent again whose first sending got no answer.
pub const RESEND_MIN: Duration = Duration::from_secs(2);

/// What is known when a reading after a send shows no success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The replay class that holds for the primitive.
    pub replay: Replay,
    /// Whether the BMC accepted the request.
    pub acknowledged: bool,
    /// Sends of this step so far that are not proven unexecuted.
    pub sends: u8,
    /// Time from the last of them to the moment at which the reading was asked for.
    pub since_send: Duration,
    /// How long the primitive usually takes.
    pub usual: Duration,
    /// How long it takes at the longest.
    pub limit: Duration,
    /// The grace of the step, when it has one.
    pub grace: Option<Duration>,
    /// Whether the state is the one before the send, read and not guessed.
    pub unchanged: bool,
    /// Whether the baseline held evidence that a restart cannot leave unchanged, and it is unchanged.
    pub proven_unexecuted: bool,
    /// How long the BMC asked to be left alone.
    pub retry_after: Option<Duration>,
}

/// Whether the step is sent again now.
///
/// | | safe | if-unchanged | never |
/// |---|---|---|---|
/// | acknowledged, no change | after twice the usual time | once, after half the grace | not by itself |
/// | no answer, or an answer that leaves execution open | after a short wait | once, after half the grace | once, with proof of non-execution after the longest time |
pub fn send_again(standing: &Standing) -> bool {
    let waited = |wait: Duration| standing.since_send >= wait.max(standing.retry_after.unwrap_or_default());
    match standing.replay {
        Replay::Safe => {
            let wait = if standing.acknowledged {
                standing.usual.saturating_mul(2)
            } else {
                RESEND_MIN
            };
            standing.sends < SENDS_MAX && waited(wait)
        }
        Replay::IfUnchanged => {
            let half = standing.grace.unwrap_or(standing.limit) / 2;
            standing.sends < SENDS_IF_UNCHANGED_MAX && standing.unchanged && waited(half.max(RESEND_MIN))
        }
        Replay::Never => {
            standing.sends < SENDS_NEVER_MAX
                && !standing.acknowledged
                && standing.unchanged
                && standing.proven_unexecuted
                && waited(standing.limit)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(replay: Replay) -> Standing {
        Standing {
            replay,
            acknowledged: true,
            sends: 1,
            since_send: Duration::from_hours(1),
            usual: Duration::from_secs(10),
            limit: Duration::from_mins(1),
            grace: Some(Duration::from_mins(5)),
            unchanged: true,
            proven_unexecuted: true,
            retry_after: None,
        }
    }

    #[test]
    fn an_acknowledged_restart_is_never_sent_again() {
        assert!(!send_again(&standing(Replay::Never)));
    }

    #[test]
    fn an_unanswered_restart_needs_proof() {
        let open = Standing {
            acknowledged: false,
            ..standing(Replay::Never)
        };
        assert!(send_again(&open));
        assert!(!send_again(&Standing {
            proven_unexecuted: false,
            ..open
        }));
        assert!(!send_again(&Standing {
            since_send: Duration::from_secs(59),
            ..open
        }));
        assert!(!send_again(&Standing { sends: 2, ..open }));
    }

    #[test]
    fn an_ignored_on_is_asked_again_after_twice_the_usual_time() {
        let safe = standing(Replay::Safe);
        assert!(send_again(&safe));
        assert!(!send_again(&Standing {
            since_send: Duration::from_secs(19),
            ..safe
        }));
        assert!(send_again(&Standing {
            acknowledged: false,
            since_send: RESEND_MIN,
            ..safe
        }));
        assert!(!send_again(&Standing {
            sends: SENDS_MAX,
            ..safe
        }));
    }

    #[test]
    fn a_second_shutdown_waits_for_half_the_grace() {
        let graceful = standing(Replay::IfUnchanged);
        assert!(!send_again(&Standing {
            since_send: Duration::from_secs(149),
            ..graceful
        }));
        assert!(send_again(&Standing {
            since_send: Duration::from_secs(150),
            ..graceful
        }));
        assert!(!send_again(&Standing {
            unchanged: false,
            ..graceful
        }));
        assert!(!send_again(&Standing { sends: 2, ..graceful }));
    }
}
