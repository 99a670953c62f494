//! `cargo xtask ci`: what a change must pass. Every step runs, so that one run names all that is wrong.

use std::process::ExitCode;

use crate::error::{Error, Result};
use crate::output;
use crate::step::Step;
use crate::workspace::Workspace;
use crate::{driver_check, licences, openapi, setup, sqlx, test_run, web_ui};

/// A folder of captured Redfish trees to check drivers against; optional, for the trees are not part of this project.
const TREES: &str = "SWITCHYARD_TREES";

/// Runs all checks; the last line printed is the totals of the tests.
pub(crate) fn run(workspace: &Workspace) -> Result<ExitCode> {
    setup::driver_target(workspace)?;
    setup::openssl(workspace)?;
    let mut failed = Vec::new();
    let mut note = |name: &str, result: Result<()>| {
        if let Err(error) = result {
            output::print_error(&error);
            failed.push(name.to_owned());
        }
    };
    // First, for what it builds is embedded by everything after it.
    note("dashboard", web_ui::check(workspace));
    note("format", format(workspace).run());
    note("clippy", clippy(workspace).run());
    note("docs", docs(workspace).run());
    note("licences", licences::check(workspace));
    note("queries", sqlx::run(workspace, sqlx::Mode::Check));
    let tally = test_run::tally(workspace, &test_run::Options::default());
    let counted = tally.as_ref().ok().copied();
    note(
        "tests",
        tally.and_then(|tally| {
            if tally.is_clean() {
                Ok(())
            } else {
                Err(Error::Tests(tally))
            }
        }),
    );
    note("API documents", openapi::run(workspace, true));
    note("captured trees", captured_trees(workspace));

    if !failed.is_empty() {
        output::print_error(&Error::Checks(failed.clone()));
    }
    if let Some(tally) = counted {
        println!("{tally}");
    }
    Ok(if failed.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn format(workspace: &Workspace) -> Step {
    Step::cargo(workspace, "format").args(["fmt", "--all", "--", "--check"])
}

fn clippy(workspace: &Workspace) -> Step {
    let words = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--locked",
        "--",
        "--deny",
        "warnings",
    ];
    Step::cargo(workspace, "clippy").args(words)
}

fn docs(workspace: &Workspace) -> Step {
    let words = [
        "doc",
        "--workspace",
        "--no-deps",
        "--document-private-items",
        "--locked",
    ];
    Step::cargo(workspace, "docs")
        .args(words)
        .env("RUSTDOCFLAGS", "--deny warnings")
}

fn captured_trees(workspace: &Workspace) -> Result<()> {
    let Some(folder) = std::env::var_os(TREES) else {
        println!("Captured trees were not checked: {TREES} does not name a folder of them.");
        return Ok(());
    };
    driver_check::run(workspace, [folder])
}
