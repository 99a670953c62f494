//! `cargo xtask test`: set-up, one build, every test, one line of totals.

use std::process::ExitCode;

use crate::arguments::Arguments;
use crate::driver;
use crate::error::{Error, Result};
use crate::setup;
use crate::step::Step;
use crate::tally::Tally;
use crate::web_ui;
use crate::workspace::Workspace;

/// What the command line asked for.
#[derive(Debug, Default)]
pub(crate) struct Options {
    /// Also the tests that take long: hundreds of kills, long random histories.
    long: bool,
    /// Only tests whose path contains this.
    only: Option<String>,
}

impl Options {
    pub(crate) fn parse(arguments: &mut Arguments) -> Result<Self> {
        let options = Self {
            long: arguments.flag("--long"),
            only: arguments.option("--only")?,
        };
        arguments.finish()?;
        Ok(options)
    }
}

/// Runs the tests and prints the totals as the last line.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<ExitCode> {
    let tally = tally(workspace, options)?;
    println!("{tally}");
    Ok(if tally.is_clean() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Runs the tests and returns the totals.
pub(crate) fn tally(workspace: &Workspace, options: &Options) -> Result<Tally> {
    setup::driver_target(workspace)?;
    setup::openssl(workspace)?;
    let peers = setup::test_peers(workspace)?;
    let browser = setup::browser(workspace)?;
    setup::ipmi_programs(workspace)?;
    web_ui::build(workspace)?;
    build(workspace).run()?;

    let mut step = Step::cargo(workspace, "tests")
        .args(["test", "--workspace", "--no-fail-fast", "--locked"])
        .env("SWITCHYARD_PEERS_VENV", peers)
        .env("SWITCHYARD_BROWSER", browser)
        .args(&options.only);
    if options.long {
        step = step.env("SWITCHYARD_LONG", "1");
        for language in ["python", "javascript"] {
            let example = workspace.root.join("plugins/examples").join(language);
            driver::check(workspace, vec![example.display().to_string()])?;
        }
    }
    let mut tally = Tally::default();
    let page_succeeded = web_ui::test(workspace, options.only.as_deref(), &mut tally)?;
    let succeeded = step.run_watching(|line| tally.see(line))?;
    let tally = tally.concluded(succeeded && page_succeeded);
    match &options.only {
        Some(only) if tally.is_empty() => Err(Error::NoSuchTest(only.clone())),
        _ => Ok(tally),
    }
}

/// Builds every program and test at once. `cargo test` alone leaves out the programs of crates that have no
/// integration test, and the end-to-end tests start them; `--all-targets` keeps one feature set for both.
fn build(workspace: &Workspace) -> Step {
    Step::cargo(workspace, "build").args(["build", "--workspace", "--all-targets", "--locked"])
}
