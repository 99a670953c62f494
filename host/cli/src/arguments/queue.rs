//! What people do to work in line: `queue`, `cancel`, `pause`, `resume`, `retry`.

use clap::Args;
use clap::builder::NonEmptyStringValueParser;

use super::follow::{Follow, Report};
use super::selection::{Narrow, Selection};

/// Shows lines.
#[derive(Debug, Args)]
pub(crate) struct Queue {
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// Which part of a transition is meant.
#[derive(Debug, Args)]
pub(crate) struct Part {
    /// The transition
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub(crate) id: String,
    /// Only these components of it
    #[arg(value_name = "SELECTOR")]
    pub(crate) selectors: Vec<String>,
    /// Only those in this group of failures, as `transition failures` names it, or of this code
    #[arg(long, value_name = "GROUP")]
    pub(crate) group: Option<String>,
    /// Why, for whoever looks later
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
}

/// `pause` and `resume`.
#[derive(Debug, Args)]
pub(crate) struct Pause {
    #[command(flatten)]
    pub(crate) part: Part,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// `cancel`.
#[derive(Debug, Args)]
pub(crate) struct Cancel {
    /// The transition, and which of its components; with --components the components of any transition
    #[arg(value_name = "ID|SELECTOR")]
    pub(crate) targets: Vec<String>,
    /// Whatever is in line for components, whoever asked for it
    #[arg(long)]
    pub(crate) components: bool,
    #[command(flatten)]
    pub(crate) narrow: Narrow,
    /// Only those in this group of failures, as `transition failures` names it, or of this code
    #[arg(long, value_name = "GROUP", conflicts_with_all = ["components", "exclude", "filter"])]
    pub(crate) group: Option<String>,
    /// Let a restart that has begun to turn off turn on again
    #[arg(long)]
    pub(crate) finish: bool,
    /// Why, for whoever looks later
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// `retry`.
#[derive(Debug, Args)]
pub(crate) struct Retry {
    #[command(flatten)]
    pub(crate) part: Part,
    /// Protected components are meant as well
    #[arg(long)]
    pub(crate) force: bool,
    /// Print the id of the new transition and do not follow it
    #[arg(long, conflicts_with_all = ["wait", "jsonl"])]
    pub(crate) no_wait: bool,
    #[command(flatten)]
    pub(crate) follow: Follow,
    #[command(flatten)]
    pub(crate) report: Report,
}
