//! The credential file as a person manages it.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use switchyard_core::ControllerId;
use switchyard_transport::{Login, Secret};

use super::key::{Key, KeySource};
use super::{Error, FILE_MAX_BYTES, Logins, USER_MAX_BYTES, seal};
use crate::whole_file;

/// What setting a login did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// There was none of this name.
    Added,
    /// It took another's place.
    Replaced,
}

/// The encrypted file and its key. All functions block.
#[derive(Debug, Clone)]
pub struct CredentialFile {
    path: PathBuf,
    key: KeySource,
}

impl CredentialFile {
    /// The file at `path`, opened by `key`. Nothing is read yet.
    pub fn new(path: impl Into<PathBuf>, key: KeySource) -> Self {
        Self {
            path: path.into(),
            key,
        }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads all logins.
    pub fn read(&self) -> Result<Logins, Error> {
        let (key, _) = self.key.read()?;
        self.read_with(&key)?.ok_or_else(|| Error::NoFile {
            path: self.path.clone(),
        })
    }

    /// Names and users of all logins, in the order of their names.
    pub fn list(&self) -> Result<Vec<(String, String)>, Error> {
        let pair = |(name, login): (String, Arc<Login>)| (name, login.user.clone());
        Ok(self.read()?.into_iter().map(pair).collect())
    }

    /// Adds or replaces a login. `name` is a credential named in the inventory or the id of a controller.
    ///
    /// The file is created when there is none, and replaced whole: readers see the old or the new one.
    pub fn set(&self, name: &str, user: &str, password: Secret) -> Result<Change, Error> {
        self.set_login(name, Login::new(user, password))
    }

    /// Adds or replaces a login that may hold more than user and password, as [`CredentialFile::set`] does.
    pub fn set_login(&self, name: &str, login: Login) -> Result<Change, Error> {
        ControllerId::parse(name).map_err(Error::Name)?;
        let user = &login.user;
        if user.is_empty()
            || user.len() > USER_MAX_BYTES
            || user.contains(':')
            || user.chars().any(char::is_control)
        {
            return Err(Error::User);
        }
        let (key, _lock) = self.lock()?;
        let mut logins = self.read_with(&key)?.unwrap_or_default();
        let earlier = logins.insert(name.to_owned(), Arc::new(login));
        self.write(&logins, &key)?;
        Ok(if earlier.is_some() {
            Change::Replaced
        } else {
            Change::Added
        })
    }

    /// Removes a login.
    pub fn remove(&self, name: &str) -> Result<(), Error> {
        let (key, _lock) = self.lock()?;
        let mut logins = self.read_with(&key)?.ok_or_else(|| Error::NoFile {
            path: self.path.clone(),
        })?;
        if logins.remove(name).is_none() {
            return Err(Error::Unknown(name.to_owned()));
        }
        self.write(&logins, &key)
    }

    /// Reads the key and keeps other writers out until the file that comes with it is dropped.
    fn lock(&self) -> Result<(Key, File), Error> {
        let (key, file) = self.key.read()?;
        file.lock().map_err(|source| Error::ReadKey {
            path: self.key.path().to_owned(),
            source,
        })?;
        Ok((key, file))
    }

    fn read_with(&self, key: &Key) -> Result<Option<Logins>, Error> {
        let failed = |source| Error::Read {
            path: self.path.clone(),
            source,
        };
        let file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let mut content = Vec::new();
        file.take(FILE_MAX_BYTES + 1)
            .read_to_end(&mut content)
            .map_err(failed)?;
        if content.len() as u64 > FILE_MAX_BYTES {
            return Err(Error::Format {
                path: self.path.clone(),
                reason: "it is too large",
            });
        }
        seal::open(&content, key, &self.path, self.key.path()).map(Some)
    }

    fn write(&self, logins: &Logins, key: &Key) -> Result<(), Error> {
        let content = seal::seal(logins, key)?;
        whole_file::replace(&self.path, &content).map_err(|source| Error::Write {
            path: self.path.clone(),
            source,
        })
    }
}
