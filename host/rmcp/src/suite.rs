//! Cipher suites and privilege levels.

use std::fmt;

/// A cipher suite (table 22-20) that this crate speaks. Their order is that of strength.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CipherSuite {
    /// Suite 3: RAKP-HMAC-SHA1, HMAC-SHA1-96, AES-CBC-128.
    Three,
    /// Suite 17: RAKP-HMAC-SHA256, HMAC-SHA256-128, AES-CBC-128.
    Seventeen,
}

impl CipherSuite {
    /// The suite's id.
    pub const fn id(self) -> u8 {
        match self {
            Self::Three => 3,
            Self::Seventeen => 17,
        }
    }

    /// The suite with this id, when this crate speaks it.
    pub const fn from_id(id: u8) -> Option<Self> {
        match id {
            3 => Some(Self::Three),
            17 => Some(Self::Seventeen),
            _ => None,
        }
    }

    pub(crate) const fn algorithms(self) -> Algorithms {
        match self {
            Self::Three => Algorithms {
                authentication: 1,
                integrity: 1,
                confidentiality: 1,
            },
            Self::Seventeen => Algorithms {
                authentication: 3,
                integrity: 4,
                confidentiality: 1,
            },
        }
    }

    /// The length of a key exchange code, in bytes (13.28).
    pub(crate) const fn digest_bytes(self) -> usize {
        match self {
            Self::Three => 20,
            Self::Seventeen => 32,
        }
    }

    /// The length of an integrity code, in bytes (13.28.4).
    pub(crate) const fn code_bytes(self) -> usize {
        match self {
            Self::Three => 12,
            Self::Seventeen => 16,
        }
    }
}

impl fmt::Display for CipherSuite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cipher suite {}", self.id())
    }
}

/// The algorithms of a session, by their numbers (tables 13-17 to 13-19).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Algorithms {
    pub(crate) authentication: u8,
    pub(crate) integrity: u8,
    pub(crate) confidentiality: u8,
}

impl fmt::Display for Algorithms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = [CipherSuite::Three, CipherSuite::Seventeen];
        match known.into_iter().find(|suite| suite.algorithms() == *self) {
            Some(suite) => suite.fmt(f),
            None => write!(
                f,
                "authentication {}, integrity {} and confidentiality {}",
                self.authentication, self.integrity, self.confidentiality
            ),
        }
    }
}

/// The privilege level that a session works with (section 6.8). Their order is that of power.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Privilege {
    /// May read.
    User,
    /// May read and control the chassis.
    Operator,
    /// May do everything.
    Administrator,
}

impl Privilege {
    pub(crate) const fn level(self) -> u8 {
        match self {
            Self::User => 2,
            Self::Operator => 3,
            Self::Administrator => 4,
        }
    }

    /// The level's word, as inventories write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Operator => "operator",
            Self::Administrator => "administrator",
        }
    }

    /// The level of this word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::User, Self::Operator, Self::Administrator]
            .into_iter()
            .find(|level| level.as_str() == word)
    }
}

impl fmt::Display for Privilege {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
