//! What the words of a refusal stand for.

use switchyard_driver_sdk::{Cause, Failure};

/// Words and what they stand for.
#[derive(Debug, Clone, Copy)]
pub struct Says {
    /// The last part of a message id (`PSU501` of `IDRAC.2.8.PSU501`), or, when it holds a blank, a part of the BMC's text. Letter
    /// case does not count.
    pub what: &'static str,
    /// What it stands for.
    pub means: Meaning,
}

/// What a refusal stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// The component is there already. A reading decides.
    Already,
    /// Not executed now and perhaps later, for reasons of its own.
    Busy {
        /// When to ask again unless the BMC says, in milliseconds.
        wait_ms: u32,
    },
    /// The BMC says that the request does not fit the state of power, also shortly after a change of power that it has not yet
    /// digested. When the state does fit, it is asked again for a while.
    WrongState {
        /// When to ask again, in milliseconds.
        wait_ms: u32,
        /// For how long, in milliseconds from the first such refusal.
        for_ms: u32,
    },
    /// What the component gets its power from is off.
    Above,
    /// Locked by an administrator.
    Lockdown,
    /// Behind a licence that is not there.
    License,
    /// Not offered, whatever else the BMC says.
    NotOffered,
}

impl Says {
    /// A meaning of these words.
    pub const fn new(what: &'static str, means: Meaning) -> Self {
        Self { what, means }
    }

    /// Whether the failure holds the words.
    pub(crate) fn is_said_by(&self, failure: &Failure) -> bool {
        if self.what.contains(' ') {
            return failure.text.to_lowercase().contains(&self.what.to_lowercase());
        }
        failure.codes.iter().any(|code| {
            code.rsplit('.')
                .next()
                .is_some_and(|id| id.eq_ignore_ascii_case(self.what))
        })
    }
}

impl Meaning {
    /// The failure with the cause that it stands for. A refusal for want of credentials stays one.
    pub(crate) fn apply(self, failure: Failure) -> Failure {
        if failure.cause == Cause::Auth {
            return failure;
        }
        match self {
            Self::Already | Self::WrongState { .. } => Failure {
                cause: Cause::Conflict,
                ..failure
            },
            Self::Above => Failure {
                cause: Cause::Conflict,
                text: format!(
                    "{} (what it gets its power from is off: switch that on first)",
                    failure.text
                ),
                ..failure
            },
            Self::Busy { wait_ms } => Failure {
                cause: Cause::Busy,
                retry_after_ms: failure.retry_after_ms.or(Some(wait_ms)),
                ..failure
            },
            Self::Lockdown => Failure {
                cause: Cause::Locked,
                ..failure
            },
            Self::License => Failure {
                cause: Cause::NotSupported,
                text: format!("{} (the BMC has no licence for this)", failure.text),
                ..failure
            },
            Self::NotOffered => Failure {
                cause: Cause::NotSupported,
                ..failure
            },
        }
    }
}
