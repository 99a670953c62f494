//! `cargo xtask driver check PATH...`: what a driver makes of folders of captured Redfish resources.

use std::ffi::OsStr;

use crate::error::Result;
use crate::setup;
use crate::step::Step;
use crate::workspace::Workspace;

/// Builds and runs the program `driver-check` with these words, in the folder that this command was called in. Fails when
/// a tree brings an error.
pub(crate) fn check<S: AsRef<OsStr>>(
    workspace: &Workspace,
    words: impl IntoIterator<Item = S>,
) -> Result<()> {
    setup::driver_target(workspace)?;
    Step::cargo(workspace, "build")
        .args(["build", "--workspace", "--bins", "--locked"])
        .run()?;
    run(workspace, words)
}

/// The same with the program as the tests have built it.
pub(crate) fn run<S: AsRef<OsStr>>(workspace: &Workspace, words: impl IntoIterator<Item = S>) -> Result<()> {
    Step::new(workspace, "driver check", workspace.program("driver-check"))
        .args(words)
        .in_caller_folder()
        .run()
}
