//! The project's own commands, run as `cargo xtask <command>`.
//!
//! Each command does its own set-up: a machine with rustup, a C compiler and Python needs nothing else.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the terminal is this program's only surface"
)]

mod arguments;
mod bench;
mod ci;
mod demo;
mod driver;
mod driver_check;
mod error;
mod licences;
mod openapi;
mod output;
mod setup;
mod sqlx;
mod step;
mod tally;
mod test_run;
mod web_ui;
mod workspace;

#[cfg(test)]
mod import_rule;
#[cfg(test)]
mod named_tests;

use std::process::ExitCode;

use crate::arguments::Arguments;
use crate::error::Result;
use crate::workspace::Workspace;

const USAGE: &str = "\
usage: cargo xtask <command>

  demo [--nodes N] [--listen ADDR] [--faults]
                       a simulated fleet behind a running service, until Ctrl-C
  test [--long] [--only NAME]
                       every test; --long adds the hundreds of kills, --only picks tests by name
  bench [--json] [--nodes N[,N...]|none] [--ipmi-nodes N[,N...]|none] [--smd-nodes N[,N...]|none]
                       the figures of a transition over a fleet, beside those of a bare client
  ci                   what a change must pass: dashboard, format, lints, docs, licences, queries, tests, API documents,
                       captured trees
  driver check PATH... what the drivers make of folders of captured Redfish resources; of a folder with a driver: whether
                       it conforms
  driver build FOLDER  builds a driver in Rust, Python or JavaScript
  driver new NAME FOLDER
                       a driver of your own to begin from
  openapi [--check]    write the documents under docs/api anew, or fail when they are stale
  sqlx [--check]       write the checked queries of the SQLite engine anew, or fail when they are stale";

fn main() -> ExitCode {
    match run(&mut Arguments::from_command_line()) {
        Ok(code) => code,
        Err(error) => {
            output::print_error(&error);
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &mut Arguments) -> Result<ExitCode> {
    let command = arguments.next_word();
    if matches!(command.as_deref(), None | Some("help" | "--help" | "-h")) {
        println!("{USAGE}");
        return Ok(if command.is_some() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        });
    }
    let workspace = Workspace::locate()?;
    match command.as_deref() {
        Some("demo") => demo::run(&workspace, &demo::Options::parse(arguments)?),
        Some("test") => test_run::run(&workspace, &test_run::Options::parse(arguments)?),
        Some("bench") => bench::run(&workspace, &bench::Options::parse(arguments)?),
        Some("ci") => {
            arguments.finish()?;
            ci::run(&workspace)
        }
        Some("driver") => driver::run(&workspace, arguments),
        Some("openapi") => {
            let check = arguments.flag("--check");
            arguments.finish()?;
            openapi::run(&workspace, check)?;
            Ok(ExitCode::SUCCESS)
        }
        Some("sqlx") => {
            let mode = if arguments.flag("--check") {
                sqlx::Mode::Check
            } else {
                sqlx::Mode::Write
            };
            arguments.finish()?;
            sqlx::run(&workspace, mode)?;
            Ok(ExitCode::SUCCESS)
        }
        other => Err(error::Error::UnknownCommand(other.unwrap_or_default().to_owned())),
    }
}
