//! `status`.

use clap::{Args, ValueEnum};

use super::selection::Selection;

/// Shows power states.
#[derive(Debug, Args)]
pub(crate) struct Status {
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// How to show it
    #[arg(long, short, value_name = "FORM", default_value = "fold")]
    pub(crate) output: Form,
    /// Print one JSON document, as `-o json`
    #[arg(long, conflicts_with_all = ["output", "pm"])]
    pub(crate) json: bool,
    /// Print on, off and unknown as `PowerMan`'s `pm -q` does
    #[arg(long, conflicts_with = "output")]
    pub(crate) pm: bool,
    /// Then go on and print what changes, until Ctrl-C
    #[arg(long, short, conflicts_with = "pm")]
    pub(crate) watch: bool,
}

/// How states are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// One line for each state.
    Fold,
    /// One line for each component, with what is known of it.
    Wide,
    /// The documents of the API.
    Json,
    /// The names alone, one on each line.
    Name,
}
