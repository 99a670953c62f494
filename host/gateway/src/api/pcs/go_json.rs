//! JSON bodies, read as Go's `encoding/json` reads them into PCS's structs.
//!
//! Field names are matched in any letter case, unknown fields are ignored, null counts as absent, and the error texts are Go's, since
//! clients compare them.

mod syntax;

use serde_json::{Map, Value};

/// Why a body cannot be read, in Go's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Error {
    /// The body ends in the middle of a value.
    #[error("unexpected end of JSON input")]
    UnexpectedEnd,
    /// A character that cannot stand there.
    #[error("invalid character '{found}' {place}")]
    InvalidCharacter {
        /// The character, escaped as Go quotes it.
        found: String,
        /// Where it stands.
        place: &'static str,
    },
    /// The whole body has another type.
    #[error("json: cannot unmarshal {found} into Go value of type {wanted}")]
    WrongBody {
        /// What was found.
        found: String,
        /// The Go type.
        wanted: &'static str,
    },
    /// A field has another type.
    #[error("json: cannot unmarshal {found} into Go struct field {record}.{field} of type {wanted}")]
    WrongField {
        /// What was found.
        found: String,
        /// The Go struct that holds the field.
        record: &'static str,
        /// The field with those around it.
        field: String,
        /// The Go type.
        wanted: &'static str,
    },
    /// Deeper than any body of this API.
    #[error("exceeded max depth")]
    TooDeep,
}

/// Reads a body.
pub(super) fn parse(body: &[u8]) -> Result<Value, Error> {
    let text = String::from_utf8_lossy(body);
    serde_json::from_str(&text).map_err(|_| syntax::check(text.as_bytes()).err().unwrap_or(Error::TooDeep))
}

/// One Go struct within a body.
#[derive(Debug, Clone)]
pub(super) struct Record<'a> {
    fields: Option<&'a Map<String, Value>>,
    name: &'static str,
    /// The fields around it, each followed by a dot.
    path: String,
}

impl<'a> Record<'a> {
    /// The body itself, as the named struct of PCS's package `model`. Null is a struct without fields.
    pub(super) fn body(value: &'a Value, name: &'static str, go_type: &'static str) -> Result<Self, Error> {
        let fields = match value {
            Value::Null => None,
            Value::Object(fields) => Some(fields),
            other => {
                return Err(Error::WrongBody {
                    found: describe(other),
                    wanted: go_type,
                });
            }
        };
        Ok(Self {
            fields,
            name,
            path: String::new(),
        })
    }

    /// A field that is a text; empty when absent.
    pub(super) fn text(&self, field: &str) -> Result<String, Error> {
        match self.find(field) {
            None => Ok(String::new()),
            Some(Value::String(text)) => Ok(text.clone()),
            Some(other) => Err(self.wrong(field, other, "string")),
        }
    }

    /// A field that is a whole number.
    pub(super) fn integer(&self, field: &str) -> Result<Option<i64>, Error> {
        match self.find(field) {
            None => Ok(None),
            Some(value) => value
                .as_i64()
                .map(Some)
                .ok_or_else(|| self.wrong_number(field, value)),
        }
    }

    /// A field that is a list of texts; a null in it is an empty text.
    pub(super) fn texts(&self, field: &str) -> Result<Vec<String>, Error> {
        self.list(field, "[]string")?
            .iter()
            .map(|item| match item {
                Value::Null => Ok(String::new()),
                Value::String(text) => Ok(text.clone()),
                other => Err(self.wrong(field, other, "string")),
            })
            .collect()
    }

    /// A field that is a list of structs; a null in it is a struct without fields.
    pub(super) fn records(
        &self,
        field: &str,
        name: &'static str,
        go_type: &'static str,
        go_list: &'static str,
    ) -> Result<Vec<Self>, Error> {
        let path = format!("{}{field}.", self.path);
        self.list(field, go_list)?
            .iter()
            .map(|item| match item {
                Value::Null => Ok(Self {
                    fields: None,
                    name,
                    path: path.clone(),
                }),
                Value::Object(fields) => Ok(Self {
                    fields: Some(fields),
                    name,
                    path: path.clone(),
                }),
                other => Err(self.wrong(field, other, go_type)),
            })
            .collect()
    }

    fn list(&self, field: &str, go_type: &'static str) -> Result<&'a [Value], Error> {
        match self.find(field) {
            None => Ok(&[]),
            Some(Value::Array(items)) => Ok(items),
            Some(other) => Err(self.wrong(field, other, go_type)),
        }
    }

    /// The field of this name, spelt exactly or else in any letter case. Null is as good as absent.
    fn find(&self, field: &str) -> Option<&'a Value> {
        let fields = self.fields?;
        fields
            .get(field)
            .or_else(|| {
                fields
                    .iter()
                    .find(|(name, _)| name.eq_ignore_ascii_case(field))
                    .map(|(_, value)| value)
            })
            .filter(|value| !value.is_null())
    }

    fn wrong(&self, field: &str, found: &Value, wanted: &'static str) -> Error {
        Error::WrongField {
            found: describe(found),
            record: self.name,
            field: format!("{}{field}", self.path),
            wanted,
        }
    }

    /// Go names the number when it is one, only not a whole one.
    fn wrong_number(&self, field: &str, found: &Value) -> Error {
        let text = match found {
            Value::Number(number) => format!("number {number}"),
            other => describe(other),
        };
        Error::WrongField {
            found: text,
            record: self.name,
            field: format!("{}{field}", self.path),
            wanted: "int",
        }
    }
}

fn describe(value: &Value) -> String {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
    .to_owned()
}

#[cfg(test)]
mod tests;
