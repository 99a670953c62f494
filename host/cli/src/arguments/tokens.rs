//! `tokens`.

use clap::builder::NonEmptyStringValueParser;
use clap::{Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub(crate) enum Tokens {
    /// Makes a token and prints it, this once
    Create {
        /// Whom or what it is for
        #[arg(long, value_parser = NonEmptyStringValueParser::new())]
        name: String,
        /// What its holder may do
        #[arg(long)]
        role: Role,
        /// The components that an operator may change, such as x1000c[0-7]s[0-7]b0n0 or @rack [default: all]
        #[arg(long, value_name = "SELECTOR")]
        scope: Vec<String>,
        /// How long it holds, such as 12h or 90d [default: until it is revoked]
        #[arg(long, value_name = "TIME")]
        expires_in: Option<String>,
        /// Why, for whoever looks later
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
    /// Lists the tokens, without their secrets
    List {
        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
    /// Revokes a token; it is refused at once
    Revoke {
        /// The id of the token
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        id: String,
        /// Why, for whoever looks later
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
}

/// What the holder of a token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Role {
    /// See everything.
    Viewer,
    /// Switch components.
    Operator,
    /// Everything.
    Admin,
}

impl Role {
    /// The word of the service.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }
}
