//! The body of a message: a `CloudEvent` 1.0 in the structured mode of its JSON format.

use serde::Serialize;
use serde_json::{Map, Value};
use switchyard_store::Event;

use crate::api::time::rfc3339;

/// The media type of a body.
pub(super) const CONTENT_TYPE: &str = "application/cloudevents+json";
/// What every type begins with; the kind of the event and the version of its data follow.
const TYPE_PREFIX: &str = "dev.switchyard.";
/// The version of the data. A change that a reader could trip over makes a new one.
const TYPE_VERSION: &str = ".v1";
/// Where events come from. Their ids are unique by themselves, also among several installations.
const SOURCE: &str = "urn:switchyard:events";

#[derive(Serialize)]
struct CloudEvent<'a> {
    specversion: &'static str,
    id: &'a str,
    source: &'static str,
    #[serde(rename = "type")]
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    time: String,
    datacontenttype: &'static str,
    data: Told<'a>,
}

/// The event as `/v2/events` shows it.
#[derive(Serialize)]
struct Told<'a> {
    id: &'a str,
    at: String,
    kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    component: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    task: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transition: Option<String>,
    data: &'a Value,
    #[serde(flatten)]
    more: &'a Map<String, Value>,
}

/// The id of the message about an event: the same however often it is sent, and without the dots that the signed text is joined by.
pub(super) fn message_id(event: &Event) -> String {
    format!("evt_{}", event.id.0.replace('.', "-"))
}

/// The body of the message about an event, with `more` beside its data.
pub(super) fn body(event: &Event, more: &Map<String, Value>) -> Result<String, serde_json::Error> {
    let Event { id, event } = event;
    let at = rfc3339(event.at);
    let component = event.component.as_ref().map(ToString::to_string);
    let task = event.task.map(|id| id.to_string());
    let transition = event.transition.map(|id| id.to_string());
    let named = |what: &str, id: &Option<String>| id.as_ref().map(|id| format!("{what}/{id}"));
    let (of_task, of_transition) = (named("tasks", &task), named("transitions", &transition));
    let subject = if event.kind.starts_with("transition.") {
        of_transition.or(of_task)
    } else {
        of_task.or(of_transition)
    }
    .or_else(|| named("components", &component));
    serde_json::to_string(&CloudEvent {
        specversion: "1.0",
        id: &id.0,
        source: SOURCE,
        kind: format!("{TYPE_PREFIX}{}{TYPE_VERSION}", event.kind),
        subject,
        time: at.clone(),
        datacontenttype: "application/json",
        data: Told {
            id: &id.0,
            at,
            kind: &event.kind,
            component,
            task,
            transition,
            data: &event.data,
            more,
        },
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use switchyard_core::{ComponentId, TaskId, Timestamp, TransitionId};
    use switchyard_store::{EventId, NewEvent};
    use uuid::Uuid;

    use super::*;

    fn event(kind: &str) -> Event {
        Event {
            id: EventId("0badcafe.17".to_owned()),
            event: NewEvent {
                at: Timestamp::from_millis(1_675_899_752_047),
                kind: kind.to_owned(),
                component: Some(ComponentId::parse("x0c0s0b0n0").unwrap()),
                task: Some(TaskId(Uuid::from_u128(1))),
                transition: Some(TransitionId(Uuid::from_u128(2))),
                data: json!({ "counts": { "succeeded": 1 } }),
            },
        }
    }

    fn shown(event: &Event) -> Value {
        serde_json::from_str(&body(event, &Map::new()).unwrap()).unwrap()
    }

    #[test]
    fn a_body_is_a_cloud_event() {
        let mut ended = event("transition.ended");
        (ended.event.component, ended.event.task) = (None, None);
        let Value::Object(more) = json!({ "failures": [] }) else {
            unreachable!()
        };
        insta::assert_snapshot!(body(&ended, &more).unwrap(), @r#"{"specversion":"1.0","id":"0badcafe.17","source":"urn:switchyard:events","type":"dev.switchyard.transition.ended.v1","subject":"transitions/00000000-0000-0000-0000-000000000002","time":"2023-02-08T23:42:32.047Z","datacontenttype":"application/json","data":{"id":"0badcafe.17","at":"2023-02-08T23:42:32.047Z","kind":"transition.ended","transition":"00000000-0000-0000-0000-000000000002","data":{"counts":{"succeeded":1}},"failures":[]}}"#);
        assert_eq!(message_id(&ended), "evt_0badcafe-17");
    }

    #[test]
    fn the_subject_is_what_the_event_is_about() {
        let task = "tasks/00000000-0000-0000-0000-000000000001";
        let transition = "transitions/00000000-0000-0000-0000-000000000002";
        assert_eq!(shown(&event("task.ended"))["subject"], task);
        assert_eq!(shown(&event("transition.ended"))["subject"], transition);
        let mut changed = event("component.changed");
        (changed.event.task, changed.event.transition) = (None, None);
        assert_eq!(shown(&changed)["subject"], "components/x0c0s0b0n0");
        changed.event.component = None;
        assert_eq!(shown(&changed).get("subject"), None);
    }
}
