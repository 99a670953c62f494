//! Compiled components, kept on disk, so that a start compiles nothing.
//!
//! What is kept is machine code that the engine runs as it is, and loading changed code is undefined behaviour. So every entry carries a
//! MAC under a key that only this folder holds, over the code and what it was made from. What does not bear the MAC is compiled anew;
//! code from elsewhere is never taken. The folder is private, and an entry is read into memory before it is checked.

use std::fs::{self, File};
use std::hash::{Hash, Hasher};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use ring::hmac;
use ring::rand::{SecureRandom as _, SystemRandom};
use sha2::{Digest as _, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;
use zeroize::Zeroizing;

use crate::digest::ComponentDigest;
use crate::hex;
use crate::private::{self, FolderError};

/// What all entries together may take, in bytes: about ten drivers in Python or a thousand in Rust.
pub const AOT_CACHE_BYTES: u64 = 512 << 20;
/// The most entries.
pub const AOT_CACHE_ENTRIES: usize = 256;
/// The largest entry that is read, in bytes.
const ENTRY_MAX_BYTES: u64 = 256 << 20;
/// What every entry begins with; the MAC and the code follow.
const MAGIC: &[u8; 16] = b"switchyard-aot-1";
/// The length of a MAC of HMAC-SHA-256, in bytes.
const MAC_BYTES: usize = 32;
/// The length of the key, in bytes.
const KEY_BYTES: usize = 32;
/// The name of the key's file.
const KEY_FILE: &str = "key";
/// What was not written to for so long, nobody writes any more.
const WRITING_MAX: Duration = Duration::from_mins(10);
/// How the names of entries end.
const EXTENSION: &str = "cwasm";

/// How the machine code of a driver came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compilation {
    /// Whether it was read from the cache.
    pub cached: bool,
    /// How long compiling or reading took.
    pub took: Duration,
}

/// The folder of compiled components.
#[derive(Debug)]
pub struct AotCache {
    folder: PathBuf,
    key: hmac::Key,
    bytes_max: u64,
    /// Held while a component is compiled, which takes all cores already.
    compiling: Mutex<()>,
}

/// What an entry is made from, which is what it is found by.
struct Entry {
    component: ComponentDigest,
    /// The engine with its version, target and settings.
    engine: [u8; 32],
}

impl AotCache {
    /// Opens the folder and makes it and its key where they are missing. Refuses a folder that others may write.
    pub fn open(folder: &Path) -> Result<Self, FolderError> {
        private::folder(folder)?;
        let failed = |source| FolderError::Io {
            path: folder.to_owned(),
            source,
        };
        remove_unfinished(folder).map_err(failed)?;
        let key = key(folder).map_err(failed)?;
        Ok(Self {
            folder: folder.to_owned(),
            key: hmac::Key::new(hmac::HMAC_SHA256, key.as_ref()),
            bytes_max: AOT_CACHE_BYTES,
            compiling: Mutex::default(),
        })
    }

    /// The machine code of a component, compiled unless it is kept. Only what the engine cannot compile is an error: a cache that
    /// cannot be read or written costs time and nothing else.
    pub(crate) fn component(
        &self,
        engine: &Engine,
        component: &[u8],
    ) -> wasmtime::Result<(Component, Compilation)> {
        let begun = Instant::now();
        let entry = Entry::of(engine, component);
        let cached = |kept| (kept, done(begun, true));
        if let Some(kept) = self.load(engine, &entry) {
            return Ok(cached(kept));
        }
        let _alone = self.compiling.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever held the lock may have compiled the same component.
        if let Some(kept) = self.load(engine, &entry) {
            return Ok(cached(kept));
        }
        let begun = Instant::now();
        let compiled = Component::from_binary(engine, component)?;
        let made = done(begun, false);
        match compiled.serialize() {
            Ok(code) => self.keep(&entry, &code),
            Err(error) => {
                tracing::warn!(error = format!("{error:#}"), "compiled driver not kept");
            }
        }
        Ok((compiled, made))
    }

