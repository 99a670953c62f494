//! `transition`.

use clap::Subcommand;
use clap::builder::NonEmptyStringValueParser;

use super::{Follow, Report};

#[derive(Debug, Subcommand)]
pub(crate) enum Transition {
    /// Shows a transition and what became of its components
    Show {
        /// The transition
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        id: String,
        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
    /// Follows a transition to its end; Ctrl-C stops following, not the work
    Watch {
        /// The transition
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        id: String,
        #[command(flatten)]
        follow: Follow,
        #[command(flatten)]
        report: Report,
    },
    /// Cancels a transition: nothing more is sent for it
    Cancel {
        /// The transition
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        id: String,
    },
    /// Shows what went wrong in a transition, alike with alike, and what to do about it
    Failures {
        /// The transition
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        id: String,
        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
    /// Lists transitions, the newest first
    List {
        /// How many at most, 0 for all
        #[arg(long, value_name = "N", default_value_t = 20)]
        limit: usize,
        /// Only those of this caller
        #[arg(long, value_name = "NAME")]
        by: Option<String>,
        /// Only those with this component
        #[arg(long, value_name = "NAME")]
        component: Option<String>,
        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
}
