//! Files and folders that nobody else may write.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// The mode bits that let others write.
const WRITABLE_BY_OTHERS: u32 = 0o022;

/// Why a folder of the runtime cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// It cannot be made or looked at.
    #[error("the folder {} cannot be used", path.display())]
    Io {
        /// The folder, or a file in it.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The path leads to something else.
    #[error("{} is no folder: move it away, or name another folder in the configuration", path.display())]
    NoFolder {
        /// The path.
        path: PathBuf,
    },
    /// Others may write into it.
    #[error(
        "the folder {} is open to others (mode {mode:04o}), who could run code in the service: look at what is in it, then `chmod 700` it",
        path.display()
    )]
    Exposed {
        /// The folder.
        path: PathBuf,
        /// Its mode bits.
        mode: u32,
    },
    /// It belongs to somebody else.
    #[error(
        "the folder {} belongs to the user {owner} and not to the one whom the service runs as: remove it, or `chown` it",
        path.display()
    )]
    Owner {
        /// The folder.
        path: PathBuf,
        /// The user id that it belongs to.
        owner: u32,
    },
}

/// Makes a folder with mode 0700 unless it is there, and refuses one that is somebody else's or that others may write.
pub(crate) fn folder(path: &Path) -> Result<(), FolderError> {
    let failed = |source| FolderError::Io {
        path: path.to_owned(),
        source,
    };
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .or_else(|error| if path.exists() { Ok(()) } else { Err(error) })
        .map_err(failed)?;
    let metadata = fs::symlink_metadata(path).map_err(failed)?;
    let path = path.to_owned();
    if !metadata.is_dir() {
        return Err(FolderError::NoFolder { path });
    }
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        let owner = metadata.uid();
        return Err(FolderError::Owner { path, owner });
    }
    let mode = metadata.mode() & 0o7777;
    if mode & WRITABLE_BY_OTHERS != 0 {
        return Err(FolderError::Exposed { path, mode });
    }
    Ok(())
}

/// Writes a file of mode 0600 under a name of its own beside `path`, syncs it, and gives it its name: after a crash there is the old
/// content or the new one, never a part. Of several processes that replace one file the last wins.
pub(crate) fn replace(path: &Path, content: &[&[u8]]) -> io::Result<()> {
    unfinished(path, content)?.persist(path)?;
    sync_parent(path)
}

/// Like [`replace`], but a file that is there stays, which is the error [`io::ErrorKind::AlreadyExists`].
pub(crate) fn create(path: &Path, content: &[&[u8]]) -> io::Result<()> {
    unfinished(path, content)?.persist_noclobber(path)?;
    sync_parent(path)
}

fn unfinished(path: &Path, content: &[&[u8]]) -> io::Result<NamedTempFile> {
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    let mut file = tempfile::Builder::new().suffix(UNFINISHED).tempfile_in(folder)?;
    for part in content {
        file.write_all(part)?;
    }
    file.as_file().sync_all()?;
    Ok(file)
}

/// How the names of files end that are being written.
pub(crate) const UNFINISHED: &str = ".unfinished";

/// Writes and syncs a file of mode 0600.
pub(crate) fn write(path: &Path, content: &[&[u8]]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    for part in content {
        file.write_all(part)?;
    }
    file.sync_all()
}

/// Makes names durable that were given or taken in the folder of `path`.
pub(crate) fn sync_parent(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_folder_that_others_may_write_is_refused_with_the_remedy() {
        let top = tempfile::tempdir().unwrap();
        let path = top.path().join("a/b");
        folder(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o700);
        folder(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o770)).unwrap();
        let error = folder(&path).unwrap_err();
        assert!(matches!(error, FolderError::Exposed { mode: 0o770, .. }));
        assert!(error.to_string().contains("chmod 700"), "{error}");
        let file = top.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(matches!(folder(&file), Err(FolderError::NoFolder { .. })));
        let link = top.path().join("link");
        std::os::unix::fs::symlink(top.path(), &link).unwrap();
        assert!(matches!(folder(&link), Err(FolderError::NoFolder { .. })));
    }

    #[test]
    fn a_file_is_replaced_whole() {
        let top = tempfile::tempdir().unwrap();
        let path = top.path().join("file");
        replace(&path, &[b"one"]).unwrap();
        replace(&path, &[b"t", b"wo"]).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(top.path()).unwrap().count(), 1);
    }
}
