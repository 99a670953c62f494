//! JSON resources with a few parts that differ per BMC and per moment.
//!
//! A resource is written once as ordinary JSON with marks such as `<<PowerState>>` inside strings. Compiled, it is a
//! list of fixed text and fields, so that answering a request is copying text.

use std::fmt::Write as _;

use serde_json::Value;

use crate::clock::{Clock, Moment, Resolution};

/// A part that differs per BMC or per moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    PowerState,
    LastResetTime,
    BootState,
    Health,
    Index,
    Now,
}

const FIELDS: [(&str, Field); 6] = [
    ("PowerState", Field::PowerState),
    ("LastResetTime", Field::LastResetTime),
    ("BootState", Field::BootState),
    ("State", Field::Health),
    ("Index", Field::Index),
    ("Now", Field::Now),
];

#[derive(Debug)]
enum Part {
    Text(Box<str>),
    Field(Field),
}

/// A compiled resource.
#[derive(Debug)]
pub(crate) struct Template {
    parts: Vec<Part>,
    length: usize,
}

/// The values of one rendering.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Values<'a> {
    pub(crate) index: usize,
    pub(crate) power: &'a str,
    pub(crate) boot: &'a str,
    pub(crate) last_reset: Moment,
    pub(crate) resolution: Resolution,
    pub(crate) now: Moment,
    pub(crate) clock: &'a Clock,
}

impl Template {
    pub(crate) fn compile(resource: &Value) -> Self {
        let text = resource.to_string();
        let mut parts = Vec::new();
        let mut rest = text.as_str();
        while let Some((before, mark, after)) = next_mark(rest) {
            parts.push(Part::Text(before.into()));
            parts.push(Part::Field(mark));
            rest = after;
        }
        parts.push(Part::Text(rest.into()));
        Self {
            parts,
            length: text.len(),
        }
    }

    pub(crate) fn render(&self, values: &Values<'_>) -> String {
        let mut out = String::with_capacity(self.length + 64);
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Field(field) => write_field(*field, values, &mut out),
            }
        }
        out
    }
}

/// The first known mark with the text before and after it; anything else in angle brackets is text.
fn next_mark(text: &str) -> Option<(&str, Field, &str)> {
    text.match_indices("<<").find_map(|(at, opening)| {
        let before = text.get(..at)?;
        let (name, after) = text.get(at + opening.len()..)?.split_once(">>")?;
        let (_, field) = FIELDS.iter().find(|(known, _)| *known == name)?;
        Some((before, *field, after))
    })
}

fn write_field(field: Field, values: &Values<'_>, out: &mut String) {
    match field {
        Field::PowerState => push_escaped(values.power, out),
        Field::LastResetTime => values
            .clock
            .write_rfc3339(values.last_reset, values.resolution, out),
        Field::BootState => out.push_str(values.boot),
        Field::Health => out.push_str(if values.power == "Off" {
            "Disabled"
        } else {
            "Enabled"
        }),
        Field::Index => {
            // Writing to a String cannot fail.
            write!(out, "{:08x}", values.index).ok();
        }
        Field::Now => values.clock.write_rfc3339(values.now, Resolution::Seconds, out),
    }
}

/// Fault rules may invent power states; they must not break the JSON around them.
fn push_escaped(text: &str, out: &mut String) {
    if text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        out.push_str(text);
    } else {
        let quoted = Value::from(text).to_string();
        out.push_str(quoted.get(1..quoted.len() - 1).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn fields_are_filled_and_lies_are_escaped() {
        let template = Template::compile(&json!({
            "PowerState": "<<PowerState>>", "SerialNumber": "S<<Index>>", "Odd": "a << b >> c",
        }));
        let clock = Clock::start();
        let values = Values {
            index: 255,
            power: "On\"\\,",
            boot: "None",
            last_reset: Moment(0),
            resolution: Resolution::Seconds,
            now: Moment(0),
            clock: &clock,
        };
        let rendered: Value = serde_json::from_str(&template.render(&values)).unwrap();
        assert_eq!(
            rendered,
            json!({"PowerState": "On\"\\,", "SerialNumber": "S000000ff", "Odd": "a << b >> c"})
        );
    }
}
