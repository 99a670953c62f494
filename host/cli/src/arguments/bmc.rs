//! `bmc`.

use clap::Subcommand;
use clap::builder::NonEmptyStringValueParser;

#[derive(Debug, Subcommand)]
pub(crate) enum Bmc {
    /// Prints one Redfish resource of a component's BMC, without passwords and keys
    Get {
        /// The component
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        component: String,
        /// The path at the BMC, such as /redfish/v1/Systems
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        path: String,
        /// Why, for whoever looks later
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
}
