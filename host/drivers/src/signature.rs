//! Who made a driver: Ed25519 signatures (RFC 8032) over its manifest and the digest of its component.
//!
//! The signature is detached, in a file `driver.sig` of one line. It names its key, so that a refusal can say which key is missing.

use std::fmt;
use std::str::FromStr;

use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::digest::ComponentDigest;
use crate::hex;

/// What every signed message begins with, so that a signature says nothing about anything else.
const DOMAIN: &[u8] = b"switchyard driver signature v1\0";
/// What every secret key begins with; the digits of the seed follow.
const SECRET_PREFIX: &str = "switchyard-driver-key-v1:";
/// What every public key begins with; the digits follow.
const PUBLIC_PREFIX: &str = "ed25519:";
/// What every signature begins with; the key's id and the digits follow.
const SIGNATURE_PREFIX: &str = "switchyard-driver-signature-v1:";
/// The length of a key's id, in bytes.
const KEY_ID_BYTES: usize = 8;
/// The longest `driver.sig`, in bytes.
pub(crate) const SIGNATURE_MAX_BYTES: usize = 1024;

/// Tells one key from another.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId([u8; KEY_ID_BYTES]);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(&self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// A text that is no key or signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// It is no public key.
    #[error(
        "a public key is written \"ed25519:\" and 64 hexadecimal digits, as `switchyardd drivers keygen` prints it"
    )]
    Public,
    /// It is no secret key.
    #[error("the file holds no secret key: make one with `switchyardd drivers keygen`")]
    Secret,
    /// The system gives no random bytes.
    #[error("the system gives no random bytes")]
    Random,
}

/// A public key: what an operator trusts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// Its id.
    pub fn id(&self) -> KeyId {
        let digest = Sha256::new()
            .chain_update(b"switchyard driver key id\0")
            .chain_update(self.0)
            .finalize();
        let mut id = [0; KEY_ID_BYTES];
        for (place, byte) in id.iter_mut().zip(digest) {
            *place = byte;
        }
        KeyId(id)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PUBLIC_PREFIX}{}", hex::encode(&self.0))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

impl FromStr for PublicKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        text.trim()
            .strip_prefix(PUBLIC_PREFIX)
            .and_then(hex::decode)
            .map(Self)
            .ok_or(KeyError::Public)
    }
}

/// A secret key: what a maker of drivers signs with.
pub struct SigningKey {
    seed: Zeroizing<[u8; 32]>,
    pair: Ed25519KeyPair,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.public().id())
    }
}

impl SigningKey {
    /// A fresh key.
    pub fn generate() -> Result<Self, KeyError> {
        let mut seed = Zeroizing::new([0; 32]);
        SystemRandom::new()
            .fill(seed.as_mut())
            .map_err(|_| KeyError::Random)?;
        Self::of(seed)
    }

    /// Reads what [`SigningKey::encode`] gave.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let digits = text.trim().strip_prefix(SECRET_PREFIX);
        let seed = digits.and_then(hex::decode).ok_or(KeyError::Secret)?;
        Self::of(Zeroizing::new(seed))
    }

    fn of(seed: Zeroizing<[u8; 32]>) -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed.as_ref()).map_err(|_| KeyError::Secret)?;
        Ok(Self { seed, pair })
    }

    /// The content of its file.
    pub fn encode(&self) -> Zeroizing<String> {
        let digits = Zeroizing::new(hex::encode(self.seed.as_ref()));
        Zeroizing::new(format!("{SECRET_PREFIX}{}\n", digits.as_str()))
    }

    /// The key that operators trust.
    pub fn public(&self) -> PublicKey {
        let mut bytes = [0; 32];
        for (place, byte) in bytes.iter_mut().zip(self.pair.public_key().as_ref()) {
            *place = *byte;
        }
        PublicKey(bytes)
    }

    /// Signs a driver.
    pub fn sign(&self, manifest: &str, component: &ComponentDigest) -> Signature {
        let mut bytes = [0; 64];
        let signed = self.pair.sign(&message(manifest, component));
        for (place, byte) in bytes.iter_mut().zip(signed.as_ref()) {
            *place = *byte;
        }
        Signature {
            key: self.public().id(),
            bytes,
        }
    }
}

