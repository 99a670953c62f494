//! Which components a command is about.

use switchyard_xname::{Name, NameSet, set};

use crate::error;
use crate::server::Server;

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
}

impl Error {
    /// What to do next, where the text does not say so itself.
    pub(crate) const fn advice(&self) -> Option<&'static str> {
        match self {
            Self::Empty { .. } => Some("name at least one component"),
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

/// Whether only the service knows what a selector stands for: groups are its own.
pub(crate) fn has_groups(selector: &str) -> bool {
    selector.contains('@')
}

/// The components that a selector stands for; the service is asked where it names groups.
pub(crate) async fn resolve(server: &Server, selector: &str) -> Result<NameSet, error::Error> {
    if !has_groups(selector) {
        return Ok(parse(selector)?);
    }
    let found = server.selected(selector).await?;
    let names: NameSet = found
        .iter()
        .filter_map(|component| Name::parse(&component.id).ok())
        .collect();
    if names.is_empty() {
        let selector = selector.to_owned();
        return Err(Error::Empty { selector }.into());
    }
    Ok(names)
}

/// Reads a selector, which must stand for at least one name.
pub(crate) fn parse(selector: &str) -> Result<NameSet, Error> {
    let names = NameSet::parse_names(selector).map_err(|source| Error::Syntax {
        selector: selector.to_owned(),
        source,
    })?;
    if names.is_empty() {
        return Err(Error::Empty {
            selector: selector.to_owned(),
        });
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selector_names_something() {
        assert_eq!(parse("x1000c0s[0-7]b0n[0-1]").unwrap().len(), 16);
        for empty in ["", "  ", "x0!x0"] {
            assert!(matches!(parse(empty), Err(Error::Empty { .. })), "{empty:?}");
        }
        assert!(matches!(parse("x["), Err(Error::Syntax { .. })));
    }
}
