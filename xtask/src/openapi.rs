//! `cargo xtask openapi`: the documents under `docs/api`, printed by the service itself.

use std::path::Path;

use crate::error::{Error, Result, read};
use crate::setup;
use crate::step::Step;
use crate::workspace::Workspace;

const FOLDER: &str = "docs/api";
/// Each document and the word after `switchyardd reference` that prints it.
const DOCUMENTS: [(&str, &str); 2] = [("openapi.json", "openapi"), ("errors.md", "errors")];

/// Writes the documents anew, or fails at the first that is stale.
pub(crate) fn run(workspace: &Workspace, check: bool) -> Result<()> {
    setup::driver_target(workspace)?;
    setup::openssl(workspace)?;
    // The whole workspace, since another set of packages has other features and builds for minutes.
    Step::cargo(workspace, "build")
        .args(["build", "--workspace", "--all-targets", "--locked"])
        .run()?;
    let folder = workspace.root.join(FOLDER);
    for (name, word) in DOCUMENTS {
        let printed = Step::new(workspace, name, workspace.program("switchyardd"))
            .args(["reference", word])
            .capture()?;
        settle(&folder.join(name), &printed, check)?;
    }
    Ok(())
}

fn settle(path: &Path, printed: &str, check: bool) -> Result<()> {
    if !check {
        return std::fs::write(path, printed).map_err(Error::file(path));
    }
    if path.is_file() && read(path)? == printed {
        Ok(())
    } else {
        Err(Error::StaleDocument(path.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_stale_until_it_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("errors.md");
        assert!(matches!(settle(&path, "new", true), Err(Error::StaleDocument(_))));
        settle(&path, "old", false).unwrap();
        assert!(matches!(settle(&path, "new", true), Err(Error::StaleDocument(_))));
        settle(&path, "new", false).unwrap();
        settle(&path, "new", true).unwrap();
    }
}