/// A signature of a driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signature {
    key: KeyId,
    bytes: [u8; 64],
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SIGNATURE_PREFIX}{}:{}", self.key, hex::encode(&self.bytes))
    }
}

impl FromStr for Signature {
    type Err = SignatureError;

    fn from_str(text: &str) -> Result<Self, SignatureError> {
        let rest = text.trim().strip_prefix(SIGNATURE_PREFIX);
        let parts = rest.and_then(|rest| rest.split_once(':'));
        let read = parts.and_then(|(key, bytes)| Some((hex::decode(key)?, hex::decode(bytes)?)));
        let (key, bytes) = read.ok_or(SignatureError::Malformed)?;
        Ok(Self {
            key: KeyId(key),
            bytes,
        })
    }
}

/// Why a signature is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// It is no signature.
    #[error("driver.sig is not what `switchyardd drivers sign` writes: sign the driver anew")]
    Malformed,
    /// Nobody trusts the key.
    #[error(
        "the key {0} that signed it is not trusted: add the public key of its maker to drivers.trusted_keys, if you trust them"
    )]
    UnknownKey(KeyId),
    /// The signature is of other files.
    #[error(
        "its signature by the key {0} does not fit driver.toml and driver.wasm: one of the files was changed after signing, so get all three again from their maker"
    )]
    Wrong(KeyId),
}

impl Signature {
    /// Checks the signature of a driver under the trusted key that it names.
    pub fn verify(
        &self,
        trusted: &[PublicKey],
        manifest: &str,
        component: &ComponentDigest,
    ) -> Result<KeyId, SignatureError> {
        let key = trusted
            .iter()
            .find(|key| key.id() == self.key)
            .ok_or(SignatureError::UnknownKey(self.key))?;
        UnparsedPublicKey::new(&ED25519, key.0)
            .verify(&message(manifest, component), &self.bytes)
            .map_err(|_| SignatureError::Wrong(self.key))?;
        Ok(self.key)
    }
}

/// What is signed. The length keeps manifest and digest apart.
fn message(manifest: &str, component: &ComponentDigest) -> Vec<u8> {
    let length = (manifest.len() as u64).to_be_bytes();
    [DOMAIN, &length, manifest.as_bytes(), &component.0].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(byte: u8) -> ComponentDigest {
        ComponentDigest([byte; 32])
    }

    #[test]
    fn a_signature_holds_for_one_manifest_and_one_component() {
        let key = SigningKey::generate().unwrap();
        let trusted = [key.public()];
        let signature: Signature = key.sign("id = 1", &digest(1)).to_string().parse().unwrap();
        let id = key.public().id();
        assert_eq!(signature.verify(&trusted, "id = 1", &digest(1)), Ok(id));
        assert_eq!(
            signature.verify(&trusted, "id = 2", &digest(1)),
            Err(SignatureError::Wrong(id))
        );
        assert_eq!(
            signature.verify(&trusted, "id = 1", &digest(2)),
            Err(SignatureError::Wrong(id))
        );
        let other = SigningKey::generate().unwrap();
        for keys in [&[][..], &[other.public()]] {
            assert_eq!(
                signature.verify(keys, "id = 1", &digest(1)),
                Err(SignatureError::UnknownKey(id))
            );
        }
    }

    #[test]
    fn keys_go_through_their_files() {
        let key = SigningKey::generate().unwrap();
        let again = SigningKey::parse(&key.encode()).unwrap();
        assert_eq!(key.public(), again.public());
        assert_eq!(key.public().to_string().parse(), Ok(key.public()));
        assert!(!format!("{key:?}").contains(&hex::encode(key.seed.as_ref())));
        assert_eq!("ed25519:12".parse::<PublicKey>(), Err(KeyError::Public));
        assert_eq!(SigningKey::parse("garbage").unwrap_err(), KeyError::Secret);
        for bad in ["", "garbage", "switchyard-driver-signature-v1:00:00"] {
            assert_eq!(bad.parse::<Signature>(), Err(SignatureError::Malformed));
        }
    }

    /// RFC 8032, section 7.1, test 1: the seed gives this public key.
    #[test]
    fn the_key_of_a_seed_is_that_of_the_specification() {
        let seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
        let key = SigningKey::parse(&format!("{SECRET_PREFIX}{seed}")).unwrap();
        assert_eq!(
            key.public().to_string(),
            "ed25519:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
        );
    }
}
