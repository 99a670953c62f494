//! Keys and signatures of drivers, for those who make them.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use switchyard_drivers::{ComponentDigest, KeyError, KeyId, LoadError, Package, PublicKey, SigningKey};
use zeroize::Zeroizing;

use crate::whole_file;

/// The longest file of a secret key, in bytes.
const KEY_FILE_MAX_BYTES: u64 = 1024;
/// The file of the signature.
const SIGNATURE: &str = "driver.sig";

/// Why a driver could not be signed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The key cannot be read or made.
    #[error("the key {} cannot be used", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: KeyError,
    },
    /// Others can read the key.
    #[error("the key {} is open to others (mode {mode:04o}): run `chmod 600` on it, and make a new one if others may have read it", path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// There is a file already.
    #[error("{} exists already; name another file, for a key that is lost cannot be made again", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// A file cannot be read or written.
    #[error("{} cannot be used", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The driver cannot be read.
    #[error("the driver cannot be signed")]
    Driver(#[source] LoadError),
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io { path, source }
}

/// Makes a key in a file that only its owner may read, and gives the public one. An existing file is never replaced.
pub fn keygen(path: &Path) -> Result<PublicKey, Error> {
    let key = SigningKey::generate().map_err(|source| Error::Key {
        path: path.to_owned(),
        source,
    })?;
    whole_file::create(path, key.encode().as_bytes()).map_err(|source| match source.kind() {
        ErrorKind::AlreadyExists => Error::Exists {
            path: path.to_owned(),
        },
        _ => failed(path)(source),
    })?;
    Ok(key.public())
}

/// Signs the driver of a folder: writes `driver.sig` beside its other files.
pub fn sign(folder: &Path, key: &Path) -> Result<KeyId, Error> {
    let key = read(key)?;
    let package = Package::read(folder).map_err(Error::Driver)?;
    package.manifest().map_err(|error| Error::Driver(error.into()))?;
    let signature = key.sign(&package.manifest, &ComponentDigest::of(&package.component));
    let path = folder.join(SIGNATURE);
    fs::write(&path, format!("{signature}\n")).map_err(failed(&path))?;
    Ok(key.public().id())
}

fn read(path: &Path) -> Result<SigningKey, Error> {
    let file = File::open(path).map_err(failed(path))?;
    let mode = file.metadata().map_err(failed(path))?.mode() & 0o7777;
    if mode & 0o077 != 0 {
        let path = path.to_owned();
        return Err(Error::Exposed { path, mode });
    }
    let mut text = Zeroizing::new(String::new());
    file.take(KEY_FILE_MAX_BYTES)
        .read_to_string(&mut text)
        .map_err(failed(path))?;
    SigningKey::parse(&text).map_err(|source| Error::Key {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_driver_is_signed_with_a_key_of_ones_own() {
        let top = tempfile::tempdir().unwrap();
        let key = top.path().join("maker.key");
        let public = keygen(&key).unwrap();
        assert_eq!(fs::metadata(&key).unwrap().mode() & 0o777, 0o600);
        assert!(matches!(keygen(&key), Err(Error::Exists { .. })));
        let folder = top.path().join("acme");
        fs::create_dir(&folder).unwrap();
        fs::write(
            folder.join("driver.toml"),
            "id = \"acme\"\nversion = \"1.0.0\"\nwit = \"0.1\"\n",
        )
        .unwrap();
        fs::write(folder.join("driver.wasm"), "component").unwrap();
        assert_eq!(sign(&folder, &key).unwrap(), public.id());
        let package = Package::read(&folder).unwrap();
        let signature: switchyard_drivers::Signature = package.signature.unwrap().parse().unwrap();
        let digest = ComponentDigest::of(&package.component);
        assert_eq!(
            signature.verify(&[public], &package.manifest, &digest),
            Ok(public.id())
        );
        fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
        let error = sign(&folder, &key).unwrap_err();
        assert!(error.to_string().contains("chmod 600"), "{error}");
    }

    #[test]
    fn what_is_no_driver_is_not_signed() {
        let top = tempfile::tempdir().unwrap();
        let key = top.path().join("maker.key");
        keygen(&key).unwrap();
        assert!(matches!(sign(top.path(), &key), Err(Error::Driver(_))));
        fs::write(&key, "garbage").unwrap();
        assert!(matches!(sign(top.path(), &key), Err(Error::Key { .. })));
    }
}
