//! Distinct types for everything that has an id, so that no two of them can be confused.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The longest name that a component or controller may have, in bytes.
pub const NAME_MAX_BYTES: usize = 128;

/// Why a text cannot be an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// The text is empty.
    #[error("a name must not be empty")]
    Empty,
    /// The text is longer than [`NAME_MAX_BYTES`].
    #[error("a name of {0} bytes is longer than {NAME_MAX_BYTES}")]
    TooLong(usize),
    /// The text holds a character that no name may hold.
    #[error("the name {0:?} holds a character other than letters, digits, '.', '_', ':' and '-'")]
    Character(String),
    /// The text is no UUID.
    #[error("{0:?} is not a UUID")]
    NotAUuid(String),
}

fn check_name(text: &str) -> Result<(), IdError> {
    if text.is_empty() {
        return Err(IdError::Empty);
    }
    if text.len() > NAME_MAX_BYTES {
        return Err(IdError::TooLong(text.len()));
    }
    if text
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b':' | b'-'))
    {
        Ok(())
    } else {
        Err(IdError::Character(text.to_owned()))
    }
}

macro_rules! name_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// Parses a name of at most [`NAME_MAX_BYTES`] letters, digits, `.`, `_`, `:` and `-`.
            pub fn parse(text: &str) -> Result<Self, IdError> {
                check_name(text)?;
                Ok(Self(text.into()))
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::parse(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                (*id.0).to_owned()
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

name_id! {
    /// A component whose power is switched: an xname or a plain name.
    ComponentId
}
name_id! {
    /// A BMC endpoint: the unit of lease, pacing and connection.
    ControllerId
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                Uuid::parse_str(text).map(Self).map_err(|_| IdError::NotAUuid(text.to_owned()))
            }
        }
    };
}

uuid_id! {
    /// A caller's request over a set of components.
    TransitionId
}
uuid_id! {
    /// A caller's request to set how components behave.
    ConfigurationId
}
uuid_id! {
    /// The part of a request for one component; several requests can share one task.
    TaskId
}
uuid_id! {
    /// The right to send one changing request, minted by the commit of an intent.
    PermitId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked() {
        assert_eq!(
            ComponentId::parse("x1000c0s0b0n0").unwrap().as_str(),
            "x1000c0s0b0n0"
        );
        assert_eq!(ComponentId::parse(""), Err(IdError::Empty));
        assert!(matches!(ComponentId::parse("a b"), Err(IdError::Character(_))));
        assert!(matches!(
            ComponentId::parse(&"a".repeat(129)),
            Err(IdError::TooLong(129))
        ));
    }

    #[test]
    fn ids_do_not_print_as_one_another() {
        let id = Uuid::from_u128(7);
        assert!(format!("{:?}", TaskId(id)).starts_with("TaskId("));
        assert!(format!("{:?}", PermitId(id)).starts_with("PermitId("));
    }
}
