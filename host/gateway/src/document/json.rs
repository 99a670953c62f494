//! JSON as a tree with places.
//!
//! `serde_json` tells no place of a value, but it takes its input byte by byte from a reader. The reader here counts, so each
//! value knows where it began.

use std::cell::Cell;
use std::collections::HashSet;
use std::fmt;
use std::io::{self, Read};

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::{Entry, Node, Problems, Value};

/// Parses a text, noting the first syntax error and every key that is given twice.
pub(super) fn parse(text: &str, problems: &mut Problems<'_>) -> Node {
    let taken = Cell::new(0);
    let mut deserializer = serde_json::Deserializer::from_reader(Counting {
        rest: text.as_bytes(),
        taken: &taken,
    });
    let cursor = Cursor {
        text: text.as_bytes(),
        taken: &taken,
    };
    let parsed = Seed {
        cursor,
        start: cursor.next_value(),
    }
    .deserialize(&mut deserializer);
    match parsed.and_then(|node| deserializer.end().map(|()| node)) {
        Ok(node) => {
            note_repeated_keys(&node, problems);
            node
        }
        Err(error) => {
            let at = offset_of(text, error.line(), error.column());
            let full = error.to_string();
            let message = full
                .split_once(" at line ")
                .map_or(full.as_str(), |(message, _)| message);
            problems.add(at, message);
            Node {
                at: 0,
                value: Value::Other("nothing"),
            }
        }
    }
}

fn offset_of(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text
        .split_inclusive('\n')
        .take(line.saturating_sub(1))
        .map(str::len)
        .sum();
    start + column.saturating_sub(1)
}

fn note_repeated_keys(node: &Node, problems: &mut Problems<'_>) {
    match &node.value {
        Value::List(items) => items.iter().for_each(|item| note_repeated_keys(item, problems)),
        Value::Table(entries) => {
            let mut seen = HashSet::with_capacity(entries.len());
            for entry in entries {
                if !seen.insert(entry.key.as_str()) {
                    problems.add(entry.at, format!("the key `{}` is given twice", entry.key));
                }
                note_repeated_keys(&entry.node, problems);
            }
        }
        _ => {}
    }
}

/// Hands out the text and counts what was taken.
struct Counting<'a> {
    rest: &'a [u8],
    taken: &'a Cell<usize>,
}

impl Read for Counting<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.rest.read(buffer)?;
        self.taken.set(self.taken.get() + count);
        Ok(count)
    }
}

/// Knows how far the deserializer has read.
#[derive(Clone, Copy)]
struct Cursor<'a> {
    text: &'a [u8],
    taken: &'a Cell<usize>,
}

impl Cursor<'_> {
    /// Where the next value begins when none of it has been taken.
    fn next_value(self) -> usize {
        let rest = self.text.get(self.taken.get()..).unwrap_or_default();
        self.taken.get() + rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count()
    }

    /// Where the value begins whose first byte was just taken.
    fn this_value(self) -> usize {
        self.taken.get().saturating_sub(1)
    }
}

struct Seed<'a> {
    cursor: Cursor<'a>,
    start: usize,
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Node;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        let value = deserializer.deserialize_any(ValueVisitor(self.cursor))?;
        Ok(Node {
            at: self.start,
            value,
        })
    }
}

/// An element of a list: the deserializer has looked at its first byte to see whether the list ends.
struct ElementSeed<'a>(Cursor<'a>);

impl<'de> DeserializeSeed<'de> for ElementSeed<'_> {
    type Value = Node;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        Seed {
            cursor: self.0,
            start: self.0.this_value(),
        }
        .deserialize(deserializer)
    }
}

/// A key, whose quotation mark has been looked at.
struct KeySeed<'a>(Cursor<'a>);

impl<'de> DeserializeSeed<'de> for KeySeed<'_> {
    type Value = (String, usize);
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        let at = self.0.this_value();
        <String as serde::Deserialize>::deserialize(deserializer).map(|key| (key, at))
    }
}

/// A value of a table: only the colon has been taken.
struct MemberSeed<'a>(Cursor<'a>);

impl<'de> DeserializeSeed<'de> for MemberSeed<'_> {
    type Value = Node;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        Seed {
            cursor: self.0,
            start: self.0.next_value(),
        }
        .deserialize(deserializer)
    }
}

struct ValueVisitor<'a>(Cursor<'a>);

impl<'de> Visitor<'de> for ValueVisitor<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, boolean: bool) -> Result<Value, E> {
        Ok(Value::Boolean(boolean))
    }

    fn visit_i64<E>(self, integer: i64) -> Result<Value, E> {
        Ok(Value::Integer(integer))
    }

    fn visit_u64<E>(self, integer: u64) -> Result<Value, E> {
        Ok(i64::try_from(integer).map_or(Value::Other("an integer of more than 63 bits"), Value::Integer))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Value, E> {
        Ok(Value::Other("a fraction"))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Other("null"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(ElementSeed(self.0))? {
            items.push(item);
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut entries = Vec::new();
        while let Some((key, at)) = access.next_key_seed(KeySeed(self.0))? {
            let node = access.next_value_seed(MemberSeed(self.0))?;
            entries.push(Entry { key, at, node });
        }
        Ok(Value::Table(entries))
    }
}
