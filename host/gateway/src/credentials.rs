//! Logins for controllers: in one encrypted file, in Vault, or in the environment of a laboratory.
//!
//! [`CredentialFile`] is the file as `switchyardd credentials` manages it; [`FileCredentials`] hands its logins out and notices when the
//! file changes. [`Lookup`] asks the configured sources in turn, under the controller's id first, then under the name in the inventory.
//! No error, log line or debug output of this module holds a password.

mod environment;
mod file;
mod key;
mod open;
mod provider;
mod seal;
pub mod sources;
pub mod vault;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Arc;

use switchyard_transport::{Login, Secret};
use zeroize::Zeroizing;

pub use environment::{EnvironmentLogins, LOGIN_PREFIX};
pub use file::{Change, CredentialFile};
pub use key::{DEFAULT_KEY_FILE, KeySource, SYSTEMD_CREDENTIAL, init_key};
pub use open::Opened;
pub use provider::{CHECK_EVERY, FileCredentials};
pub use sources::{Lookup, Source, Standings};
pub use vault::Vault;

/// The longest user name, in bytes.
pub const USER_MAX_BYTES: usize = 128;
/// The longest password, in bytes.
pub const PASSWORD_MAX_BYTES: usize = 1024;
/// The largest credential file that is read, in bytes.
pub const FILE_MAX_BYTES: u64 = 16 * 1024 * 1024;

/// The logins of a file by name.
pub type Logins = BTreeMap<String, Arc<Login>>;

/// Why credentials cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no key.
    #[error("there is no credential key at {}; make one with `switchyardd credentials init-key`", path.display())]
    NoKey {
        /// Where it should be.
        path: PathBuf,
    },
    /// The key cannot be read.
    #[error("the credential key {} cannot be read", path.display())]
    ReadKey {
        /// The key file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Others than the owner may read the key.
    #[error(
        "the credential key {} has mode {mode:04o} and can be read by others; run `chmod 600 {}` and consider the key known to them",
        path.display(),
        path.display()
    )]
    KeyExposed {
        /// The key file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// The file is no key.
    #[error("{} is no credential key; make one with `switchyardd credentials init-key`", path.display())]
    NotAKey {
        /// The key file.
        path: PathBuf,
    },
    /// There is a key already, and logins may be encrypted with it.
    #[error("{} exists already and is left alone: logins that were encrypted with it would be lost", path.display())]
    KeyExists {
        /// The key file.
        path: PathBuf,
    },
    /// The new key cannot be written.
    #[error("the credential key {} cannot be written", path.display())]
    WriteKey {
        /// The key file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There are no credentials yet.
    #[error(
        "there is no credential file at {}; add a login with `switchyardd credentials set NAME --user USER`",
        path.display()
    )]
    NoFile {
        /// Where it should be.
        path: PathBuf,
    },
    /// The credentials cannot be read.
    #[error("the credential file {} cannot be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is none of ours, of a later version, or cut off.
    #[error("{} is no credential file that this version can read: {reason}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The file was encrypted with another key.
    #[error("{} was encrypted with another key than {}; give it the right `key_file`", path.display(), key.display())]
    OtherKey {
        /// The file.
        path: PathBuf,
        /// The key file.
        key: PathBuf,
    },
    /// The file was changed by somebody without the key, or is damaged.
    #[error("{} is damaged or was tampered with; restore it from a backup or set its logins again", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// The credentials cannot be written.
    #[error("the credential file {} cannot be written", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There are more logins than can be encrypted at once.
    #[error("the logins cannot be encrypted")]
    Encrypt,
    /// The operating system gives no random bytes.
    #[error("the operating system gives no random bytes")]
    Random(#[source] getrandom::Error),
    /// The name is none that an inventory could use.
    #[error("bad credential name")]
    Name(#[source] switchyard_core::id::IdError),
    /// The user name cannot be sent to a BMC (RFC 7617, section 2).
    #[error("a user must have 1 to {USER_MAX_BYTES} bytes, without ':' and control characters")]
    User,
    /// No such login.
    #[error("no login is called {0:?}; `switchyardd credentials list` shows all")]
    Unknown(String),
    /// The password cannot be read from its source.
    #[error("the password cannot be read")]
    ReadPassword(#[source] io::Error),
    /// The password is empty, too long, or no text.
    #[error("a password must have 1 to {PASSWORD_MAX_BYTES} bytes of UTF-8, without control characters")]
    Password,
}

/// Reads a password from standard input or a file: one line, whose end is not part of it.
pub fn read_password(source: impl Read) -> Result<Secret, Error> {
    // Room for the line end; never reallocated, so no copy stays behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(PASSWORD_MAX_BYTES + 3));
    source
        .take(PASSWORD_MAX_BYTES as u64 + 3)
        .read_to_end(&mut bytes)
        .map_err(Error::ReadPassword)?;
    let line = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let text = std::str::from_utf8(line).map_err(|_| Error::Password)?;
    if text.is_empty() || text.len() > PASSWORD_MAX_BYTES || text.chars().any(char::is_control) {
        return Err(Error::Password);
    }
    Ok(Secret::new(text.to_owned()))
}
