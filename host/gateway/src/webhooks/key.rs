//! The keys that messages are signed with.

use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::credentials::KeySource;

/// What every key begins with in its file (Standard Webhooks).
const PREFIX: &str = "whsec_";
/// The shortest key, in bytes.
const KEY_MIN_BYTES: usize = 24;
/// The longest key, in bytes.
const KEY_MAX_BYTES: usize = 64;
/// The longest file of a key, in bytes: the prefix, the longest key in base64, and a line end.
const FILE_MAX_BYTES: usize = 128;

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read.
    #[error("the signing key {} cannot be read", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Others may read the file.
    #[error("the signing key {path} has mode {mode:04o}; run `chmod 600 {path}` so that nobody else can read it", path = .path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// The file holds something else.
    #[error(
        "{} holds no signing key: it must be `{PREFIX}` and {KEY_MIN_BYTES} to {KEY_MAX_BYTES} bytes in base64, as made by \
         `echo whsec_$(openssl rand -base64 32)`", .path.display()
    )]
    NotAKey {
        /// The file.
        path: PathBuf,
    },
}

/// A key of HMAC-SHA256.
#[derive(Clone)]
pub(super) struct SigningKey(Zeroizing<Vec<u8>>);

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(redacted)")
    }
}

impl SigningKey {
    /// Reads a key from its file. Blocks.
    pub(super) fn read(source: &KeySource) -> Result<Self, KeyError> {
        let path = source.path();
        let failed = |source| KeyError::Read {
            path: path.to_owned(),
            source,
        };
        let file = File::open(path).map_err(failed)?;
        let mode = file.metadata().map_err(failed)?.mode() & 0o7777;
        if matches!(source, KeySource::File(_)) && mode & 0o077 != 0 {
            return Err(KeyError::Exposed {
                path: path.to_owned(),
                mode,
            });
        }
        let mut text = Zeroizing::new(String::with_capacity(FILE_MAX_BYTES));
        let not_a_key = || KeyError::NotAKey {
            path: path.to_owned(),
        };
        match file.take(FILE_MAX_BYTES as u64).read_to_string(&mut text) {
            Ok(_) => Self::parse(text.trim_ascii_end()).ok_or_else(not_a_key),
            Err(error) if error.kind() == std::io::ErrorKind::InvalidData => Err(not_a_key()),
            Err(error) => Err(failed(error)),
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(STANDARD.decode(text.strip_prefix(PREFIX)?).ok()?);
        (KEY_MIN_BYTES..=KEY_MAX_BYTES)
            .contains(&bytes.len())
            .then_some(Self(bytes))
    }

    fn sign(&self, message: &str, timestamp: i64, body: &str) -> Option<String> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        for part in [message, ".", &timestamp.to_string(), ".", body] {
            mac.update(part.as_bytes());
        }
        Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
    }
}

/// The keys of one receiver: the present one, and while it is being replaced the former one.
#[derive(Debug, Clone)]
pub(super) struct Signer {
    keys: Vec<SigningKey>,
}

impl Signer {
    /// Reads the keys from their files. Blocks.
    pub(super) fn read(present: &KeySource, former: Option<&KeySource>) -> Result<Self, KeyError> {
        let keys = std::iter::once(present)
            .chain(former)
            .map(SigningKey::read)
            .collect::<Result<_, _>>()?;
        Ok(Self { keys })
    }

    /// Signs with these keys.
    #[cfg(test)]
    pub(super) fn of(keys: Vec<SigningKey>) -> Self {
        Self { keys }
    }

    /// The header `webhook-signature`: one signature for each key. `timestamp` is in seconds.
    pub(super) fn sign(&self, message: &str, timestamp: i64, body: &str) -> String {
        let signatures: Vec<String> = self
            .keys
            .iter()
            .filter_map(|key| key.sign(message, timestamp, body))
            .collect();
        signatures.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// The example of the Standard Webhooks specification and of its reference libraries.
    const PUBLISHED: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    fn signer(keys: &[&str]) -> Signer {
        Signer {
            keys: keys.iter().map(|key| SigningKey::parse(key).unwrap()).collect(),
        }
    }

    #[test]
    fn a_signature_is_the_published_one() {
        let signature = signer(&[PUBLISHED]).sign(
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            r#"{"test": 2432232314}"#,
        );
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn while_a_key_is_replaced_there_are_two_signatures() {
        let other = format!("whsec_{}", STANDARD.encode([7; 32]));
        let both = signer(&[&other, PUBLISHED]).sign("m", 1, "{}");
        let [first, second] = [&other, PUBLISHED].map(|key| signer(&[key]).sign("m", 1, "{}"));
        assert_eq!(both, format!("{first} {second}"));
        assert_ne!(first, second);
    }

    #[test]
    fn only_keys_of_a_fair_length_are_taken() {
        for (bytes, taken) in [(0, false), (23, false), (24, true), (64, true), (65, false)] {
            let text = format!("whsec_{}", STANDARD.encode(vec![1; bytes]));
            assert_eq!(SigningKey::parse(&text).is_some(), taken, "{bytes}");
        }
        for text in ["", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_!!!!"] {
            assert!(SigningKey::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_key_is_never_shown() {
        let shown = format!("{:?}", signer(&[PUBLISHED]));
        assert_eq!(shown, "Signer { keys: [SigningKey(redacted)] }");
    }

    #[test]
    fn a_file_that_others_can_read_or_that_holds_no_key_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let source = KeySource::File(path.clone());
        let mode = |mode| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        assert!(matches!(SigningKey::read(&source), Err(KeyError::Read { .. })));
        std::fs::write(&path, format!("{PUBLISHED}\n")).unwrap();
        mode(0o640);
        let error = SigningKey::read(&source).unwrap_err();
        assert!(matches!(error, KeyError::Exposed { .. }), "{error}");
        assert!(SigningKey::read(&KeySource::Systemd(path.clone())).is_ok());
        mode(0o600);
        assert!(SigningKey::read(&source).is_ok());
        std::fs::write(&path, "hunter2").unwrap();
        let error = SigningKey::read(&source).unwrap_err();
        assert!(matches!(error, KeyError::NotAKey { .. }));
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}
