//! `drivers`.

use std::path::PathBuf;

use clap::Subcommand;
use clap::builder::NonEmptyStringValueParser;

#[derive(Debug, Subcommand)]
pub(crate) enum Drivers {
    /// Lists all versions with who uses them, and what was refused lately
    List {
        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
    /// Shows a driver in full: interfaces, grants, limits, signature, calls, and what it speaks to
    Show {
        /// The driver
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        id: String,
        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
    /// Installs a version; the first of a driver is used at once, a further one when it is upgraded to or promoted
    Install {
        /// The folder with driver.toml, driver.wasm and driver.sig
        folder: PathBuf,
        /// Why, for whoever looks later
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Lets some controllers try a version first
    Upgrade {
        /// The driver
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        id: String,
        /// The version
        version: String,
        /// The components whose controllers try it
        #[arg(long, value_name = "SELECTOR", required_unless_present = "controllers")]
        on: Option<String>,
        /// The controllers that try it
        #[arg(long, value_name = "SELECTOR")]
        controllers: Option<String>,
        /// Why, for whoever looks later
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Makes a version the one for all; without a version, the one that is being tried
    Promote {
        /// The driver
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        id: String,
        /// The version
        version: Option<String>,
        /// Why, for whoever looks later
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Ends the try of a version; when none is tried, goes back to the version before the last promotion
    Rollback {
        /// The driver
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        id: String,
        /// Why, for whoever looks later
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Removes an installed version that is not in use
    Remove {
        /// The driver
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        id: String,
        /// The version; may be left out when only one is installed
        version: Option<String>,
        /// Why, for whoever looks later
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Finds the driver of a controller anew
    Probe {
        /// The controller
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        controller: String,
        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
}
