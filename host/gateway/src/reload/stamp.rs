//! Whether a file is another one than before.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::SystemTime;

/// What tells a file from itself after a change, and from one that has taken its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    modified: SystemTime,
    bytes: u64,
    inode: u64,
}

impl Stamp {
    /// The stamp of a file; nothing when there is none.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let metadata = fs::metadata(path).ok()?;
        Some(Self {
            modified: metadata.modified().ok()?,
            bytes: metadata.len(),
            inode: metadata.ino(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_written_or_replaced_is_another_one() {
        let folder = tempfile::tempdir().unwrap();
        let (file, other) = (folder.path().join("a"), folder.path().join("b"));
        assert_eq!(Stamp::of(&file), None);
        fs::write(&file, "one").unwrap();
        let first = Stamp::of(&file);
        assert_eq!(Stamp::of(&file), first);
        fs::write(&file, "three").unwrap();
        assert_ne!(Stamp::of(&file), first);
        let second = Stamp::of(&file);
        fs::write(&other, "three").unwrap();
        fs::rename(&other, &file).unwrap();
        assert_ne!(Stamp::of(&file), second);
    }
}
