//! TOML as a tree with places.

use toml::Spanned;
use toml::de::{DeInteger, DeString, DeTable, DeValue};

use super::{Entry, Node, Problems, Value};

/// Parses a text, noting every syntax error.
pub(super) fn parse(text: &str, problems: &mut Problems<'_>) -> Node {
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let at = error.span().map_or(0, |span| span.start);
        problems.add(at, error.message());
    }
    Node {
        at: 0,
        value: Value::Table(entries(table.get_ref(), problems)),
    }
}

fn entries(table: &DeTable<'_>, problems: &mut Problems<'_>) -> Vec<Entry> {
    let entry = |(key, value): (&Spanned<DeString<'_>>, &Spanned<DeValue<'_>>)| Entry {
        key: key.get_ref().to_string(),
        at: key.span().start,
        node: node(value, problems),
    };
    table.iter().map(entry).collect()
}

fn node(value: &Spanned<DeValue<'_>>, problems: &mut Problems<'_>) -> Node {
    let at = value.span().start;
    let value = match value.get_ref() {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(integer) => parse_integer(integer).map_or_else(
            || {
                problems.add(at, "the integer is larger than 64 bits can hold");
                Value::Other("an integer")
            },
            Value::Integer,
        ),
        DeValue::Float(_) => Value::Other("a fraction"),
        DeValue::Boolean(boolean) => Value::Boolean(*boolean),
        DeValue::Datetime(_) => Value::Other("a date or time"),
        DeValue::Array(list) => Value::List(list.iter().map(|item| node(item, problems)).collect()),
        DeValue::Table(table) => Value::Table(entries(table, problems)),
    };
    Node { at, value }
}

fn parse_integer(integer: &DeInteger<'_>) -> Option<i64> {
    i64::from_str_radix(integer.as_str(), integer.radix()).ok()
}
