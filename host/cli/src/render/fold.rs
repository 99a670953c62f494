//! Folded names.

use switchyard_xname::{Name, NameSet};

use super::text::plain;

/// The names as one short expression. What is no name, because a caller sent nonsense, stands quoted at the end.
pub(crate) fn fold<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let mut set = NameSet::new();
    let mut rest = Vec::new();
    for name in names {
        match Name::parse(name) {
            Ok(name) => {
                set.insert(name);
            }
            Err(_) => rest.push(format!("\"{}\"", plain(name))),
        }
    }
    let folded = Some(set.fold()).filter(|folded| !folded.is_empty());
    folded.into_iter().chain(rest).collect::<Vec<_>>().join(",")
}
