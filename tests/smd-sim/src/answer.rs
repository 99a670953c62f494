//! Answers as SMD gives them.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// A problem body (RFC 7807).
pub(crate) fn problem(status: StatusCode, detail: impl Into<String>) -> Response {
    let body = json!({
        "type": "about:blank",
        "title": status.canonical_reason().unwrap_or_default(),
        "detail": detail.into(),
        "status": status.as_u16(),
    });
    let content_type = [(header::CONTENT_TYPE, "application/problem+json")];
    (status, content_type, body.to_string()).into_response()
}

/// 400.
pub(crate) fn bad_request(detail: impl Into<String>) -> Response {
    problem(StatusCode::BAD_REQUEST, detail)
}

/// 404 of an xname that is not known, or is none.
pub(crate) fn no_such_xname() -> Response {
    problem(StatusCode::NOT_FOUND, "no such xname.")
}

/// 200 with a body.
pub(crate) fn ok(body: Value) -> Response {
    Json(body).into_response()
}

/// 204 with the content type that SMD gives it.
pub(crate) fn nothing() -> Response {
    let content_type = [(header::CONTENT_TYPE, "application/json")];
    (StatusCode::NO_CONTENT, content_type).into_response()
}

/// What a deletion of one thing answers.
pub(crate) fn deleted() -> Response {
    ok(json!({ "code": 0, "message": "deleted 1 entry" }))
}

/// A path that leads nowhere, or a method that a path does not have.
pub(crate) async fn not_found() -> Response {
    (
        StatusCode::NOT_FOUND,
        [(header::CONTENT_TYPE, "text/plain; charset=utf-8")],
        "404 page not found\n",
    )
        .into_response()
}

/// The body of a POST. What is no JSON is answered with 500, as is a value of another type than expected.
#[expect(clippy::result_large_err, reason = "the error is the answer")]
pub(crate) fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, Response> {
    serde_json::from_slice(body).map_err(|error| {
        let words = match (body.first(), error.classify()) {
            (None, _) => "EOF".to_owned(),
            (Some(first), serde_json::error::Category::Syntax) => {
                format!(
                    "invalid character '{}' looking for beginning of value",
                    char::from(*first)
                )
            }
            _ => format!("json: cannot unmarshal: {error}"),
        };
        problem(
            StatusCode::INTERNAL_SERVER_ERROR,
            format!("error decoding JSON {words}"),
        )
    })
}

/// Every value of a key in a query, in order.
pub(crate) fn values<'a>(query: &'a [(String, String)], key: &str) -> Vec<&'a str> {
    query
        .iter()
        .filter(|(name, _)| name == key)
        .map(|(_, value)| value.as_str())
        .collect()
}
