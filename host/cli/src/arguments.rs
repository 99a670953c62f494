//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};

const AFTER_HELP: &str = "\
Selectors are names with ranges: x1000c[0-7]s[0-7]b0n[0-1],node[001-100]!node050
  ',' adds, '!' removes, '&' keeps what is in both, '^' what is in one of the two. Quote them in the shell.

Exit codes:
    0  done, or so already        69  service not reachable
    1  internal error             75  detached, the work goes on
    2  usage or configuration     77  denied
    4  nothing selected          100  at least one component failed
    5  some were left out        101  refused

The address of the service is taken from --server, else SWITCHYARD_SERVER, else `server = \"URL\"` in
~/.config/switchyard/cli.toml, else http://127.0.0.1:28007. The token is taken from --token-file, else
SWITCHYARD_TOKEN, else SWITCHYARD_TOKEN_FILE, else `token_file` in that file.";

/// Switches the power of machines through a Switchyard service, and tells what became of it
#[derive(Debug, Parser)]
#[command(name = "switchyard", version, after_help = AFTER_HELP, max_term_width = 110)]
pub(crate) struct Arguments {
    /// The address of the service
    #[arg(long, global = true, value_name = "URL", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) server: Option<String>,
    /// The file that holds the token
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// The certificate authorities that the service is known by, in PEM form [default: those of the system]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,
    /// When to use colours; `NO_COLOR` is respected
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Color,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal.
    Auto,
    /// In files and pipes too.
    Always,
    /// Nowhere.
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Shows which components are on, off or unknown, folded; the whole fleet without a selector
    Status(Status),
    /// Powers components on
    On(Power),
    /// Shuts components down through their operating system, and forces what is still on at the deadline
    Off(Power),
    /// Shuts components down through their operating system, and never forces
    SoftOff(Power),
    /// Cuts the power at once, without a warning to the operating system
    ForceOff(Power),
    /// Restarts components through their operating system
    SoftRestart(Power),
    /// Restarts components without a warning to the operating system
    HardRestart(Power),
    /// Powers components off, then on, whatever their state
    Init(Power),
    /// Restarts components at once, in one request to their BMC
    Reset(Power),
    /// Cuts the power and restores it, in one request to the BMC; what is off is only powered on
    PowerCycle(Power),
    /// Cuts the mains and restores them, where the BMC can do that; the BMC may be away for minutes
    FullPowerCycle(Power),
    /// Sends a non-maskable interrupt, which makes most operating systems write a crash dump
    Nmi(Power),
    /// Looks at BMCs through the service, with its login
    #[command(subcommand)]
    Bmc(Bmc),
    /// Shows, follows or cancels what was asked for before
    #[command(subcommand)]
    Transition(Transition),
    /// Lists, installs, upgrades and removes the drivers that speak to BMCs
    #[command(subcommand)]
    Drivers(Drivers),
    /// Makes, lists and revokes the tokens that open the service
    #[command(subcommand)]
    Tokens(Tokens),
    /// Shows who one is to the service, and what one may do
    Whoami {
        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
    /// Lists controllers, finds new ones by address, accepts them, and pins their certificates
    #[command(subcommand)]
    Endpoints(Endpoints),
}

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

#[derive(Debug, Args)]
pub(crate) struct Status {
    /// The components; all when absent
    pub(crate) selector: Option<String>,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Power {
    /// The components, such as x1000c[0-7]s[0-7]b0n0
    pub(crate) selector: String,
    /// Why, for whoever looks later
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    /// How long each step may take from its first send: 0 skips the confirmation, negative waits without end
    /// [default: the service's, 5]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) deadline_minutes: Option<i64>,
    /// Also switch what stands above or below the components
    #[arg(long, value_name = "WHAT")]
    pub(crate) include: Option<Include>,
    /// Print the id of the transition and do not follow it
    #[arg(long)]
    pub(crate) no_wait: bool,
    /// Do not ask for confirmation
    #[arg(long, short)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) follow: Follow,
    /// Print the transition as one JSON document when it has ended
    #[arg(long)]
    pub(crate) json: bool,
}

/// What is switched besides the components that are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Include {
    /// What feeds them.
    Parents,
    /// What they feed.
    Children,
}

#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Follow {
    /// How long to try again when the service goes away while a transition is followed
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    reconnect_within: u64,
}

impl Follow {
    /// How long to try again when the service goes away.
    pub(crate) const fn patience(self) -> Duration {
        Duration::from_secs(self.reconnect_within)
    }
}

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

#[derive(Debug, Subcommand)]
pub(crate) enum Transition {
    /// Shows a transition and what became of its components
    Show {
        /// The transition
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        id: String,
        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
    /// Follows a transition to its end; Ctrl-C stops following, not the work
    Watch {
        /// The transition
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        id: String,
        #[command(flatten)]
        follow: Follow,
        /// Print the transition as one JSON document when it has ended
        #[arg(long)]
        json: bool,
    },
    /// Cancels a transition: nothing more is sent for it
    Cancel {
        /// The transition
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        id: String,
    },
    /// Lists transitions, the newest first
    List {
        /// How many at most, 0 for all
        #[arg(long, value_name = "N", default_value_t = 20)]
        limit: usize,
        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
}

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

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_negative_deadline_is_a_number() {
        let read = Arguments::try_parse_from(["switchyard", "off", "x0c0s0b0n0", "--deadline-minutes", "-1"])
            .unwrap();
        let Command::Off(power) = read.command else {
            panic!("{:?}", read.command)
        };
        assert_eq!(power.deadline_minutes, Some(-1));
    }

    #[test]
    fn the_server_may_stand_anywhere() {
        let read = Arguments::try_parse_from(["switchyard", "status", "--server", "http://a"]).unwrap();
        assert_eq!(read.server.as_deref(), Some("http://a"));
    }
}
