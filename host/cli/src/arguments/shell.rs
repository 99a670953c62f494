//! What the command writes about itself.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell
    pub(crate) shell: Shell,
}

/// A shell that completes words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shell {
    /// 4.4 or newer.
    Bash,
    /// Any of the last ten years.
    Zsh,
    /// 3.1 or newer.
    Fish,
}

#[derive(Debug, Args)]
pub(crate) struct Man {
    /// The verb whose page is printed, such as `off` or `transition show`; without one, that of the command
    pub(crate) verb: Vec<String>,
    /// Write the pages of all verbs into this folder instead
    #[arg(long, value_name = "FOLDER", conflicts_with = "verb")]
    pub(crate) all: Option<PathBuf>,
}
