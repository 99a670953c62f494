//! `status`.

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct Status {
    /// The components; all when absent
    pub(crate) selector: Option<String>,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}
