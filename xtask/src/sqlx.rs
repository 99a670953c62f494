//! `cargo xtask sqlx`: the files under `.sqlx` that let the SQLite engine's queries be checked without a database.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::error::{Error, Result};
use crate::setup;
use crate::step::Step;
use crate::workspace::Workspace;

const CRATE: &str = "switchyard-store-sqlite";
const FOLDER: &str = "host/store-sqlite";

/// Makes a database from the migrations: its path, then one script after the other.
const APPLY_MIGRATIONS: &str = "\
import sqlite3, sys
database = sqlite3.connect(sys.argv[1])
for script in sys.argv[2:]:
    with open(script, encoding='utf-8') as text:
        database.executescript(text.read())
database.close()";

/// What to do with the queries found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Replace the folder.
    Write,
    /// Fail when the folder differs.
    Check,
}

/// The files of a folder by name.
type Queries = BTreeMap<OsString, Vec<u8>>;

pub(crate) fn run(workspace: &Workspace, mode: Mode) -> Result<()> {
    setup::driver_target(workspace)?;
    setup::openssl(workspace)?;
    setup::python(workspace)?;
    let scratch = tempfile::Builder::new()
        .prefix("switchyard-sqlx-")
        .tempdir()
        .map_err(Error::file(&std::env::temp_dir()))?;
    let database = scratch.path().join("schema.db");
    let migrations = migrations(&workspace.root.join(FOLDER).join("migrations"))?;
    Step::new(workspace, "migrations", "python3")
        .args(["-c", APPLY_MIGRATIONS])
        .args([&database])
        .args(&migrations)
        .run()?;

    let fresh = scratch.path().join("queries");
    std::fs::create_dir(&fresh).map_err(Error::file(&fresh))?;
    expand_macros_again(workspace)?;
    // A developer's crate alone, so that the rest may be half-written; in CI the whole workspace, so that the
    // dependencies checked by clippy serve again.
    let packages: &[&str] = match mode {
        Mode::Write => &["--package", CRATE],
        Mode::Check => &["--workspace"],
    };
    Step::cargo(workspace, "queries")
        .args(["check", "--all-targets", "--locked"])
        .args(packages)
        .env("SQLX_OFFLINE", "false")
        .env("SQLX_OFFLINE_DIR", &fresh)
        .env("SQLITE_DATABASE_URL", format!("sqlite://{}", database.display()))
        .run()?;
    settle(&workspace.root.join(FOLDER).join(".sqlx"), &fresh, mode)
}

fn migrations(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).map_err(Error::file(folder))?;
    let paths = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<std::io::Result<Vec<_>>>();
    let mut paths = paths.map_err(Error::file(folder))?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "sql"));
    paths.sort();
    Ok(paths)
}

/// The query macros write their files when they are expanded, and cargo expands only what changed.
fn expand_macros_again(workspace: &Workspace) -> Result<()> {
    let source = workspace.root.join(FOLDER).join("src/lib.rs");
    let file = File::options()
        .append(true)
        .open(&source)
        .map_err(Error::file(&source))?;
    file.set_modified(SystemTime::now()).map_err(Error::file(&source))
}

fn settle(kept: &Path, fresh: &Path, mode: Mode) -> Result<()> {
    let new = queries(fresh)?;
    let old = if kept.is_dir() {
        queries(kept)?
    } else {
        Queries::new()
    };
    if mode == Mode::Check {
        let differences = differences(&old, &new);
        if differences.is_empty() {
            return Ok(());
        }
        return Err(Error::StaleQueries {
            folder: kept.to_owned(),
            differences,
        });
    }
    std::fs::create_dir_all(kept).map_err(Error::file(kept))?;
    for name in old.keys().filter(|name| !new.contains_key(*name)) {
        let path = kept.join(name);
        std::fs::remove_file(&path).map_err(Error::file(&path))?;
    }
    for (name, content) in new
        .iter()
        .filter(|(name, content)| old.get(*name) != Some(*content))
    {
        let path = kept.join(name);
        std::fs::write(&path, content).map_err(Error::file(&path))?;
    }
    println!("{} queries in {}", new.len(), kept.display());
    Ok(())
}

fn queries(folder: &Path) -> Result<Queries> {
    let mut found = Queries::new();
    for entry in std::fs::read_dir(folder).map_err(Error::file(folder))? {
        let entry = entry.map_err(Error::file(folder))?;
        let content = std::fs::read(entry.path()).map_err(Error::file(folder))?;
        found.insert(entry.file_name(), content);
    }
    Ok(found)
}

fn differences(old: &Queries, new: &Queries) -> Vec<String> {
    let count = |what: &str, number: usize| (number > 0).then(|| format!("{number} {what}"));
    let missing = new.keys().filter(|name| !old.contains_key(*name)).count();
    let unused = old.keys().filter(|name| !new.contains_key(*name)).count();
    let changed = new
        .iter()
        .filter(|(name, content)| old.get(*name).is_some_and(|old| old != *content))
        .count();
    [
        count("missing", missing),
        count("no longer used", unused),
        count("changed", changed),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in files {
            std::fs::write(folder.path().join(name), content).unwrap();
        }
        folder
    }

    #[test]
    fn check_names_what_is_missing_unused_and_changed() {
        let kept = folder(&[("a.json", "1"), ("b.json", "1"), ("c.json", "1")]);
        let fresh = folder(&[("b.json", "2"), ("c.json", "1"), ("d.json", "1")]);
        match settle(kept.path(), fresh.path(), Mode::Check) {
            Err(Error::StaleQueries { differences, .. }) => {
                assert_eq!(differences, ["1 missing", "1 no longer used", "1 changed"]);
            }
            other => panic!("expected stale queries, found {other:?}"),
        }
    }

    #[test]
    fn writing_makes_the_check_pass() {
        let kept = folder(&[("a.json", "1"), ("b.json", "1")]);
        let fresh = folder(&[("b.json", "2"), ("d.json", "1")]);
        settle(kept.path(), fresh.path(), Mode::Write).unwrap();
        settle(kept.path(), fresh.path(), Mode::Check).unwrap();
        assert!(!kept.path().join("a.json").exists());
    }
}
