//! How a controller wants to be spoken to over IPMI.

use std::time::Duration;

use switchyard_rmcp::{CipherSuite, Privilege, Workarounds};

/// The cipher suites that an operator allows for a controller, the preferred one first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Suites {
    first: CipherSuite,
    other: Option<CipherSuite>,
}

impl Suites {
    /// Only this one.
    pub const fn only(suite: CipherSuite) -> Self {
        Self {
            first: suite,
            other: None,
        }
    }

    /// This one, or the other where the BMC refuses it.
    pub fn either(first: CipherSuite, other: CipherSuite) -> Self {
        Self {
            first,
            other: (other != first).then_some(other),
        }
    }

    /// Which to ask for first and which then, when one was spoken the last time.
    pub(crate) fn in_turn(self, last: Option<CipherSuite>) -> (CipherSuite, Option<CipherSuite>) {
        match self.other {
            Some(other) if last == Some(other) => (other, Some(self.first)),
            other => (self.first, other),
        }
    }
}

/// The settings of one controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// The cipher suites.
    pub suites: Suites,
    /// The privilege level of the sessions.
    pub privilege: Privilege,
    /// Ways around the BMC's defects.
    pub workarounds: Workarounds,
    /// How long to leave the BMC alone between one session and the next.
    pub session_gap: Duration,
    /// How long the first answer to a read is waited for; twice, three and four times as long for the next ones.
    pub retry: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            suites: Suites::either(CipherSuite::Seventeen, CipherSuite::Three),
            privilege: Privilege::Operator,
            workarounds: Workarounds::default(),
            session_gap: Duration::from_secs(2),
            retry: Duration::from_secs(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THREE: CipherSuite = CipherSuite::Three;
    const SEVENTEEN: CipherSuite = CipherSuite::Seventeen;

    #[test]
    fn the_suite_of_the_last_session_goes_first() {
        let either = Suites::either(SEVENTEEN, THREE);
        assert_eq!(either.in_turn(None), (SEVENTEEN, Some(THREE)));
        assert_eq!(either.in_turn(Some(SEVENTEEN)), (SEVENTEEN, Some(THREE)));
        assert_eq!(either.in_turn(Some(THREE)), (THREE, Some(SEVENTEEN)));
    }

    #[test]
    fn what_is_not_allowed_is_never_asked_for() {
        for last in [None, Some(THREE), Some(SEVENTEEN)] {
            assert_eq!(Suites::only(SEVENTEEN).in_turn(last), (SEVENTEEN, None));
            assert_eq!(Suites::either(THREE, THREE).in_turn(last), (THREE, None));
        }
    }
}
