//! From the transport's faults to a driver's failures.

use crate::{Cause, Fact, Failure, Fault, Reason, Subject};

/// A failure without a status.
pub fn failure(cause: Cause, text: impl Into<String>) -> Failure {
    Failure {
        cause,
        status: None,
        codes: Vec::new(),
        text: text.into(),
        retry_after_ms: None,
    }
}

/// A fact.
pub fn fact(name: &str, value: impl Into<String>) -> Fact {
    Fact {
        name: name.to_owned(),
        value: value.into(),
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        // By this code the host knows that the BMC has no room for another session, and leaves it alone for longer.
        let codes = match fault.reason {
            Reason::SessionFull => vec!["SessionLimitExceeded".to_owned()],
            _ => Vec::new(),
        };
        let cause = match fault.reason {
            Reason::Unreachable | Reason::Timeout | Reason::Cut => Cause::Unreachable,
            Reason::Tls => Cause::Tls,
            Reason::Auth => Cause::Auth,
            Reason::TooLarge => Cause::Malformed,
            Reason::SessionFull => Cause::Busy,
            Reason::Cancelled => Cause::Cancelled,
            Reason::Refused(_) => Cause::RefusedByHost,
        };
        Self {
            codes,
            ..failure(cause, fault.text)
        }
    }
}

/// The failure of a driver that does not know this of a subject.
pub fn not_supported(of: &Subject, what: &str) -> Failure {
    let text = if of.id.is_empty() {
        format!("this driver knows no {what}")
    } else {
        format!("this driver knows no {what} of {}", of.id)
    };
    failure(Cause::NotSupported, text)
}
