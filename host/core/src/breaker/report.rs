//! What a call says about its controller.

use crate::delivery::Delivery;
use crate::failure::{Cause, Failure};

/// The code under which the host says that a BMC has no room for another session, where the BMC said so without words (RMCP+).
pub const NO_SESSION: &str = "SessionLimitExceeded";
/// The ends of the message ids with which BMCs say that they have no room for another session (Base registry, iDRAC).
const SESSIONS_FULL: [&str; 2] = [NO_SESSION, "RAC0218"];
/// The status with which credentials are refused (RFC 9110, section 15.5.2).
const UNAUTHORIZED: u16 = 401;

/// What a call says about its controller, whatever it says about the component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Report {
    /// It answered, even if it refused.
    Answered {
        /// Whether that was the answer to a changing request.
        change: bool,
    },
    /// It did not answer, and nothing was changed.
    Silent,
    /// A changing request left and was not answered.
    Unanswered,
    /// It refused the credentials, or there are none.
    AuthRefused,
    /// It has no room for another session.
    SessionsFull,
    /// Nothing: the call was cancelled, or ended for a reason of its own.
    Nothing,
}

impl Report {
    /// What a call that changes nothing says, given its failure.
    pub fn of_read(failure: Option<&Failure>) -> Self {
        failure.map_or(Self::Answered { change: false }, |failure| {
            of_failure(failure, false)
        })
    }

    /// What a call with a permit says: how far its request got, and its failure.
    pub fn of_change(delivery: Delivery, failure: Option<&Failure>) -> Self {
        match (delivery, failure) {
            (Delivery::Answered { status, .. }, _) if status == UNAUTHORIZED => Self::AuthRefused,
            (Delivery::Answered { .. }, Some(failure)) => of_failure_answered(failure, true),
            (Delivery::Answered { .. }, None) => Self::Answered { change: true },
            (Delivery::MaybeSent, Some(failure)) if failure.cause == Cause::Cancelled => Self::Nothing,
            (Delivery::MaybeSent, _) => Self::Unanswered,
            (Delivery::NotSent, Some(failure)) => of_failure(failure, false),
            (Delivery::NotSent, None) => Self::Nothing,
        }
    }
}

fn of_failure(failure: &Failure, change: bool) -> Report {
    if failure.status.is_some() {
        return of_failure_answered(failure, change);
    }
    match failure.cause {
        Cause::Unreachable | Cause::Timeout => Report::Silent,
        Cause::Busy
        | Cause::Malformed
        | Cause::Conflict
        | Cause::Locked
        | Cause::Forbidden
        | Cause::NeedsConsent
        | Cause::Invalid
        | Cause::Auth => of_failure_answered(failure, change),
        // A certificate that is not the right one is for a person to mend, who is told so at once; the others were not asked of the BMC.
        Cause::Tls
        | Cause::NotFound
        | Cause::NotSupported
        | Cause::Cancelled
        | Cause::RefusedByHost
        | Cause::Driver
        | Cause::BreakerOpen
        | Cause::NoLogin
        | Cause::Smd
        | Cause::Other(_) => Report::Nothing,
    }
}

/// The controller said something.
fn of_failure_answered(failure: &Failure, change: bool) -> Report {
    let sessions_full = || {
        let says = |code: &String| SESSIONS_FULL.iter().any(|word| code.ends_with(word));
        failure.codes.iter().any(says)
    };
    if failure.cause == Cause::Auth || failure.status == Some(UNAUTHORIZED) {
        Report::AuthRefused
    } else if sessions_full() {
        Report::SessionsFull
    } else {
        Report::Answered { change }
    }
}
