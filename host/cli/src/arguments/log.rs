//! What happened and how things stand: `events`, `audit`, `health`.

use clap::Args;

/// Shows the log of events.
#[derive(Debug, Args)]
pub(crate) struct Events {
    /// Go on and print what happens, until Ctrl-C
    #[arg(long, short)]
    pub(crate) follow: bool,
    /// Only what is about this transition
    #[arg(long, value_name = "ID")]
    pub(crate) transition: Option<String>,
    /// Only what is about this component
    #[arg(long, value_name = "NAME")]
    pub(crate) component: Option<String>,
    /// Only this kind, or with a dot at the end all that begin so, such as task.; may be repeated
    #[arg(long, value_name = "KIND")]
    pub(crate) kind: Vec<String>,
    /// Begin after the event of this id
    #[arg(long, value_name = "ID")]
    pub(crate) since: Option<String>,
    /// How many at most, the last ones; 0 for all
    #[arg(long, value_name = "N", default_value_t = 100, conflicts_with = "follow")]
    pub(crate) limit: usize,
    /// Print one JSON document
    #[arg(long, conflicts_with = "follow")]
    pub(crate) json: bool,
    /// Print one JSON document on each line
    #[arg(long, conflicts_with = "json")]
    pub(crate) jsonl: bool,
}

/// Shows who did what.
#[derive(Debug, Args)]
pub(crate) struct Audit {
    /// Only what this caller did
    #[arg(long, value_name = "NAME")]
    pub(crate) who: Option<String>,
    /// Only this action, such as transition.cancel
    #[arg(long, value_name = "ACTION")]
    pub(crate) action: Option<String>,
    /// How many at most, the newest
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..=1_000))]
    pub(crate) limit: u64,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}
