//! Trees of captured resources on disk.

use std::fs;
use std::path::{Component, Path, PathBuf};

/// Where the service root lies in a URL.
const ROOT: &str = "redfish/v1";
/// The largest resource that is served, in bytes.
const RESOURCE_MAX_BYTES: u64 = 2 << 20;

/// Why there is no tree.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    /// The folder cannot be read.
    #[error("{path} cannot be read")]
    Read {
        /// The folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// There is no service root in the folder, nor in the folders in it.
    #[error(
        "{0} holds no captured service root: neither index.json nor redfish/v1/index.json, nor folders with one of them"
    )]
    NoTree(PathBuf),
}

/// A captured tree. A resource lies in `PATH/index.json` or `PATH.json`, with or without the leading `redfish/v1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    /// The tree's name: that of its folder.
    pub name: String,
    root: PathBuf,
}

impl Tree {
    /// The tree in this folder, if it holds a service root.
    pub fn open(folder: &Path) -> Option<Self> {
        let inner = folder.join(ROOT);
        let root = [inner.as_path(), folder]
            .into_iter()
            .find(|root| root.join("index.json").is_file())?;
        let name = folder
            .file_name()
            .unwrap_or(folder.as_os_str())
            .to_string_lossy()
            .into_owned();
        Some(Self {
            name,
            root: root.to_owned(),
        })
    }

    /// The resource at a URL's path.
    pub fn resource(&self, url_path: &str) -> Option<Vec<u8>> {
        let path = Path::new(url_path.trim_matches('/')).strip_prefix(ROOT).ok()?;
        if !path.components().all(|part| matches!(part, Component::Normal(_))) {
            return None;
        }
        let folder = self.root.join(path);
        let file = folder.join("index.json");
        let beside = folder.with_file_name(format!("{}.json", folder.file_name()?.to_string_lossy()));
        [file, beside].into_iter().find_map(|file| {
            let small =
                fs::metadata(&file).is_ok_and(|meta| meta.is_file() && meta.len() <= RESOURCE_MAX_BYTES);
            if small { fs::read(&file).ok() } else { None }
        })
    }
}

/// The tree in a folder, or the trees in the folders in it, by name.
pub fn trees(folder: &Path) -> Result<Vec<Tree>, TreeError> {
    if let Some(tree) = Tree::open(folder) {
        return Ok(vec![tree]);
    }
    let read = |source| TreeError::Read {
        path: folder.to_owned(),
        source,
    };
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(read)? {
        found.extend(Tree::open(&entry.map_err(read)?.path()));
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    if found.is_empty() {
        Err(TreeError::NoTree(folder.to_owned()))
    } else {
        Ok(found)
    }
}
