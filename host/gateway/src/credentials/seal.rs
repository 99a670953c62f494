//! The form of the credential file.
//!
//! ```text
//! switchyard-credentials v1\n     26 bytes
//! key id                           8 bytes, tells "another key" from "damaged"
//! nonce                           24 bytes, fresh and random for every writing
//! ciphertext and tag              XChaCha20-Poly1305 over the JSON of the logins; everything before the nonce is associated data
//! ```

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{Key as CipherKey, KeyInit as _, XChaCha20Poly1305, XNonce};
use serde::{Deserialize, Serialize};
use switchyard_transport::{Login, Secret};
use zeroize::Zeroizing;

use super::key::{KEY_ID_BYTES, Key};
use super::{Error, Logins};

const MAGIC: &[u8] = b"switchyard-credentials v";
const VERSION_1: &[u8] = b"1\n";
const NONCE_BYTES: usize = 24;

/// The logins as they are written. Passwords are moved into [`Secret`] at once.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredLogins {
    logins: BTreeMap<String, StoredLogin>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredLogin {
    user: String,
    password: String,
    /// The key of an IPMI BMC itself.
    #[serde(default)]
    bmc_key: Option<String>,
}

#[derive(Serialize)]
struct LoginsToStore<'a> {
    logins: BTreeMap<&'a str, LoginToStore<'a>>,
}

#[derive(Serialize)]
struct LoginToStore<'a> {
    user: &'a str,
    password: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    bmc_key: Option<&'a str>,
}

/// Encrypts logins into the content of a file.
pub(super) fn seal(logins: &Logins, key: &Key) -> Result<Vec<u8>, Error> {
    seal_text(&encode(logins)?, key)
}

/// Encrypts the text of logins.
pub(super) fn seal_text(plaintext: &[u8], key: &Key) -> Result<Vec<u8>, Error> {
    let mut nonce = [0; NONCE_BYTES];
    getrandom::fill(&mut nonce).map_err(Error::Random)?;
    let mut content = [MAGIC, VERSION_1, &key.id()].concat();
    let payload = Payload {
        msg: plaintext,
        aad: &content,
    };
    let ciphertext = cipher(key)
        .encrypt(&XNonce::from(nonce), payload)
        .map_err(|_| Error::Encrypt)?;
    content.extend_from_slice(&nonce);
    content.extend_from_slice(&ciphertext);
    Ok(content)
}

/// Decrypts the content of a file. The paths are for errors.
pub(super) fn open(content: &[u8], key: &Key, path: &Path, key_path: &Path) -> Result<Logins, Error> {
    let format = |reason| Error::Format {
        path: path.to_owned(),
        reason,
    };
    let rest = content
        .strip_prefix(MAGIC)
        .ok_or_else(|| format("it begins otherwise"))?;
    let rest = rest
        .strip_prefix(VERSION_1)
        .ok_or_else(|| format("it is of a later version"))?;
    let (key_id, rest) = rest
        .split_first_chunk::<KEY_ID_BYTES>()
        .ok_or_else(|| format("it is cut off"))?;
    let (nonce, ciphertext) = rest
        .split_first_chunk::<NONCE_BYTES>()
        .ok_or_else(|| format("it is cut off"))?;
    if *key_id != key.id() {
        return Err(Error::OtherKey {
            path: path.to_owned(),
            key: key_path.to_owned(),
        });
    }
    let associated = [MAGIC, VERSION_1, key_id].concat();
    let plaintext = cipher(key)
        .decrypt(
            &XNonce::from(*nonce),
            Payload {
                msg: ciphertext,
                aad: &associated,
            },
        )
        .map(Zeroizing::new)
        .map_err(|_| Error::Damaged {
            path: path.to_owned(),
        })?;
    // The decoder's own words could repeat a password.
    decode(&plaintext).ok_or_else(|| format("its logins are written otherwise"))
}

fn cipher(key: &Key) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&CipherKey::from(*key.bytes()))
}

fn encode(logins: &Logins) -> Result<Zeroizing<Vec<u8>>, Error> {
    let texts = |(name, login): (&String, &Arc<Login>)| {
        let key = login.bmc_key().map_or(0, |key| key.expose().len());
        name.len() + login.user.len() + login.password().expose().len() + key
    };
    // Escapes make a character six times as long at most. A buffer that never grows leaves no copy behind.
    let room = logins.iter().map(texts).sum::<usize>() * 6 + logins.len() * 96 + 64;
    let mut bytes = Zeroizing::new(Vec::with_capacity(room));
    let stored = logins.iter().map(|(name, login)| {
        (
            name.as_str(),
            LoginToStore {
                user: &login.user,
                password: login.password().expose(),
                bmc_key: login.bmc_key().map(Secret::expose),
            },
        )
    });
    let document = LoginsToStore {
        logins: stored.collect(),
    };
    serde_json::to_writer(&mut *bytes, &document).map_err(|_| Error::Encrypt)?;
    Ok(bytes)
}

fn decode(plaintext: &[u8]) -> Option<Logins> {
    let stored: StoredLogins = serde_json::from_slice(plaintext).ok()?;
    let login = |(name, stored): (String, StoredLogin)| {
        let login = Login::new(stored.user, Secret::new(stored.password));
        let login = match stored.bmc_key {
            Some(key) => login.with_bmc_key(Secret::new(key)),
            None => login,
        };
        (name, Arc::new(login))
    };
    Some(stored.logins.into_iter().map(login).collect())
}
