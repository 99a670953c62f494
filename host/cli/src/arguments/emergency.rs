//! `emergency-off`.

use clap::Args;
use clap::builder::NonEmptyStringValueParser;

use super::follow::{Follow, Report};
use super::selection::Selection;

/// Cuts the power past everything that keeps order.
#[derive(Debug, Args)]
pub(crate) struct EmergencyOff {
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// Why, for those who read of it later
    #[arg(long, value_name = "TEXT", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) reason: String,
    /// Go on only if these are exactly so many components
    #[arg(long, value_name = "N")]
    pub(crate) expect: Option<u32>,
    /// Print the id of the transition and do not follow it
    #[arg(long, conflicts_with_all = ["wait", "jsonl"])]
    pub(crate) no_wait: bool,
    #[command(flatten)]
    pub(crate) follow: Follow,
    #[command(flatten)]
    pub(crate) report: Report,
}
