//! Files that are replaced whole: after a power cut there is the old content or the new one, and never half of it.

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use tempfile::NamedTempFile;

/// Replaces a file whole and durably. Its owner alone may read it. Blocks.
pub(crate) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    beside(path, content)?.persist(path)?;
    sync_folder(path)
}

/// Makes a file whole and durably; one that is there stays, which is the error [`ErrorKind::AlreadyExists`]. Its owner alone may read it.
/// Blocks.
pub(crate) fn create(path: &Path, content: &[u8]) -> io::Result<()> {
    beside(path, content)?.persist_noclobber(path)?;
    sync_folder(path)
}

/// Makes the name of a file durable.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(folder(path))?.sync_all()
}

/// The folder that a file is in.
pub(crate) fn folder(path: &Path) -> &Path {
    path.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// The content under a name of its own, which goes with it unless it gets the right one.
fn beside(path: &Path, content: &[u8]) -> io::Result<NamedTempFile> {
    let name = path.file_name().ok_or(ErrorKind::InvalidInput)?.to_string_lossy();
    let mut file = tempfile::Builder::new()
        .prefix(&format!(".{name}."))
        .suffix(".new")
        .tempfile_in(folder(path))?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_file_is_replaced_for_its_owner_alone_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pins.json");
        std::fs::write(&path, "old and longer").unwrap();
        replace(&path, b"new").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(replace(&folder.path().join("absent/pins.json"), b"new").is_err());
        let taken = create(&path, b"newer").unwrap_err();
        assert_eq!(taken.kind(), ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        create(&folder.path().join("key"), b"secret").unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_bare_name_is_in_the_folder_of_the_process() {
        assert_eq!(folder(Path::new("a.db")), Path::new("."));
        assert_eq!(folder(Path::new("/var/lib/a.db")), Path::new("/var/lib"));
    }
}