    /// The kept code of a component, when it is there and whole.
    fn load(&self, engine: &Engine, entry: &Entry) -> Option<Component> {
        let path = self.folder.join(entry.file_name());
        let (code, file) = match read(&path) {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "compiled driver cannot be read; it is compiled anew");
                return None;
            }
        };
        let kept = self
            .open_entry(entry, &code)
            .and_then(|code| deserialize(engine, code).ok());
        if kept.is_none() {
            tracing::warn!(path = %path.display(), "compiled driver is damaged or not of this cache; it is compiled anew");
            return None;
        }
        // The time of the last use decides what is removed first; a file system that keeps none makes it the oldest.
        drop(file.set_modified(SystemTime::now()));
        kept
    }

    /// The code of an entry, when the MAC is right.
    fn open_entry<'c>(&self, entry: &Entry, content: &'c [u8]) -> Option<&'c [u8]> {
        let rest = content.strip_prefix(MAGIC)?;
        let (mac, code) = rest.split_at_checked(MAC_BYTES)?;
        hmac::verify(&self.key, &entry.authenticated(code), mac).ok()?;
        Some(code)
    }

    fn keep(&self, entry: &Entry, code: &[u8]) {
        let mac = hmac::sign(&self.key, &entry.authenticated(code));
        let path = self.folder.join(entry.file_name());
        let kept = private::replace(&path, &[MAGIC, mac.as_ref(), code]).and_then(|()| self.prune(&path));
        if let Err(error) = kept {
            tracing::warn!(path = %path.display(), %error, "compiled driver not kept");
        }
    }

    /// Removes what was used longest ago until the rest is within limits. The newest entry stays.
    fn prune(&self, newest: &Path) -> io::Result<()> {
        let mut entries = Vec::new();
        for file in fs::read_dir(&self.folder)? {
            let path = file?.path();
            if path.extension().is_some_and(|extension| extension == EXTENSION) && path != newest {
                // Another service with this folder may have removed it meanwhile.
                if let Ok(metadata) = fs::metadata(&path) {
                    entries.push((metadata.modified()?, metadata.len(), path));
                }
            }
        }
        entries.sort();
        let mut count = entries.len() + 1;
        let mut bytes = fs::metadata(newest)?.len() + entries.iter().map(|(_, len, _)| len).sum::<u64>();
        for (_, len, path) in entries {
            if count <= AOT_CACHE_ENTRIES && bytes <= self.bytes_max {
                break;
            }
            remove(&path)?;
            count -= 1;
            bytes -= len;
        }
        Ok(())
    }
}

impl Entry {
    fn of(engine: &Engine, component: &[u8]) -> Self {
        let mut fingerprint = Fingerprint(Sha256::new());
        engine.precompile_compatibility_hash().hash(&mut fingerprint);
        Self {
            component: ComponentDigest::of(component),
            engine: fingerprint.0.finalize().into(),
        }
    }

    fn file_name(&self) -> String {
        let engine = hex::encode(&self.engine);
        let (engine, _) = engine.split_at(16);
        format!("{}-{engine}.{EXTENSION}", self.component)
    }

    /// What the MAC is over: digests of fixed length, then the digest of the code.
    fn authenticated(&self, code: &[u8]) -> Vec<u8> {
        let code: [u8; 32] = Sha256::digest(code).into();
        [MAGIC.as_slice(), &self.component.0, &self.engine, &code].concat()
    }
}

/// A hash whose value is that of SHA-256 over what is hashed.
struct Fingerprint(Sha256);

impl Hasher for Fingerprint {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        0
    }
}

fn done(begun: Instant, cached: bool) -> Compilation {
    Compilation {
        cached,
        took: begun.elapsed(),
    }
}

#[expect(
    unsafe_code,
    reason = "the MAC says that these bytes are what this engine's `serialize` gave"
)]
fn deserialize(engine: &Engine, code: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: the only caller has checked a MAC over the code whose key never leaves the private folder of the cache, so that the
    // bytes are those which `Component::serialize` returned. They are in memory and cannot change any more. The engine itself refuses
    // code of another version or with other settings.
    unsafe { Component::deserialize(engine, code) }
}

/// Reads an entry, with its open file.
fn read(path: &Path) -> io::Result<(Vec<u8>, File)> {
    let file = File::open(path)?;
    let mut content = Vec::new();
    (&file).take(ENTRY_MAX_BYTES + 1).read_to_end(&mut content)?;
    if content.len() as u64 > ENTRY_MAX_BYTES {
        return Err(io::Error::other(format!(
            "the file is larger than {ENTRY_MAX_BYTES} bytes"
        )));
    }
    Ok((content, file))
}

/// The key of the folder. One that is missing or damaged is made anew, and with it every entry.
fn key(folder: &Path) -> io::Result<Zeroizing<[u8; KEY_BYTES]>> {
    let path = folder.join(KEY_FILE);
    if let Some(key) = read_key(&path)? {
        return Ok(key);
    }
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    SystemRandom::new()
        .fill(key.as_mut())
        .map_err(|_| io::Error::other("the system gives no random bytes"))?;
    match private::create(&path, &[key.as_ref()]) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        made => return made.map(|()| key),
    }
    // Another service with this folder was faster, and its key is the one of the entries; or the key is damaged.
    if let Some(key) = read_key(&path)? {
        return Ok(key);
    }
    private::replace(&path, &[key.as_ref()]).map(|()| key)
}

/// The key that is kept, unless it is missing or damaged.
fn read_key(path: &Path) -> io::Result<Option<Zeroizing<[u8; KEY_BYTES]>>> {
    match fs::read(path).map(Zeroizing::new) {
        Ok(found) => Ok(<[u8; KEY_BYTES]>::try_from(found.as_slice())
            .ok()
            .map(Zeroizing::new)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Removes what killed processes left half written, and not what another service with this folder is writing.
fn remove_unfinished(folder: &Path) -> io::Result<()> {
    for file in fs::read_dir(folder)? {
        let path = file?.path();
        if path.to_string_lossy().ends_with(private::UNFINISHED) && is_left(&path) {
            remove(&path)?;
        }
    }
    Ok(())
}

/// Whether nobody can be writing a file any more.
fn is_left(path: &Path) -> bool {
    fs::metadata(path)
        .and_then(|file| file.modified())
        .is_ok_and(|at| at.elapsed().is_ok_and(|age| age >= WRITING_MAX))
}

/// Removes a file that another service with this folder may have removed already.
fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

#[cfg(test)]
mod tests;
