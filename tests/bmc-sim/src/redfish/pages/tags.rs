//! Entity tags: which are given out and which are taken back.

use http::header::{ETAG, IF_MATCH};
use http::{HeaderMap, HeaderValue, Response};

use super::super::body::Body;
use crate::bmc::Bmc;
use crate::profile::Refusal;
use crate::settings::Tags;

/// The answer with the tag of the resource, where the BMC gives any.
pub(in super::super) fn tagged(bmc: &Bmc, version: u64, mut answer: Response<Body>) -> Response<Body> {
    if bmc.profile().settings.tags != Tags::None
        && let Ok(tag) = HeaderValue::from_str(&weak(version))
    {
        answer.headers_mut().insert(ETAG, tag);
    }
    answer
}

fn weak(version: u64) -> String {
    format!("W/\"{version}\"")
}

/// What the BMC has against the condition of a change.
pub(super) fn objection(bmc: &Bmc, version: u64, headers: &HeaderMap) -> Option<Refusal> {
    let given = headers.get(IF_MATCH).and_then(|value| value.to_str().ok());
    let weak = weak(version);
    let strong = weak.trim_start_matches("W/");
    let own = given.is_some_and(|tag| tag == weak || tag == strong);
    let fits = match bmc.profile().settings.tags {
        Tags::None => true,
        Tags::Checked => given.is_none_or(|tag| own || tag == "*"),
        Tags::NeverAny => given.is_none_or(|_| own),
        Tags::Strong => match given {
            Some(tag) => tag == strong,
            None => return Some(required()),
        },
        Tags::AnyOnly => match given {
            Some(tag) => tag == "*",
            None => return Some(required()),
        },
    };
    (!fits).then(|| {
        Refusal::new(
            412,
            "Base.1.13.PreconditionFailed",
            "The ETag supplied did not match the ETag required to change this resource.",
        )
    })
}

fn required() -> Refusal {
    Refusal::new(
        428,
        "Base.1.13.PreconditionRequired",
        "A precondition header or annotation is required to change this resource.",
    )
}
