//! Random texts that open something, and what is kept of them.

use sha2::{Digest as _, Sha256};
use switchyard_store::AccessTokenId;
use switchyard_store::token::{TOKEN_HASH_BYTES, TOKEN_ID_CHARS};
use switchyard_transport::Secret;
use zeroize::Zeroizing;

/// What every token begins with, so that scanners of source code find those that leaked.
pub const PREFIX: &str = "swy_";
/// The randomness in a secret, in bytes.
const SECRET_BYTES: usize = 32;

/// The hash of a secret. A secret of 256 random bits needs no slow hash.
pub(super) type Hash = [u8; TOKEN_HASH_BYTES];

/// Random bytes in hexadecimal digits.
pub(super) fn random_digits(bytes: usize) -> Result<Zeroizing<String>, getrandom::Error> {
    let mut random = Zeroizing::new(vec![0; bytes]);
    getrandom::fill(&mut random)?;
    let mut text = Zeroizing::new(String::with_capacity(2 * bytes));
    for byte in random.iter() {
        for digit in [byte >> 4, byte & 15] {
            text.extend(char::from_digit(digit.into(), 16));
        }
    }
    Ok(text)
}

/// A new secret.
pub(super) fn fresh_secret() -> Result<Zeroizing<String>, getrandom::Error> {
    random_digits(SECRET_BYTES)
}

pub(super) fn hash(secret: &str) -> Hash {
    Sha256::digest(secret.as_bytes()).into()
}

/// The text that a holder presents: prefix, id, secret.
pub(super) fn token_text(id: &AccessTokenId, secret: &str) -> Secret {
    Secret::new(format!("{PREFIX}{id}_{secret}"))
}

/// The id and the secret in the text of a token.
pub(super) fn split(text: &str) -> Option<(AccessTokenId, &str)> {
    let (id, secret) = text.strip_prefix(PREFIX)?.split_once('_')?;
    let sound = id.len() == TOKEN_ID_CHARS && secret.len() == 2 * SECRET_BYTES;
    Some((id.parse().ok()?, secret)).filter(|_| sound)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_back_and_others_are_not() {
        let id: AccessTokenId = "0123456789abcdef".parse().unwrap();
        let secret = fresh_secret().unwrap();
        let text = token_text(&id, &secret);
        assert_eq!(split(text.expose()), Some((id, secret.as_str())));
        assert_ne!(fresh_secret().unwrap(), secret);
        for bad in [
            "",
            "swy_",
            "swy_0123456789abcdef",
            "swy_0123456789abcdef_00",
            "swx_0123456789abcdef_00",
        ] {
            assert_eq!(split(bad), None, "{bad}");
        }
    }
}
