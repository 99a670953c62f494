//! The command line, one file for each family of verbs.

mod bmc;
mod cap;
mod doctor;
mod drivers;
mod emergency;
mod endpoints;
mod follow;
mod hold;
mod log;
mod power;
mod queue;
mod selection;
mod shell;
mod status;
mod tokens;
mod transition;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};

use crate::configuration::Flags;
use crate::external;

pub(crate) use bmc::Bmc;
pub(crate) use cap::{Cap, CapSet};
pub(crate) use doctor::Doctor;
pub(crate) use drivers::Drivers;
pub(crate) use emergency::EmergencyOff;
pub(crate) use endpoints::Endpoints;
pub(crate) use follow::{Follow, OnInterrupt, Report};
pub(crate) use hold::{Hold, Release, Resolve, Verdict};
pub(crate) use log::{Audit, Events};
pub(crate) use power::{IfBusy, Include, Operation, Order, Plan, Power};
pub(crate) use queue::{Cancel, Pause, Queue, Retry};
pub(crate) use selection::{Narrow, Selection};
pub(crate) use shell::{Completions, Man, Shell};
pub(crate) use status::{Form, Status};
pub(crate) use tokens::Tokens;
pub(crate) use transition::Transition;

const AFTER_HELP: &str = "\
Selectors are names with ranges: x1000c[0-7]s[0-7]b0n[0-1],node[001-100]!node050
  ',' adds, '!' removes, '&' keeps what is in both, '^' what is in one of the two. Quote them in the shell.
  '@name' is a group, '-' reads standard input, -x leaves out, --where FILTER is applied by the service.

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
    /// The service of this name in the configuration file, with its own token
    #[arg(long, global = true, value_name = "NAME", conflicts_with = "server")]
    pub(crate) at: Option<String>,
    /// The file that holds the token
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// The certificate authorities that the service is known by, in PEM form [default: those of the system]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,
    /// When to use colours; `NO_COLOR` is respected
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Color,
    /// Say more, such as the key of a request
    #[arg(long, short, global = true)]
    pub(crate) verbose: bool,
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
    /// Shuts components down through their operating system, forces what is still on at the deadline, then powers on
    HardRestart(Power),
    /// Restarts components as hard-restart does; what is off is only powered on
    Init(Power),
    /// Restarts components at once, in one request to their BMC
    Reset(Power),
    /// Cuts the power and restores it, in one request to the BMC; what is off is only powered on
    PowerCycle(Power),
    /// Cuts the mains and restores them, where the BMC can do that; the BMC may be away for minutes
    FullPowerCycle(Power),
    /// Sends a non-maskable interrupt, which makes most operating systems write a crash dump
    Nmi(Power),
    /// Cuts the power at once, past queues, holds, pacing and breakers; for fire and water only
    EmergencyOff(EmergencyOff),
    /// Tells what a power verb would do, without doing it
    Plan(Plan),
    /// Shows what is in line: now, next and later, by whom, and what it waits for
    Queue(Queue),
    /// Cancels a transition, part of it, or what is in line for components; nothing more is sent for it
    Cancel(Cancel),
    /// Takes what waits of a transition out of the line
    Pause(Pause),
    /// Puts what was paused of a transition back in line
    Resume(Pause),
    /// Tries the failed parts of a transition again, and follows that
    Retry(Retry),
    /// Keeps everybody else off components, for a while
    Hold(Hold),
    /// Lists the holds
    Holds {
        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
    /// Ends a hold, or those on components
    Release(Release),
    /// Says whether a restart was executed where that is uncertain
    Resolve(Resolve),
    /// Shows and sets power limits
    #[command(subcommand)]
    Cap(Cap),
    /// Shows the log of events, or what happens from now on
    Events(Events),
    /// Shows who did what, why and from where
    Audit(Audit),
    /// Shows how the service and what it depends on stand
    Health {
        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
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
    /// Checks the way to the service, and through it the way to a component, step by step
    Doctor(Doctor),
    /// Prints what makes a shell complete verbs, options, and names of the service
    Completions(Completions),
    /// Prints a manual page, to be read with `man -l -`
    Man(Man),
    /// The program `switchyard-VERB`, with its words
    #[command(external_subcommand)]
    External(Vec<OsString>),
}

impl Arguments {
    /// Reads the command line. Where its help is asked for, it names the verbs of others, too.
    pub(crate) fn read(words: &[OsString]) -> Result<Self, clap::Error> {
        let mut command = Self::command();
        let asks = |word: &OsString| ["help", "--help", "-h"].iter().any(|help| word == help);
        if words.iter().skip(1).any(asks) {
            let others = external::verbs();
            if !others.is_empty() {
                command = command.after_help(format!(
                    "Verbs of programs in PATH:\n  {}\n\n{AFTER_HELP}",
                    others.join("\n  ")
                ));
            }
        }
        let read = command.try_get_matches_from_mut(words)?;
        Self::from_arg_matches(&read).map_err(|error| error.format(&mut command))
    }

    /// Where the service is, as far as the command line says.
    pub(crate) fn flags(&self) -> Flags<'_> {
        Flags {
            server: self.server.as_deref(),
            at: self.at.as_deref(),
            token_file: self.token_file.as_deref(),
            ca_file: self.ca_file.as_deref(),
        }
    }
}

/// The command's own verbs.
pub(crate) fn verbs() -> Vec<String> {
    let command = Arguments::command();
    let names = command.get_subcommands().map(|verb| verb.get_name().to_owned());
    names.chain(["help".to_owned()]).collect()
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
        assert_eq!(power.order.deadline_minutes, Some(-1));
    }

    #[test]
    fn the_server_may_stand_anywhere() {
        let read = Arguments::try_parse_from(["switchyard", "status", "--server", "http://a"]).unwrap();
        assert_eq!(read.server.as_deref(), Some("http://a"));
    }
}
