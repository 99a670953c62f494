//! What was last read, in a file that serves while SMD is away.
//!
//! The first line is a header with a version, the time of the reading and the SHA-256 of what follows; the rest is the snapshot. The
//! file holds no login.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use switchyard_core::Timestamp;

use super::snapshot::Snapshot;
use crate::whole_file;

/// The version of the form of the file. A file of another one is not read.
const VERSION: u32 = 1;
/// The largest file that is read, in bytes.
const FILE_MAX_BYTES: u64 = 256 << 20;

/// Why there is no use in a cache file, or none could be written.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// The file cannot be read.
    #[error("the cache {} cannot be read", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file cannot be written.
    #[error("the cache {} cannot be written", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file is none of ours, of another version, cut off or changed.
    #[error("{} is no cache that can be used: {reason}", .path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
}

#[derive(Serialize, Deserialize)]
struct Header {
    version: u32,
    /// When SMD was read, in milliseconds since the Unix epoch.
    read_at: i64,
    sha256: String,
}

/// A snapshot with the time at which it was read.
#[derive(Debug, Clone)]
pub(super) struct Cached {
    pub(super) snapshot: Snapshot,
    pub(super) read_at: Timestamp,
}

/// Reads the file; `None` when there is none. Blocks.
pub(super) fn read(path: &Path) -> Result<Option<Cached>, CacheError> {
    let failed = |source| CacheError::Read {
        path: path.to_owned(),
        source,
    };
    let unusable = |reason| CacheError::Unusable {
        path: path.to_owned(),
        reason,
    };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    let mut bytes = Vec::new();
    file.take(FILE_MAX_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.len() as u64 > FILE_MAX_BYTES {
        return Err(unusable("it is too large"));
    }
    let end = bytes
        .iter()
        .position(|byte| *byte == b'\n')
        .ok_or_else(|| unusable("it has no header"))?;
    let (header, body) = bytes.split_at(end);
    let body = body.get(1..).unwrap_or_default();
    let header: Header = serde_json::from_slice(header).map_err(|_| unusable("its header is none"))?;
    if header.version != VERSION {
        return Err(unusable("it has another version"));
    }
    if digest(body) != header.sha256 {
        return Err(unusable("it was cut off or changed"));
    }
    let snapshot = serde_json::from_slice(body).map_err(|_| unusable("it holds something else"))?;
    Ok(Some(Cached {
        snapshot,
        read_at: Timestamp::from_millis(header.read_at),
    }))
}

/// Writes the file in place of the one before: whole, or not at all. Blocks.
pub(super) fn write(path: &Path, cached: &Cached) -> Result<(), CacheError> {
    put(path, cached).map_err(|source| CacheError::Write {
        path: path.to_owned(),
        source,
    })
}

fn put(path: &Path, cached: &Cached) -> io::Result<()> {
    let body = serde_json::to_vec(&cached.snapshot)?;
    let header = serde_json::to_vec(&Header {
        version: VERSION,
        read_at: cached.read_at.as_millis(),
        sha256: digest(&body),
    })?;
    std::fs::create_dir_all(whole_file::folder(path))?;
    whole_file::replace(path, &[header.as_slice(), b"\n", body.as_slice()].concat())
}

fn digest(body: &[u8]) -> String {
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(body) {
        let [high, low] = [byte >> 4, byte & 0xF].map(|digit| char::from_digit(digit.into(), 16));
        text.extend(high.into_iter().chain(low));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smd::snapshot::Bmc;

    fn cached() -> Cached {
        let bmc = Bmc {
            id: "x0c0s0b0".to_owned(),
            fqdn: "127.1.0.1:9443".to_owned(),
            enabled: true,
        };
        Cached {
            snapshot: Snapshot {
                endpoints: vec![bmc],
                ..Snapshot::default()
            },
            read_at: Timestamp::from_millis(1_700_000_000_000),
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("below").join("cache.json");
        assert!(read(&path).unwrap().is_none());
        write(&path, &cached()).unwrap();
        let back = read(&path).unwrap().unwrap();
        assert_eq!(back.snapshot, cached().snapshot);
        assert_eq!(back.read_at, cached().read_at);
        let names: Vec<_> = std::fs::read_dir(path.parent().unwrap())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(names, ["cache.json"]);
    }

    #[test]
    fn what_is_cut_off_changed_or_of_another_version_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cache.json");
        write(&path, &cached()).unwrap();
        let whole = std::fs::read_to_string(&path).unwrap();
        let cases = [
            whole[..whole.len() - 1].to_owned(),
            whole.replace("127.1.0.1", "127.1.0.2"),
            whole.replacen("\"version\":1", "\"version\":2", 1),
            String::new(),
            "\n".to_owned(),
        ];
        for case in cases {
            std::fs::write(&path, &case).unwrap();
            assert!(matches!(read(&path), Err(CacheError::Unusable { .. })), "{case}");
        }
    }
}
