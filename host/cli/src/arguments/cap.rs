//! `cap`: power limits.

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand};

use super::selection::{Narrow, Selection};

#[derive(Debug, Subcommand)]
pub(crate) enum Cap {
    /// Shows the power limits as the BMCs have them now
    Show {
        #[command(flatten)]
        selection: Selection,
        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
    /// Sets power limits and follows that to the end
    Set(CapSet),
    /// Follows what was asked for before to its end; Ctrl-C stops following, not the work
    Watch {
        /// The configuration, as `cap set --no-wait` prints it
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        id: String,
        /// Print one JSON document when it has ended
        #[arg(long)]
        json: bool,
    },
}

/// Sets power limits.
#[derive(Debug, Args)]
pub(crate) struct CapSet {
    /// The components, and then the limits in watts: 1785 where there is but one, 'Node Power Limit=1785', or off
    #[arg(value_name = "SELECTOR... [NAME=]WATTS", required = true, num_args = 1..)]
    pub(crate) words: Vec<String>,
    #[command(flatten)]
    pub(crate) narrow: Narrow,
    /// Why, for whoever looks later
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    /// Only tell what would happen
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Go on without the components that are refused
    #[arg(long)]
    pub(crate) skip_refused: bool,
    /// Protected components are meant as well
    #[arg(long)]
    pub(crate) force: bool,
    /// Print the id of the configuration and do not follow it
    #[arg(long)]
    pub(crate) no_wait: bool,
    /// Print one JSON document when it has ended
    #[arg(long)]
    pub(crate) json: bool,
}
