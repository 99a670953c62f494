//! How what was asked for is followed, and how it is told.

use std::time::Duration;

use clap::{Args, ValueEnum};

/// How a transition is followed.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Follow {
    /// Follow it for at most so many seconds, then leave it to itself; without a number, to its end
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, require_equals = true)]
    #[expect(
        clippy::option_option,
        reason = "clap's way to tell `--wait` from `--wait=60`"
    )]
    wait: Option<Option<u64>>,
    /// What the first Ctrl-C does: leave the work to itself, or have the rest of it cancelled
    #[arg(long, value_name = "WHAT", default_value = "detach")]
    pub(crate) on_interrupt: OnInterrupt,
    /// How long to try again when the service goes away while a transition is followed
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    reconnect_within: u64,
}

/// What the first Ctrl-C does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnInterrupt {
    /// The command ends, the work goes on.
    Detach,
    /// Nothing more is sent; the command follows to the end.
    Cancel,
}

/// For programs.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Report {
    /// Print one JSON document when it has ended
    #[arg(long)]
    pub(crate) json: bool,
    /// Print each event as it happens, one JSON document on each line
    #[arg(long, conflicts_with = "json")]
    pub(crate) jsonl: bool,
}

impl Follow {
    /// How long to try again when the service goes away.
    pub(crate) const fn patience(self) -> Duration {
        Duration::from_secs(self.reconnect_within)
    }

    /// How long to follow at most.
    pub(crate) fn at_most(self) -> Option<Duration> {
        self.wait.flatten().map(Duration::from_secs)
    }
}
