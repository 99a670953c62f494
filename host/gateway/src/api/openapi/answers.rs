//! The answers of refused requests.
//!
//! A v2 route names them by code alone, `(status = 404, description = "task.not-found")`; meaning, remedy and body come from the
//! list of codes. What any route may answer is added here and not repeated at each.

use std::collections::BTreeSet;

use switchyard_wire::v2::codes::{ProblemCode, problem_code};
use switchyard_wire::v2::problem::CONTENT_TYPE;
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{AllOfBuilder, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{ContentBuilder, Header, Ref, RefOr, Response, ResponseBuilder};

use crate::api::v2;

/// What any v2 route may answer.
const ANY: &[&str] = &[
    "access.forbidden",
    "access.invalid-token",
    "access.no-keys",
    "access.no-role",
    "access.no-session",
    "access.no-token",
    "access.token-expired",
    "access.token-revoked",
    "access.too-many-failures",
    "caller.too-many-requests",
    "request.invalid-caller",
    "request.invalid-reason",
    "request.timeout",
    "service.busy",
    "store.failed",
    "store.unavailable",
];
/// What a v2 route that changes anything may answer besides.
const ANY_CHANGE: &[&str] = &[
    "access.cross-site",
    "access.out-of-scope",
    "idempotency.in-progress",
    "idempotency.invalid-key",
    "idempotency.key-reused",
    "idempotency.too-many-keys",
    "idempotency.unavailable",
    "request.invalid-body",
    "request.too-long",
    "service.stopping",
    "store.disk-full",
];
/// What a v2 route with a parameter in its path may answer besides.
const ANY_WITH_PATH: &[&str] = &["request.invalid-path"];
/// What a v2 route with a body may answer besides.
const ANY_WITH_BODY: &[&str] = &["request.invalid-body", "request.too-long"];

/// Adds the answers that the route does not name, and the bodies of those that it names by code.
pub(super) fn complete(path: &str, change: bool, operation: &mut Operation) {
    if v2::owns(path) {
        complete_v2(path, change, operation);
    } else {
        complete_pcs(path, change, operation);
    }
}

fn complete_v2(path: &str, change: bool, operation: &mut Operation) {
    let mut codes = named(operation);
    codes.extend(ANY);
    if change {
        codes.extend(ANY_CHANGE);
    }
    if path.contains('{') {
        codes.extend(ANY_WITH_PATH);
    }
    if operation.request_body.is_some() {
        codes.extend(ANY_WITH_BODY);
    }
    let rows: Vec<_> = codes.into_iter().filter_map(problem_code).collect();
    let statuses: BTreeSet<u16> = rows.iter().map(|row| row.status).collect();
    for status in statuses {
        let rows: Vec<_> = rows.iter().copied().filter(|row| row.status == status).collect();
        operation
            .responses
            .responses
            .insert(status.to_string(), RefOr::T(refusal(status, &rows)));
    }
}

/// The codes that the route names in place of a description.
fn named(operation: &Operation) -> BTreeSet<&'static str> {
    operation
        .responses
        .responses
        .values()
        .filter_map(|response| match response {
            RefOr::T(response) => codes_in(&response.description),
            RefOr::Ref(_) => None,
        })
        .flatten()
        .collect()
}

/// The codes in a text that is nothing but codes.
fn codes_in(text: &str) -> Option<Vec<&'static str>> {
    text.split(", ")
        .map(|word| problem_code(word).map(|row| row.code))
        .collect()
}

/// An answer with the problem as its body, whose code is one of these.
fn refusal(status: u16, rows: &[&'static ProblemCode]) -> Response {
    let lines: Vec<String> = rows
        .iter()
        .map(|row| format!("- `{}`: {}; {}", row.code, row.meaning, row.remedy))
        .collect();
    let code = ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(rows.iter().map(|row| row.code)));
    let one_of_these = ObjectBuilder::new().property("code", code).required("code");
    let schema = AllOfBuilder::new()
        .item(Ref::from_schema_name("Problem"))
        .item(one_of_these);
    let content = ContentBuilder::new().schema(Some(Schema::from(schema))).build();
    let response = ResponseBuilder::new()
        .description(lines.join("\n"))
        .content(CONTENT_TYPE, content);
    with_wait(status, response).build()
}

/// Outside of v2 an error has the shape of v1. Pages and metrics ask no database.
fn complete_pcs(path: &str, change: bool, operation: &mut Operation) {
    let responses = &mut operation.responses.responses;
    let failed = (500, "The database failed the request.");
    let failed = path.starts_with("/v1").then_some(failed);
    let repeated: &[_] = if change {
        &[
            (
                409,
                "The first request with this Idempotency-Key is still running.",
            ),
            (413, "The body is too long."),
            (
                422,
                "This Idempotency-Key came with another body or query before.",
            ),
        ]
    } else {
        &[]
    };
    let any = [
        (400, "A header cannot be taken."),
        (403, "The caller may not do this."),
        (503, "The service cannot take the request now."),
    ];
    for (status, description) in failed.into_iter().chain(any).chain(repeated.iter().copied()) {
        let content = ContentBuilder::new()
            .schema(Some(Ref::from_schema_name("pcs.Problem")))
            .build();
        let response = ResponseBuilder::new()
            .description(description)
            .content(CONTENT_TYPE, content);
        let response = with_wait(status, response).build();
        responses.entry(status.to_string()).or_insert(RefOr::T(response));
    }
    let text = ObjectBuilder::new().schema_type(Type::String);
    let content = ContentBuilder::new().schema(Some(Schema::from(text))).build();
    let denied = ResponseBuilder::new()
        .description("It is not known who asks.")
        .content("text/plain; charset=utf-8", content);
    responses.insert("401".to_owned(), RefOr::T(denied.build()));
}

/// Refusals that pass say when to come back.
fn with_wait(status: u16, response: ResponseBuilder) -> ResponseBuilder {
    if !matches!(status, 409 | 429 | 503) {
        return response;
    }
    let seconds = ObjectBuilder::new()
        .schema_type(SchemaType::Type(Type::Integer))
        .minimum(Some(1));
    let mut header = Header::new(Schema::from(seconds));
    header.description = Some("Seconds to wait before the next try.".to_owned());
    response.header("Retry-After", header)
}
