//! `doctor`.

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// The component; without one, only the way to the service is checked
    pub(crate) component: Option<String>,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}
