//! Trees of captured resources on disk.

use std::fs;
use std::path::{Component, Path, PathBuf};

/// Where the service root lies in a URL.
const ROOT: &str = "redfish/v1";
/// The largest resource that is served, in bytes.
const RESOURCE_MAX_BYTES: u64 = 2 << 20;
/// How deep folders are searched for trees.
const DEPTH_MAX: usize = 4;
/// The most trees of one folder.
const TREES_MAX: usize = 4096;

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
        let root = if files_of(&inner).iter().any(|file| file.is_file()) {
            inner.as_path()
        } else {
            folder.join("index.json").is_file().then_some(folder)?
        };
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
        // Joining nothing would add a slash.
        let place = if path.as_os_str().is_empty() {
            self.root.clone()
        } else {
            self.root.join(path)
        };
        files_of(&place).into_iter().find_map(|file| {
            let small =
                fs::metadata(&file).is_ok_and(|meta| meta.is_file() && meta.len() <= RESOURCE_MAX_BYTES);
            if small { fs::read(&file).ok() } else { None }
        })
    }
}

/// The files in which a resource may lie.
fn files_of(place: &Path) -> Vec<PathBuf> {
    let beside = place
        .file_name()
        .map(|name| place.with_file_name(format!("{}.json", name.to_string_lossy())));
    std::iter::once(place.join("index.json")).chain(beside).collect()
}

/// The tree in a folder, or the trees in the folders in it, by name.
pub fn trees(folder: &Path) -> Result<Vec<Tree>, TreeError> {
    if let Some(tree) = Tree::open(folder) {
        return Ok(vec![tree]);
    }
    let mut found = Vec::new();
    search(folder, "", DEPTH_MAX, &mut found)?;
    found.sort_by(|a, b| a.name.cmp(&b.name));
    if found.is_empty() {
        Err(TreeError::NoTree(folder.to_owned()))
    } else {
        Ok(found)
    }
}

/// Looks for trees in the folders of a folder; what is a tree is not searched further.
fn search(folder: &Path, within: &str, depth: usize, found: &mut Vec<Tree>) -> Result<(), TreeError> {
    let read = |source| TreeError::Read {
        path: folder.to_owned(),
        source,
    };
    for entry in fs::read_dir(folder).map_err(read)? {
        let entry = entry.map_err(read)?;
        let path = entry.path();
        if !path.is_dir() || found.len() >= TREES_MAX {
            continue;
        }
        let name = format!("{within}{}", entry.file_name().to_string_lossy());
        // A link may lead in a circle.
        let is_link = entry.file_type().is_ok_and(|kind| kind.is_symlink());
        match Tree::open(&path) {
            Some(tree) => found.push(Tree { name, ..tree }),
            None if depth > 1 && !is_link => search(&path, &format!("{name}/"), depth - 1, found)?,
            None => {}
        }
    }
    Ok(())
}
