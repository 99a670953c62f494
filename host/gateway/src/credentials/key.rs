//! The key that opens the credential file.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::Error;
use crate::whole_file;

/// Where the key is kept unless the configuration says otherwise.
pub const DEFAULT_KEY_FILE: &str = "/etc/switchyard/credentials.key";
/// The name of the key among systemd's credentials (`LoadCredential=switchyard-key:...`).
pub const SYSTEMD_CREDENTIAL: &str = "switchyard-key";

/// What every key file begins with; the digits follow.
const PREFIX: &str = "switchyard-key-v1:";
/// The length of a key, in bytes.
pub(super) const KEY_BYTES: usize = 32;
/// The length of a key file, in bytes.
const FILE_BYTES: usize = PREFIX.len() + 2 * KEY_BYTES + 1;
/// The length of what tells one key from another, in bytes.
pub(super) const KEY_ID_BYTES: usize = 8;

/// Where the key comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// A file that only its owner may read.
    File(PathBuf),
    /// A credential of systemd, which guards it; its mode bits say nothing, for access is given by ACL.
    Systemd(PathBuf),
}

impl KeySource {
    /// systemd's credential when there is one in its folder, else [`DEFAULT_KEY_FILE`].
    pub fn default_for(credentials_directory: Option<&Path>) -> Self {
        match credentials_directory.map(|folder| folder.join(SYSTEMD_CREDENTIAL)) {
            Some(path) if path.exists() => Self::Systemd(path),
            _ => Self::File(DEFAULT_KEY_FILE.into()),
        }
    }

    /// Where the key is.
    pub fn path(&self) -> &Path {
        match self {
            Self::File(path) | Self::Systemd(path) => path,
        }
    }

    /// Reads the key. The open file comes with it, to be locked by writers.
    pub(super) fn read(&self) -> Result<(Key, File), Error> {
        let path = self.path();
        let failed = |source| Error::ReadKey {
            path: path.to_owned(),
            source,
        };
        let file = File::open(path).map_err(|source| match source.kind() {
            ErrorKind::NotFound => Error::NoKey {
                path: path.to_owned(),
            },
            _ => failed(source),
        })?;
        let metadata = file.metadata().map_err(failed)?;
        let mode = metadata.mode() & 0o7777;
        if matches!(self, Self::File(_)) && mode & 0o077 != 0 {
            return Err(Error::KeyExposed {
                path: path.to_owned(),
                mode,
            });
        }
        let mut text = Zeroizing::new(Vec::with_capacity(FILE_BYTES + 1));
        (&file)
            .take(FILE_BYTES as u64 + 1)
            .read_to_end(&mut text)
            .map_err(failed)?;
        let key = Key::parse(&text).ok_or_else(|| Error::NotAKey {
            path: path.to_owned(),
        })?;
        Ok((key, file))
    }
}

/// A key of XChaCha20-Poly1305.
pub(super) struct Key(Zeroizing<[u8; KEY_BYTES]>);

impl Key {
    fn generate() -> Result<Self, Error> {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        getrandom::fill(bytes.as_mut()).map_err(Error::Random)?;
        Ok(Self(bytes))
    }

    fn parse(text: &[u8]) -> Option<Self> {
        let digits = text.trim_ascii_end().strip_prefix(PREFIX.as_bytes())?;
        if digits.len() != 2 * KEY_BYTES {
            return None;
        }
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            for digit in pair {
                let digit = char::from(*digit).to_digit(16)?;
                *byte = *byte << 4 | u8::try_from(digit).ok()?;
            }
        }
        Some(Self(bytes))
    }

    /// The content of the key's file.
    fn encode(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(FILE_BYTES));
        text.push_str(PREFIX);
        for byte in self.0.iter() {
            for digit in [byte >> 4, byte & 15] {
                text.extend(char::from_digit(digit.into(), 16));
            }
        }
        text.push('\n');
        text
    }

    pub(super) fn bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }

    /// Tells this key from others without telling anything about it.
    pub(super) fn id(&self) -> [u8; KEY_ID_BYTES] {
        let digest = Sha256::new()
            .chain_update("switchyard credential key id\0")
            .chain_update(*self.0)
            .finalize();
        let mut id = [0; KEY_ID_BYTES];
        for (place, byte) in id.iter_mut().zip(digest) {
            *place = byte;
        }
        id
    }
}

/// Makes a new key that only the owner may read. An existing file is never replaced.
pub fn init_key(path: &Path) -> Result<(), Error> {
    let key = Key::generate()?;
    whole_file::create(path, key.encode().as_bytes()).map_err(|source| match source.kind() {
        ErrorKind::AlreadyExists => Error::KeyExists {
            path: path.to_owned(),
        },
        _ => Error::WriteKey {
            path: path.to_owned(),
            source,
        },
    })
}
