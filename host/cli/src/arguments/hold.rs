//! What keeps callers off components, and what settles doubt: `hold`, `holds`, `release`, `resolve`.

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueEnum};

use super::selection::{Narrow, Selection};

/// Keeps everybody else off components.
#[derive(Debug, Args)]
pub(crate) struct Hold {
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// Why: whoever is kept off reads it
    #[arg(long, value_name = "TEXT", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) reason: String,
    /// Until when: a span such as 2h or 3d, or a time such as 2026-11-21T18:00:00Z; at most 30 days
    #[arg(long, value_name = "TIME")]
    pub(crate) until: String,
    /// Who may act all the same; may be repeated
    #[arg(long, value_name = "NAME")]
    pub(crate) allow: Vec<String>,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// Ends holds.
#[derive(Debug, Args)]
pub(crate) struct Release {
    /// The hold, or the components whose holds end
    #[arg(value_name = "ID|SELECTOR", required = true)]
    pub(crate) targets: Vec<String>,
    /// Why, for whoever looks later
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// Settles what is uncertain.
#[derive(Debug, Args)]
pub(crate) struct Resolve {
    /// The components, such as x1000c[0-7]s[0-7]b0n0 or @rack, and then whether what is uncertain was executed: done or not-done
    #[arg(value_name = "SELECTOR... VERDICT", required = true, num_args = 1..)]
    pub(crate) words: Vec<String>,
    #[command(flatten)]
    pub(crate) narrow: Narrow,
    /// Why, for whoever looks later
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// What somebody knows who looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Verdict {
    /// It was executed.
    Done,
    /// It was not.
    NotDone,
}
