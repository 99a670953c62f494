//! The name of a component: an xname or a plain name.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::id::Xname;
use crate::natural::natural_cmp;

/// The longest name, in bytes.
pub const NAME_MAX_BYTES: usize = 128;

/// Why a text is no name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The text is empty.
    #[error("a name must not be empty")]
    Empty,
    /// The text is longer than [`NAME_MAX_BYTES`].
    #[error("a name of {bytes} bytes is longer than {NAME_MAX_BYTES}")]
    TooLong {
        /// The length of the text.
        bytes: usize,
    },
    /// The text holds a character that no name may hold.
    #[error("a name holds letters, digits, '.', '_', ':' and '-' only, not {found:?}")]
    Character {
        /// The first such character.
        found: char,
    },
}

/// A component's name: 1 to [`NAME_MAX_BYTES`] ASCII letters, digits, `.`, `_`, `:` and `-`, case-sensitive.
///
/// Names are ordered naturally ([`natural_cmp`]). Cloning is cheap.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Name(Arc<str>);

impl Name {
    /// Reads a name; nothing is normalised.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.is_empty() {
            return Err(Error::Empty);
        }
        if text.len() > NAME_MAX_BYTES {
            return Err(Error::TooLong { bytes: text.len() });
        }
        match text.chars().find(|c| !is_name_character(*c)) {
            Some(found) => Err(Error::Character { found }),
            None => Ok(Self(text.into())),
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as an xname, if it is one.
    pub fn xname(&self) -> Option<Xname> {
        Xname::parse(&self.0).ok()
    }
}

/// Whether a name may hold this character.
pub(crate) fn is_name_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | ':' | '-')
}

impl From<&Xname> for Name {
    fn from(xname: &Xname) -> Self {
        Self(xname.as_str().into())
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({})", self.0)
    }
}

impl FromStr for Name {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}

impl AsRef<str> for Name {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        natural_cmp(&self.0, &other.0)
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
