//! Server-Sent Events. A route names the type of what is in `data`; the frame around it is described here, as OpenAPI wants it: each
//! event is an object whose `data` is a text.

use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{AnyOfBuilder, Components, Object, ObjectBuilder, Schema, Type};
use utoipa::openapi::{RefOr, Response};

/// The content type of a stream.
const CONTENT_TYPE: &str = "text/event-stream";

/// What the types of frames are called.
const FRAME: &str = "Frame";

/// Lets the body of a frame fit several types: the name of the frame says which it is, not its shape.
pub(super) fn loosen(components: &mut Components) {
    for (name, schema) in &mut components.schemas {
        if let RefOr::T(Schema::OneOf(types)) = schema
            && name.ends_with(FRAME)
        {
            let types = std::mem::take(types);
            let any = types
                .items
                .into_iter()
                .fold(AnyOfBuilder::new(), AnyOfBuilder::item);
            *schema = any.description(types.description).into();
        }
    }
}

/// Puts the frame around what the route streams.
pub(super) fn complete(operation: &mut Operation) {
    for response in operation.responses.responses.values_mut() {
        if let RefOr::T(response) = response {
            enframe(response);
        }
    }
}

fn enframe(response: &mut Response) {
    if let Some(RefOr::T(content)) = response.content.get_mut(CONTENT_TYPE) {
        let data = content.schema.take();
        content.schema = Some(RefOr::T(Schema::Object(frame(data))));
    }
}

fn frame(data: Option<RefOr<Schema>>) -> Object {
    let text = |description: &str| {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(description))
    };
    let data = text("The JSON of what happened.")
        .content_media_type("application/json")
        .content_schema(data);
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .property("event", text("The kind of the event."))
        .property(
            "id",
            text("What to send as `Last-Event-ID` to go on after it; some streams have none."),
        )
        .property("data", data)
        .required("data")
        .build()
}
