//! The exit codes. They are documented in `docs/cli.md` and do not change.

use std::process::ExitCode;

/// How the command ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// Everything asked for was done, or was so already.
    Success = 0,
    /// The command or the service failed in a way that it should not.
    Internal = 1,
    /// The command line, the selector or the configuration file makes no sense.
    Usage = 2,
    /// The selector stands for nothing, or there is no such transition.
    Nothing = 4,
    /// Nothing failed, but some components were left out: cancelled, superseded, or unknown to `status`.
    Partial = 5,
    /// The service cannot be reached, or cannot serve at the moment.
    Unreachable = 69,
    /// The command stopped following; the work goes on.
    Detached = 75,
    /// The caller may not do this.
    Denied = 77,
    /// At least one component failed.
    Failed = 100,
    /// The service, or the operator when asked to confirm, refused the request as a whole.
    Refused = 101,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
