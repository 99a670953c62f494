//! The keys of one table: those that were asked for are known, all others are mistakes.

use super::{Entry, Node, Problems, Value};

/// How alike two keys must be for the one to be proposed for the other (Jaro-Winkler, 0 to 1).
const ALIKE: f64 = 0.8;

/// A value found under a key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found<T> {
    pub(crate) at: usize,
    pub(crate) value: T,
}

/// Reads the keys of a table.
#[derive(Debug)]
pub(crate) struct Fields<'d> {
    at: usize,
    entries: &'d [Entry],
    known: Vec<&'static str>,
}

impl<'d> Fields<'d> {
    /// The fields of a table; anything else is a problem. `what` says what the table describes.
    pub(crate) fn of(node: &'d Node, what: &str, problems: &mut Problems<'_>) -> Option<Self> {
        if let Value::Table(entries) = &node.value {
            Some(Self {
                at: node.at,
                entries,
                known: Vec::new(),
            })
        } else {
            problems.add(
                node.at,
                format!("{what} must be a table, not {}", node.value.kind()),
            );
            None
        }
    }

    /// The value of a key, if it is there.
    pub(crate) fn take(&mut self, key: &'static str) -> Option<&'d Node> {
        self.known.push(key);
        self.entries
            .iter()
            .find(|entry| entry.key == key)
            .map(|entry| &entry.node)
    }

    /// A text.
    pub(crate) fn text(&mut self, key: &'static str, problems: &mut Problems<'_>) -> Option<Found<&'d str>> {
        let node = self.take(key)?;
        let found = text_of(node);
        if found.is_none() {
            problems.add(
                node.at,
                format!("`{key}` must be a text, not {}", node.value.kind()),
            );
        }
        found
    }

    /// A text that must be there. `what` says what the table describes.
    pub(crate) fn required(
        &mut self,
        key: &'static str,
        what: &str,
        problems: &mut Problems<'_>,
    ) -> Option<Found<&'d str>> {
        if !self.entries.iter().any(|entry| entry.key == key) {
            problems.add(self.at, format!("{what} has no `{key}`"));
        }
        self.text(key, problems)
    }

    /// An integer from `least` to `most`.
    pub(crate) fn integer(
        &mut self,
        key: &'static str,
        least: i64,
        most: i64,
        problems: &mut Problems<'_>,
    ) -> Option<i64> {
        let node = self.take(key)?;
        match node.value {
            Value::Integer(integer) if (least..=most).contains(&integer) => Some(integer),
            Value::Integer(integer) => {
                problems.add(
                    node.at,
                    format!("`{key}` must be from {least} to {most}, not {integer}"),
                );
                None
            }
            _ => {
                problems.add(
                    node.at,
                    format!("`{key}` must be an integer, not {}", node.value.kind()),
                );
                None
            }
        }
    }

    /// True or false; an absent key is false.
    pub(crate) fn flag(&mut self, key: &'static str, problems: &mut Problems<'_>) -> bool {
        let Some(node) = self.take(key) else { return false };
        if let Value::Boolean(flag) = node.value {
            return flag;
        }
        problems.add(
            node.at,
            format!("`{key}` must be true or false, not {}", node.value.kind()),
        );
        false
    }

    /// A list of texts; an absent key is `None`.
    pub(crate) fn texts(
        &mut self,
        key: &'static str,
        problems: &mut Problems<'_>,
    ) -> Option<Vec<Found<&'d str>>> {
        let items = self.list(key, problems)?;
        let mut texts = Vec::with_capacity(items.len());
        for item in items {
            match text_of(item) {
                Some(text) => texts.push(text),
                None => problems.add(
                    item.at,
                    format!("`{key}` must hold texts, not {}", item.value.kind()),
                ),
            }
        }
        Some(texts)
    }

    /// A list; an absent key is `None`.
    pub(crate) fn list(&mut self, key: &'static str, problems: &mut Problems<'_>) -> Option<&'d [Node]> {
        let node = self.take(key)?;
        if let Value::List(items) = &node.value {
            Some(items)
        } else {
            problems.add(
                node.at,
                format!("`{key}` must be a list, not {}", node.value.kind()),
            );
            None
        }
    }

    /// Notes every key that nothing asked for.
    pub(crate) fn finish(self, problems: &mut Problems<'_>) {
        for entry in self
            .entries
            .iter()
            .filter(|entry| !self.known.contains(&entry.key.as_str()))
        {
            problems.add(entry.at, unknown_key(&entry.key, &self.known));
        }
    }
}

fn text_of(node: &Node) -> Option<Found<&str>> {
    match &node.value {
        Value::Text(text) => Some(Found {
            at: node.at,
            value: text,
        }),
        _ => None,
    }
}

/// The complaint about a key that is not among the known ones.
pub(crate) fn unknown_key(key: &str, known: &[&str]) -> String {
    match nearest(key, known) {
        Some(near) => format!("unknown key `{key}`; did you mean `{near}`?"),
        None => format!("unknown key `{key}`; known are `{}`", known.join("`, `")),
    }
}

/// The known word that is most like the given one, if any is.
pub(crate) fn nearest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    let likeness = |known: &&'k str| (strsim::jaro_winkler(word, known), *known);
    // Of equally alike words the first in the alphabet is proposed, whatever the order of the known ones.
    let (score, near) = known
        .iter()
        .map(likeness)
        .max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(a.1)))?;
    (score >= ALIKE).then_some(near)
}
