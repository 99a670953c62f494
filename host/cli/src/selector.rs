//! Which components a command is about.

mod choose;
mod error;
mod stdin;

use switchyard_xname::NameSet;

pub(crate) use choose::{Found, Whole, choose, ids, look_up, names};
pub(crate) use error::Error;

/// What stands for standard input.
pub(crate) const STDIN: &str = "-";

/// Whether only the service knows what a selector stands for: groups are its own.
pub(crate) fn has_groups(selector: &str) -> bool {
    selector.contains('@')
}

/// Reads a selector, which must stand for at least one name.
pub(crate) fn parse(selector: &str) -> Result<NameSet, Error> {
    let names = read(selector)?;
    if names.is_empty() {
        return Err(Error::Empty {
            selector: selector.to_owned(),
        });
    }
    Ok(names)
}

/// Reads a selector that may stand for nothing.
fn read(selector: &str) -> Result<NameSet, Error> {
    NameSet::parse_names(selector).map_err(|source| Error::Syntax {
        selector: selector.to_owned(),
        source,
    })
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
