//! Who sends a request, from where and why.
//!
//! Where the service asks for tokens, a caller is who its token says (`access`). Where it asks for none, the header
//! `X-Switchyard-Caller` is taken as a claim. It proves nothing: it names people and programs in queues and records, and keeps their
//! keys and budgets apart.

use std::convert::Infallible;
use std::net::IpAddr;

use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use switchyard_wire::{CALLER_HEADER, CALLER_MAX_CHARS};

use super::refusal::Refusal;
use super::request_id::RequestId;
use super::{access, reason};
use crate::access::Identity;

/// The caller who does not say who it is.
pub(super) const ANONYMOUS: &str = "anonymous";

/// Who sends the request at hand. Handlers take it as an argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Caller {
    /// The name: the subject of its token; without tokens what it claims, or [`ANONYMOUS`].
    pub(super) name: String,
    /// Who it is, and what that lets it do.
    pub(super) identity: Identity,
    /// The address of the peer, which may be a proxy. It is for the record, and failed proofs are counted by it.
    pub(super) from: Option<IpAddr>,
    /// The id of the HTTP request.
    pub(super) request_id: String,
    /// Why, in the caller's words.
    pub(super) reason: Option<String>,
}

impl Caller {
    /// Somebody who was recognised. What cannot be kept as it was sent is refused rather than dropped, because it is part of the audit.
    pub(super) fn of(request: &Parts, identity: Identity, from: Option<IpAddr>) -> Result<Self, Refusal> {
        let request_id = request.extensions.get::<RequestId>().cloned();
        Ok(Self {
            name: identity.subject.clone(),
            identity,
            from,
            request_id: request_id.map(RequestId::into_string).unwrap_or_default(),
            reason: reason::of(&request.headers)?,
        })
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_else(|| Self {
            name: ANONYMOUS.to_owned(),
            identity: access::nobody(),
            from: None,
            request_id: String::new(),
            reason: None,
        }))
    }
}

/// The name that a caller claims: visible ASCII characters and single words apart by spaces.
pub(super) fn claimed_name(headers: &HeaderMap) -> Result<String, Refusal> {
    let mut values = headers.get_all(CALLER_HEADER).iter();
    let Some(value) = values.next() else {
        return Ok(ANONYMOUS.to_owned());
    };
    // Header texts of `to_str` are ASCII without control characters, tabs apart.
    let name = value.to_str().map_err(|_| refusal())?.trim();
    if values.next().is_some() || name.len() > CALLER_MAX_CHARS || name.contains('\t') {
        return Err(refusal());
    }
    Ok(if name.is_empty() { ANONYMOUS } else { name }.to_owned())
}

fn refusal() -> Refusal {
    Refusal::new(
        StatusCode::BAD_REQUEST,
        "request.invalid-caller",
        format!(
            "the header {CALLER_HEADER} is sent once, with at most {CALLER_MAX_CHARS} visible ASCII characters"
        ),
    )
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn sent(values: &[&[u8]]) -> Result<String, Refusal> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(CALLER_HEADER, HeaderValue::from_bytes(value).unwrap());
        }
        claimed_name(&headers)
    }

    #[test]
    fn a_name_is_short_and_visible() {
        assert_eq!(sent(&[]).unwrap(), ANONYMOUS);
        assert_eq!(sent(&[b"  "]).unwrap(), ANONYMOUS);
        assert_eq!(sent(&[b" slurm@head1 "]).unwrap(), "slurm@head1");
        let longest = "a".repeat(CALLER_MAX_CHARS);
        assert_eq!(sent(&[longest.as_bytes()]).unwrap(), longest);
        let too_long = format!("{longest}a");
        let bad: [&[&[u8]]; 4] = [
            &[too_long.as_bytes()],
            &[b"a\tb"],
            &["J\u{f6}rg".as_bytes()],
            &[b"a", b"b"],
        ];
        for values in bad {
            assert_eq!(sent(values).unwrap_err().code, "request.invalid-caller");
        }
    }
}
