//! The dashboard's own tools: `web-ui` is built and checked by Node.js, never by cargo, which embeds what lies in `web-ui/dist`.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::error::{Error, Result};
use crate::step::Step;
use crate::tally::Tally;
use crate::workspace::Workspace;

/// The oldest release of Node.js that the tools run on.
const NODE: (u32, u32) = (20, 19);
/// What the built page depends on, in the folder of the dashboard.
const SOURCES: &[&str] = &[
    "index.html",
    "package-lock.json",
    "public",
    "scripts",
    "src",
    "svelte.config.js",
    "tsconfig.json",
    "vite.config.ts",
];

/// Builds the dashboard where its sources are newer than what lies in `dist`.
pub(crate) fn build(workspace: &Workspace) -> Result<()> {
    let _lock = lock(workspace)?;
    install(workspace)?;
    let folder = folder(workspace);
    if newest(&folder.join("dist/index.html")) > newest_of(&folder, SOURCES) {
        return Ok(());
    }
    npm(workspace, "dashboard").args(["run", "build"]).run()
}

/// Builds the dashboard for those who can do without it: where Node.js is missing, one line says so.
pub(crate) fn build_if_possible(workspace: &Workspace) -> Result<()> {
    match node(workspace) {
        Ok(()) => build(workspace),
        Err(missing) => {
            println!("The dashboard was not built: {missing}. Everything else works without it.");
            Ok(())
        }
    }
}

/// Builds the dashboard and checks its form, its types and the licences of what it uses.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    build(workspace)?;
    for script in ["lint", "check", "licences"] {
        npm(workspace, format!("dashboard, {script}"))
            .args(["run", script])
            .run()?;
    }
    Ok(())
}

/// Runs the unit tests of the dashboard into the tally; with `only`, those whose name contains it. Returns whether they succeeded.
pub(crate) fn test(workspace: &Workspace, only: Option<&str>, tally: &mut Tally) -> Result<bool> {
    let mut step = npm(workspace, "dashboard, tests").args(["run", "test", "--"]);
    if let Some(only) = only {
        step = step.args(["--testNamePattern", only]);
    }
    step.env("NO_COLOR", "1")
        .run_watching(|line| tally.see_vitest(line))
}

fn folder(workspace: &Workspace) -> PathBuf {
    workspace.root.join("web-ui")
}

fn npm(workspace: &Workspace, name: impl Into<String>) -> Step {
    Step::new(workspace, name, "npm").args(["--silent", "--prefix", "web-ui"])
}

/// Two commands at once would empty each other's folders.
fn lock(workspace: &Workspace) -> Result<File> {
    std::fs::create_dir_all(&workspace.target).map_err(Error::file(&workspace.target))?;
    let path = workspace.target.join("web-ui.lock");
    let file = File::create(&path).map_err(Error::file(&path))?;
    file.lock().map_err(Error::file(&path))?;
    Ok(file)
}

/// Installs the packages that the lock file names, where they are not there yet. No script of a package is run.
fn install(workspace: &Workspace) -> Result<()> {
    node(workspace)?;
    let folder = folder(workspace);
    if newest(&folder.join("node_modules/.package-lock.json")) >= newest(&folder.join("package-lock.json")) {
        return Ok(());
    }
    npm(workspace, "dashboard, packages")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .run()
}

/// Whether a Node.js is here that the tools run on.
pub(crate) fn node(workspace: &Workspace) -> Result<()> {
    let missing = |what: &str| Error::Missing {
        what: format!("Node.js {}.{} or newer with npm", NODE.0, NODE.1),
        remedy: format!("install it and put it on the PATH ({what})"),
    };
    if !Step::new(workspace, "npm", "npm").args(["--version"]).succeeds() {
        return Err(missing("there is no npm"));
    }
    let said = Step::new(workspace, "node", "node")
        .args(["--version"])
        .capture()
        .map_err(|_| missing("there is no node"))?;
    if version(&said).is_some_and(|found| found >= NODE) {
        Ok(())
    } else {
        Err(missing(&format!("the one there is says {}", said.trim())))
    }
}

/// Major and minor version from `v20.19.2`.
fn version(said: &str) -> Option<(u32, u32)> {
    let mut parts = said.trim().strip_prefix('v')?.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

fn newest_of(folder: &Path, names: &[&str]) -> Option<SystemTime> {
    names.iter().filter_map(|name| newest(&folder.join(name))).max()
}

/// When a file, or anything in a folder, was last changed; nothing when it does not exist.
fn newest(path: &Path) -> Option<SystemTime> {
    let own = std::fs::metadata(path).ok()?.modified().ok();
    let inside = std::fs::read_dir(path)
        .ok()
        .and_then(|entries| entries.filter_map(|entry| newest(&entry.ok()?.path())).max());
    own.max(inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert_eq!(version("v20.20.2\n"), Some((20, 20)));
        assert!(version("v20.9.0").unwrap() < NODE);
        assert!(version("v22.0.0").unwrap() > NODE);
        assert_eq!(version("not a version"), None);
    }

    #[test]
    fn a_folder_is_as_new_as_the_newest_in_it() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(newest(&folder.path().join("absent")), None);
        let deep = folder.path().join("a/b");
        std::fs::create_dir_all(&deep).unwrap();
        let file = File::create(deep.join("c")).unwrap();
        let later = SystemTime::now() + std::time::Duration::from_hours(1);
        file.set_modified(later).unwrap();
        assert_eq!(newest(folder.path()), Some(later));
        assert_eq!(newest_of(folder.path(), &["absent", "a"]), Some(later));
        assert!(newest(&folder.path().join("absent")) < newest(folder.path()));
    }
}
