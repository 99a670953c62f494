//! The command line, one file for each family of verbs.

mod bmc;
mod drivers;
mod endpoints;
mod power;
mod status;
mod tokens;
mod transition;

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Parser, Subcommand, ValueEnum};

pub(crate) use bmc::Bmc;
pub(crate) use drivers::Drivers;
pub(crate) use endpoints::Endpoints;
pub(crate) use power::{Follow, Include, Power};
pub(crate) use status::Status;
pub(crate) use tokens::Tokens;
pub(crate) use transition::Transition;

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
