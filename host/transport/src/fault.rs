//! Why a request brought no answer, and how far it got.

use std::fmt;

/// How far a request got that brought no complete answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FaultDelivery {
    /// Not one byte of it left.
    NotSent,
    /// Some or all of it left. When the status of the answer was still seen, [`Fault::status`] holds it.
    MaybeSent,
}

impl fmt::Display for FaultDelivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotSent => "not sent",
            Self::MaybeSent => "maybe sent",
        })
    }
}

/// The typed reason of a fault.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Reason {
    /// No connection came about.
    Unreachable,
    /// No protected way came about: the TLS handshake or the certificate was refused, or there is no cipher suite for IPMI.
    Tls,
    /// No usable login is known.
    Auth,
    /// The place where logins are kept does not answer, so that none can be handed out now.
    NoLogin,
    /// The time ran out.
    Timeout,
    /// The connection broke, or what came over it cannot be understood.
    Cut,
    /// The answer is larger than allowed.
    TooLarge,
    /// The BMC has no room for another session.
    SessionFull,
    /// The call was cancelled or the service is stopping.
    Cancelled,
    /// The host refused the request; the text names the rule.
    Refused(String),
}

/// A request without a complete answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct Fault {
    /// How far the request got.
    pub delivery: FaultDelivery,
    /// Why there is no answer.
    pub reason: Reason,
    /// The status of the answer when its body broke, or when the answer itself cannot be used.
    pub status: Option<u16>,
    /// What happened and what to do next, for the operator; without secrets.
    pub text: String,
}

impl Fault {
    /// A fault of a request of which nothing left.
    pub fn not_sent(reason: Reason, text: impl Into<String>) -> Self {
        Self {
            delivery: FaultDelivery::NotSent,
            reason,
            status: None,
            text: text.into(),
        }
    }

    /// A fault of a request that may have been received.
    pub fn maybe_sent(reason: Reason, text: impl Into<String>) -> Self {
        Self {
            delivery: FaultDelivery::MaybeSent,
            reason,
            status: None,
            text: text.into(),
        }
    }

    /// A fault of a request that the host refused to send.
    pub fn refused(rule: impl Into<String>) -> Self {
        let rule = rule.into();
        Self::not_sent(Reason::Refused(rule.clone()), rule)
    }

    /// A fault after the status of the answer was seen.
    pub fn answered(status: u16, reason: Reason, text: impl Into<String>) -> Self {
        Self {
            status: Some(status),
            ..Self::maybe_sent(reason, text)
        }
    }
}
