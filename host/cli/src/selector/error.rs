//! Why a selector cannot be used.

use std::io;

use switchyard_xname::set;

/// Why a selector cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// It is no set expression.
    #[error("selector {selector:?}")]
    Syntax {
        /// The selector as written.
        selector: String,
        /// What is wrong with it.
        #[source]
        source: set::Error,
    },
    /// It stands for no name.
    #[error("selector {selector:?}: it stands for no component")]
    Empty {
        /// The selector as written.
        selector: String,
    },
    /// There is none.
    #[error("no components are named")]
    Missing,
    /// Standard input cannot be read.
    #[error("cannot read names from standard input")]
    Stdin(#[source] io::Error),
    /// Standard input goes on and on.
    #[error("standard input holds more than {max} bytes of names")]
    StdinTooLong {
        /// The most that is read.
        max: u64,
    },
}

impl Error {
    /// What to do next, where the text does not say so itself.
    pub(crate) const fn advice(&self) -> Option<&'static str> {
        match self {
            Self::Empty { .. } => Some("name at least one component"),
            Self::Missing => Some("give a selector such as x1000c[0-7]s0b0n0, or --where FILTER"),
            Self::Stdin(_) => None,
            Self::StdinTooLong { .. } => Some("give ranges instead of single names, or do it in parts"),
            Self::Syntax { source, .. } => match source {
                set::Error::ExpressionTooLong { .. }
                | set::Error::UnexpectedCharacter { .. }
                | set::Error::Descending { .. }
                | set::Error::MixedWidths { .. }
                | set::Error::TooManyNames { .. } => None,
                set::Error::UnknownGroup { .. } => Some("name the components instead"),
                _ => Some("write it like x1000c[0-7]s0b0n0, in quotes"),
            },
        }
    }
}
