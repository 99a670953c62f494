//! Building a driver from its source, whatever its language.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{COMPONENT, MANIFEST};
use crate::error::{Error, Result, read};
use crate::setup;
use crate::step::Step;
use crate::workspace::Workspace;

/// The target that drivers in Rust are built for.
const TARGET: &str = "wasm32-wasip2";
/// The world of the contract that the small drivers are built against.
const WORLD: &str = "http-driver";

/// The language of a driver's source.
enum Language {
    Rust,
    Python,
    JavaScript,
}

impl Language {
    fn of(folder: &Path) -> Option<Self> {
        [
            ("Cargo.toml", Self::Rust),
            ("app.py", Self::Python),
            ("driver.js", Self::JavaScript),
        ]
        .into_iter()
        .find_map(|(file, language)| folder.join(file).is_file().then_some(language))
    }
}

/// Builds the driver of a folder and puts `driver.toml` and `driver.wasm` side by side. Returns the folder with both.
pub(crate) fn build(workspace: &Workspace, folder: &Path) -> Result<PathBuf> {
    let folder = folder.canonicalize().map_err(Error::file(folder))?;
    let manifest = folder.join(MANIFEST);
    let id = id_of(&manifest)?;
    let language = Language::of(&folder).ok_or_else(|| {
        Error::Usage(format!(
            "{} holds no Cargo.toml, app.py or driver.js: there is nothing to build a driver from",
            folder.display()
        ))
    })?;
    let out = workspace.target.join("driver-projects").join(&id);
    std::fs::create_dir_all(&out).map_err(Error::file(&out))?;
    let component = out.join(COMPONENT);
    match language {
        Language::Rust => rust(workspace, &folder, &component)?,
        Language::Python => python(workspace, &folder, &component)?,
        Language::JavaScript => javascript(workspace, &folder, &component)?,
    }
    std::fs::copy(&manifest, out.join(MANIFEST)).map_err(Error::file(&manifest))?;
    Ok(out)
}

fn id_of(manifest: &Path) -> Result<String> {
    let table: toml::Table = read(manifest)?.parse().map_err(|source| Error::Toml {
        file: manifest.to_owned(),
        source,
    })?;
    let id = table.get("id").and_then(toml::Value::as_str);
    id.map(str::to_owned).ok_or_else(|| Error::MissingKey {
        file: manifest.to_owned(),
        key: "id",
    })
}

fn rust(workspace: &Workspace, folder: &Path, component: &Path) -> Result<()> {
    setup::driver_target(workspace)?;
    let messages = Step::cargo(workspace, "driver")
        .args([
            "build",
            "--release",
            "--lib",
            "--target",
            TARGET,
            "--message-format=json-render-diagnostics",
        ])
        .option("--manifest-path", folder.join("Cargo.toml"))
        .option("--target-dir", workspace.target.join("driver-projects/cargo"))
        .capture()?;
    // The last artifact is the package itself.
    let built = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter_map(|message| {
            let files = message.get("filenames")?.as_array()?.clone();
            let is_component = |file: &&str| Path::new(file).extension().is_some_and(|end| end == "wasm");
            files
                .iter()
                .filter_map(Value::as_str)
                .find(is_component)
                .map(PathBuf::from)
        })
        .next_back()
        .ok_or_else(|| {
            Error::Usage(format!(
                "{} builds no component: give its library crate-type = [\"cdylib\", \"rlib\"]",
                folder.display()
            ))
        })?;
    std::fs::copy(&built, component).map_err(Error::file(&built))?;
    Ok(())
}

fn python(workspace: &Workspace, folder: &Path, component: &Path) -> Result<()> {
    let venv = setup::virtual_environment(workspace, &folder.join("requirements.txt"))?;
    Step::new(workspace, "driver", venv.join("bin/componentize-py"))
        .option("--wit-path", workspace.root.join("wit/driver-0.1"))
        .args(["--world", WORLD, "componentize", "--stub-wasi"])
        .option("--python-path", folder)
        .args(["app"])
        .option("--output", component)
        .run()
}

fn javascript(workspace: &Workspace, folder: &Path, component: &Path) -> Result<()> {
    let tools = setup::npm_packages(workspace, folder)?;
    Step::new(
        workspace,
        "driver",
        tools.join("node_modules/.bin/componentize-qjs"),
    )
    .option("--wit", workspace.root.join("wit/driver-0.1"))
    .args(["--world", WORLD, "--stub-wasi", "--sync", "--opt-size"])
    .option("--js", folder.join("driver.js"))
    .option("--output", component)
    .run()
}
