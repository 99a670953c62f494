//! Events in the words of the API.

use serde_json::Value;
use switchyard_store::{Event, EventId, Gap};
use switchyard_wire::v2;

use crate::api::time::rfc3339;

pub(super) fn event(event: &Event) -> v2::Event {
    let Event { id, event } = event;
    v2::Event {
        id: id.0.clone(),
        at: rfc3339(event.at),
        kind: event.kind.clone(),
        component: event.component.as_ref().map(ToString::to_string),
        task: event.task.map(|id| id.to_string()),
        transition: event.transition.map(|id| id.to_string()),
        data: camel_case(&event.data),
    }
}

pub(super) fn gap(gap: Gap, oldest: Option<&EventId>) -> v2::EventGap {
    let reason = match gap {
        Gap::Pruned => "pruned",
        Gap::Unknown => "unknown",
    };
    v2::EventGap {
        reason: reason.to_owned(),
        oldest: oldest.map(|id| id.0.clone()),
    }
}

/// The same value with keys as this API writes them everywhere; the log stores those of its records.
fn camel_case(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| (camel_name(name), camel_case(value)))
            .collect(),
        Value::Array(items) => items.iter().map(camel_case).collect(),
        plain => plain.clone(),
    }
}

fn camel_name(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |mut name, word| {
        let mut letters = word.chars();
        name.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        name.push_str(letters.as_str());
        name
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_are_in_camel_case_and_values_are_left_alone() {
        let stored = json!({"requested_by": "an_operator", "counts": [{"in_progress": 1}], "by": null});
        let shown = json!({"requestedBy": "an_operator", "counts": [{"inProgress": 1}], "by": null});
        assert_eq!(camel_case(&stored), shown);
    }
}
