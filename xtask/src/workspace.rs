//! Where things are: the repository, the build output and the cache.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result, read};

/// The places every command works with. All paths are absolute.
#[derive(Debug)]
pub(crate) struct Workspace {
    /// The repository's root folder.
    pub(crate) root: PathBuf,
    /// Cargo's output folder: `CARGO_TARGET_DIR`, or `target` in the root.
    pub(crate) target: PathBuf,
    /// What is kept between runs and is not build output: the virtual environment of the test peers, tools.
    pub(crate) cache: PathBuf,
    /// The toolchain that `rust-toolchain.toml` names.
    pub(crate) toolchain: String,
}

impl Workspace {
    pub(crate) fn locate() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .unwrap_or(Path::new("/"))
            .to_owned();
        let target =
            std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |dir| root.join(dir));
        let toolchain = toolchain(&root.join("rust-toolchain.toml"))?;
        Ok(Self {
            target,
            cache: cache()?,
            toolchain,
            root,
        })
    }

    /// A program built with the development profile.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.target.join("debug").join(name)
    }
}

fn cache() -> Result<PathBuf> {
    let absolute = |name| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    absolute("XDG_CACHE_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".cache")))
        .map(|cache| cache.join("switchyard"))
        .ok_or(Error::NoCacheFolder)
}

fn toolchain(file: &Path) -> Result<String> {
    let text = read(file)?;
    let document: toml::Table = text.parse().map_err(|source| Error::Toml {
        file: file.to_owned(),
        source,
    })?;
    document
        .get("toolchain")
        .and_then(|table| table.get("channel"))
        .and_then(toml::Value::as_str)
        .map(str::to_owned)
        .ok_or_else(|| Error::MissingKey {
            file: file.to_owned(),
            key: "toolchain.channel",
        })
}
