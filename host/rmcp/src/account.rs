//! Who opens a session: user, password and, where a BMC has one, its own key.

use std::fmt;

use zeroize::Zeroizing;

/// The longest name of a user, in bytes (section 22.28).
pub const USER_MAX_BYTES: usize = 16;
/// The length of a password and of a BMC key, in bytes (sections 22.30 and 13.33); shorter ones are filled with zeroes.
pub const KEY_BYTES: usize = 20;

/// Why nobody can log in with this over IPMI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// The name is too long.
    #[error("the user's name has more than {USER_MAX_BYTES} bytes, which IPMI 2.0 does not take")]
    User,
    /// The password is too long.
    #[error("the password has more than {KEY_BYTES} bytes, which IPMI 2.0 does not take")]
    Password,
    /// The BMC key is too long.
    #[error("the BMC key (Kg) has more than {KEY_BYTES} bytes")]
    BmcKey,
    /// The key begins with `0x` and goes on with something else than pairs of hexadecimal digits.
    #[error("a BMC key (Kg) that begins with 0x goes on with pairs of hexadecimal digits")]
    HexKey,
}

/// A key of twenty bytes, wiped when dropped and never shown.
#[derive(Clone)]
pub(crate) struct Key(Zeroizing<[u8; KEY_BYTES]>);

impl Key {
    fn of(text: &[u8]) -> Option<Self> {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        key.get_mut(..text.len())?.copy_from_slice(text);
        Some(Self(key))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.as_slice()
    }
}

/// The key K<sub>g</sub> that some BMCs share with their users, beside each user's password (section 13.33).
#[derive(Clone)]
pub struct BmcKey(Key);

impl BmcKey {
    /// A key of at most [`KEY_BYTES`] bytes; a shorter one is filled with zeroes.
    pub fn new(bytes: &[u8]) -> Result<Self, AccountError> {
        Key::of(bytes).map(Self).ok_or(AccountError::BmcKey)
    }

    /// A key as people write it: its characters, or `0x` and its bytes in hexadecimal digits.
    pub fn from_text(text: &str) -> Result<Self, AccountError> {
        let Some(digits) = text.strip_prefix("0x") else {
            return Self::new(text.as_bytes());
        };
        let mut bytes = Zeroizing::new(Vec::with_capacity(digits.len() / 2));
        for pair in digits.as_bytes().chunks(2) {
            let [high, low] = *pair else {
                return Err(AccountError::HexKey);
            };
            let digit = |digit: u8| {
                char::from(digit)
                    .to_digit(16)
                    .and_then(|value| u8::try_from(value).ok())
            };
            let (Some(high), Some(low)) = (digit(high), digit(low)) else {
                return Err(AccountError::HexKey);
            };
            bytes.push(high << 4 | low);
        }
        Self::new(&bytes)
    }
}

impl fmt::Debug for BmcKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BmcKey(redacted)")
    }
}

/// A user with a password.
#[derive(Clone)]
pub struct Account {
    user: String,
    password: Key,
    bmc_key: Option<BmcKey>,
}

impl Account {
    /// An account; longer texts than IPMI takes are refused, never cut.
    pub fn new(user: &str, password: &[u8], bmc_key: Option<BmcKey>) -> Result<Self, AccountError> {
        if user.len() > USER_MAX_BYTES {
            return Err(AccountError::User);
        }
        Ok(Self {
            user: user.to_owned(),
            password: Key::of(password).ok_or(AccountError::Password)?,
            bmc_key,
        })
    }

    pub(crate) fn user(&self) -> &[u8] {
        self.user.as_bytes()
    }

    /// K<sub>UID</sub>: with it the two sides prove themselves.
    pub(crate) fn user_key(&self) -> &Key {
        &self.password
    }

    /// K<sub>g</sub>, or K<sub>UID</sub> where there is none: from it the keys of the session come.
    pub(crate) fn session_key(&self) -> &Key {
        self.bmc_key.as_ref().map_or(&self.password, |key| &key.0)
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("user", &self.user)
            .field("bmc_key", &self.bmc_key)
            .finish_non_exhaustive()
    }
}
