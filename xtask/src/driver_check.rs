//! `cargo xtask driver check PATH...`: what the drivers make of folders of captured Redfish resources.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::arguments::Arguments;
use crate::error::{Error, Result};
use crate::setup;
use crate::step::Step;
use crate::workspace::Workspace;

pub(crate) fn run(workspace: &Workspace, arguments: &mut Arguments) -> Result<ExitCode> {
    match arguments.next_word().as_deref() {
        Some("check") => {}
        other => {
            return Err(Error::UnknownCommand(format!(
                "driver {}",
                other.unwrap_or_default()
            )));
        }
    }
    let paths = arguments
        .rest()?
        .iter()
        .map(std::path::absolute)
        .collect::<std::io::Result<Vec<_>>>();
    let paths = paths.map_err(|source| Error::File {
        path: PathBuf::from("."),
        source,
    })?;
    check(workspace, &paths)?;
    Ok(ExitCode::SUCCESS)
}

/// Checks the folders, all in one run of the program. Fails when a driver fails on one of them.
pub(crate) fn check(workspace: &Workspace, paths: &[PathBuf]) -> Result<()> {
    if paths.is_empty() {
        return Err(Error::NoTreeGiven);
    }
    setup::driver_target(workspace)?;
    Step::cargo(workspace, "build")
        .args(["build", "--workspace", "--bins", "--locked"])
        .run()?;
    Step::new(workspace, "driver check", workspace.program("driver-check"))
        .args(paths)
        .run()
}

/// The folders to check below `parent`, in the order of their names.
pub(crate) fn trees(parent: &std::path::Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(parent).map_err(Error::file(parent))?;
    let paths = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<std::io::Result<Vec<_>>>();
    let mut trees: Vec<_> = paths
        .map_err(Error::file(parent))?
        .into_iter()
        .filter(|path| path.is_dir())
        .collect();
    trees.sort();
    Ok(trees)
}
