//! `endpoints`.

use clap::Subcommand;
use clap::builder::NonEmptyStringValueParser;

#[derive(Debug, Subcommand)]
pub(crate) enum Endpoints {
    /// Lists the controllers of the inventory
    List {
        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
    /// Asks addresses who is there, without credentials; nothing is trusted
    Discover {
        /// Ranges such as 10.4.7.0/24, 10.4.8.1-10.4.8.50 or 10.4.9.[1-32]:8443
        #[arg(required = true)]
        ranges: Vec<String>,
        /// What is spoken where a range does not say: https, http or ipmi
        #[arg(long, value_name = "NAME")]
        protocol: Vec<String>,
        /// Why, for whoever looks later
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
    /// Shows a discovery
    Show {
        /// The discovery
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        discovery: String,
        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
    /// Ends a discovery before every address was asked; what answered stays
    Cancel {
        /// The discovery
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        discovery: String,
        /// Why, for whoever looks later
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
    /// Pins the certificates of hosts, sends credentials to each once, and takes them into the inventory
    Accept {
        /// The discovery
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        discovery: String,
        /// Their addresses, such as 10.4.7.[1-8]
        hosts: String,
        /// Their names in the order of the addresses, such as x1000c0s[0-7]b0
        names: String,
        /// Their credential [default: default]
        #[arg(long, value_name = "NAME")]
        credential: Option<String>,
        /// Their driver [default: found out]
        #[arg(long, value_name = "ID")]
        driver: Option<String>,
        /// The fingerprint that a host must show
        #[arg(long, value_name = "ADDRESS=SHA256", value_parser = fingerprint)]
        fingerprint: Vec<(String, String)>,
        /// Accept hosts without a certificate: whoever is on the path can read the password
        #[arg(long)]
        insecure: bool,
        /// Why, for whoever looks later
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
    /// Shows what certificates controllers have now, and pins them
    Pin {
        /// The controllers, such as x1000c0s[0-7]b0
        controllers: String,
        /// Do not ask for confirmation
        #[arg(long, short)]
        yes: bool,
        /// Why, for whoever looks later
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
    /// Takes a controller that was accepted out of the inventory again
    Remove {
        /// The controller
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        controller: String,
        /// Why, for whoever looks later
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
}

/// An address with its fingerprint.
fn fingerprint(text: &str) -> Result<(String, String), String> {
    let (address, fingerprint) = text.split_once('=').ok_or("write ADDRESS=SHA256")?;
    Ok((address.to_owned(), fingerprint.to_owned()))
}
