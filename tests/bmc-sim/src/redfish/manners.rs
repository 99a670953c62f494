//! How a make takes HTTP: headers that it insists on or refuses, conditions of actions, actions that have moved.

use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, HeaderMap, IF_MATCH, LOCATION};
use http::{HeaderValue, Method, Response, StatusCode};

use super::body::{Body, bare};
use super::error;
use super::tree::Route;
use crate::bmc::{Bmc, Target};
use crate::make::ActionCondition;

/// What a make says to a request before it looks at what is asked, if anything.
pub(super) fn objection(
    bmc: &Bmc,
    method: &Method,
    headers: &HeaderMap,
    route: Option<&Route>,
) -> Option<Response<Body>> {
    let manners = &bmc.profile().make.manners;
    let changes = !matches!(*method, Method::GET | Method::HEAD);
    if manners.insists_on_headers {
        let takes_json = contains(headers, ACCEPT.as_str(), "application/json");
        if !takes_json || !headers.contains_key("odata-version") {
            return Some(not_acceptable("The request lacks Accept or OData-Version."));
        }
        if changes && !contains(headers, CONTENT_TYPE.as_str(), "application/json") {
            let message = "The request's Content-Type is not application/json.";
            return Some(error::extended(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "Base.1.13.UnsupportedMediaType",
                message,
                "Critical",
            ));
        }
    }
    if manners.refuses_identity && contains(headers, ACCEPT_ENCODING.as_str(), "identity") {
        return Some(not_acceptable("The encoding identity is not offered."));
    }
    match route {
        Some(Route::Moved(target)) if changes => Some(moved(target)),
        Some(Route::Reset(target)) if changes => condition(manners.actions, *target, headers),
        _ => None,
    }
}

fn condition(rule: ActionCondition, target: Target, headers: &HeaderMap) -> Option<Response<Body>> {
    let given = headers.get(IF_MATCH);
    let met = match rule {
        ActionCondition::Ignored => true,
        ActionCondition::Refused => given.is_none(),
        ActionCondition::AnyForManager => {
            target != Target::Manager || given.is_some_and(|value| value == "*")
        }
    };
    (!met).then(|| {
        let message = "The ETag supplied did not match the ETag required to change this resource.";
        let id = "Base.1.13.PreconditionFailed";
        error::extended(StatusCode::PRECONDITION_FAILED, id, message, "Critical")
    })
}

fn contains(headers: &HeaderMap, name: &str, part: &str) -> bool {
    headers
        .get_all(name)
        .iter()
        .any(|value| value.to_str().is_ok_and(|value| value.contains(part)))
}

fn not_acceptable(message: &str) -> Response<Body> {
    error::extended(
        StatusCode::NOT_ACCEPTABLE,
        "Base.1.13.HeaderInvalid",
        message,
        "Critical",
    )
}

fn moved(target: &str) -> Response<Body> {
    let mut answer = bare(StatusCode::PERMANENT_REDIRECT);
    if let Ok(location) = HeaderValue::from_str(target) {
        answer.headers_mut().insert(LOCATION, location);
    }
    answer
}
