//! The power verbs.

use std::time::Duration;

use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
pub(crate) struct Power {
    /// The components, such as x1000c[0-7]s[0-7]b0n0
    pub(crate) selector: String,
    /// Why, for whoever looks later
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    /// How long each step may take from its first send: 0 skips the confirmation, negative waits without end
    /// [default: the service's, 5]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) deadline_minutes: Option<i64>,
    /// Also switch what stands above or below the components
    #[arg(long, value_name = "WHAT")]
    pub(crate) include: Option<Include>,
    /// Print the id of the transition and do not follow it
    #[arg(long)]
    pub(crate) no_wait: bool,
    /// Do not ask for confirmation
    #[arg(long, short)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) follow: Follow,
    /// Print the transition as one JSON document when it has ended
    #[arg(long)]
    pub(crate) json: bool,
}

/// What is switched besides the components that are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Include {
    /// What feeds them.
    Parents,
    /// What they feed.
    Children,
}

#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Follow {
    /// How long to try again when the service goes away while a transition is followed
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    reconnect_within: u64,
}

impl Follow {
    /// How long to try again when the service goes away.
    pub(crate) const fn patience(self) -> Duration {
        Duration::from_secs(self.reconnect_within)
    }
}
