//! `cargo xtask driver ...`: what an author of drivers needs.

mod build;
mod create;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::arguments::Arguments;
use crate::driver_check;
use crate::error::{Error, Result};
use crate::workspace::Workspace;

use build::build;

/// The manifest of a driver.
const MANIFEST: &str = "driver.toml";
/// Its component.
const COMPONENT: &str = "driver.wasm";

pub(crate) fn run(workspace: &Workspace, arguments: &mut Arguments) -> Result<ExitCode> {
    match arguments.next_word().as_deref() {
        Some("check") => check(workspace, arguments.rest())?,
        Some("build") => {
            let folder = word(arguments, "driver build needs the folder of a driver")?;
            arguments.finish()?;
            println!("{}", build(workspace, Path::new(&folder))?.display());
        }
        Some("new") => {
            let name = word(arguments, "driver new needs a name, such as acme-pdu")?;
            let folder = word(arguments, "driver new needs a folder that is not there yet")?;
            arguments.finish()?;
            create::create(workspace, &name, Path::new(&folder))?;
        }
        other => {
            return Err(Error::UnknownCommand(format!(
                "driver {}",
                other.unwrap_or_default()
            )));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn word(arguments: &mut Arguments, missing: &str) -> Result<String> {
    arguments
        .next_word()
        .ok_or_else(|| Error::Usage(missing.to_owned()))
}

/// Checks folders; one that holds the source of a driver is built first.
pub(crate) fn check(workspace: &Workspace, words: Vec<String>) -> Result<()> {
    let words: Result<Vec<PathBuf>> = words
        .into_iter()
        .map(|word| {
            let folder = PathBuf::from(&word);
            if folder.join(MANIFEST).is_file() && !folder.join(COMPONENT).is_file() {
                build(workspace, &folder)
            } else {
                Ok(folder)
            }
        })
        .collect();
    driver_check::check(workspace, words?)
}
