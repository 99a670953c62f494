//! `switchyard`: the operator's command.
//!
//! It asks the service over HTTP, follows what it started to the end, and tells the result by its exit code.
//! Data goes to standard output; progress, hints and errors go to standard error.

mod account;
mod arguments;
mod commands;
mod complete;
mod configuration;
mod error;
mod exit;
mod external;
mod fleet;
mod follow;
mod interrupt;
mod output;
mod render;
mod selector;
mod server;

use std::env;
use std::ffi::OsString;
use std::process::ExitCode;

use self::arguments::Arguments;
use self::error::Error;
use self::exit::Exit;
use self::output::Output;

fn main() -> ExitCode {
    let words: Vec<OsString> = env::args_os().collect();
    if words.get(1).is_some_and(|verb| verb == complete::VERB) {
        return complete::run(words.get(2..).unwrap_or_default());
    }
    let arguments = match Arguments::read(&words) {
        Ok(arguments) => arguments,
        Err(usage) => return report_usage(&usage),
    };
    let output = Output::new(arguments.color, arguments.verbose);
    match run(&arguments, output) {
        Ok(exit) => exit.into(),
        Err(error) => {
            output.error(&error);
            error.exit().into()
        }
    }
}

fn run(arguments: &Arguments, output: Output) -> Result<Exit, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Error::Runtime)?;
    runtime.block_on(commands::run(arguments, output))
}

/// Shows what clap has to say, which is also the help and the version.
fn report_usage(usage: &clap::Error) -> ExitCode {
    let shown = usage.print().is_ok();
    match (usage.use_stderr(), shown) {
        (true, _) => Exit::Usage.into(),
        (false, true) => Exit::Success.into(),
        (false, false) => Exit::Internal.into(),
    }
}
