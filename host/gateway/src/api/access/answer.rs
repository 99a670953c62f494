//! The answer to somebody who is not recognised.

use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};

use crate::access::Denied;
use crate::api::refusal::Refusal;
use crate::api::v2;

/// What PCS's router sends with plain texts of errors.
const NOSNIFF: (HeaderName, HeaderValue) = (
    header::X_CONTENT_TYPE_OPTIONS,
    HeaderValue::from_static("nosniff"),
);

/// The refusal in v2's words.
pub(in crate::api) fn denied(denied: &Denied) -> Refusal {
    let (status, code) = match denied {
        Denied::NoToken => (StatusCode::UNAUTHORIZED, "access.no-token"),
        Denied::NoSession => (StatusCode::UNAUTHORIZED, "access.no-session"),
        Denied::Expired => (StatusCode::UNAUTHORIZED, "access.token-expired"),
        Denied::Revoked => (StatusCode::UNAUTHORIZED, "access.token-revoked"),
        Denied::NoRole => (StatusCode::FORBIDDEN, "access.no-role"),
        Denied::NoKeys => (StatusCode::SERVICE_UNAVAILABLE, "access.no-keys"),
        Denied::TooMany(_) => (StatusCode::TOO_MANY_REQUESTS, "access.too-many-failures"),
        Denied::Malformed
        | Denied::Unknown
        | Denied::NotYet
        | Denied::Algorithm
        | Denied::Signature
        | Denied::MissingClaim(_)
        | Denied::Issuer
        | Denied::Audience => (StatusCode::UNAUTHORIZED, "access.invalid-token"),
    };
    let refusal = Refusal::new(status, code, denied.to_string());
    match denied {
        Denied::TooMany(wait) => refusal.retry_after(*wait),
        Denied::NoKeys => refusal.hint("look at the identity provider, or use a token of this service"),
        Denied::NoToken | Denied::NoSession => {
            refusal.hint("send a token as Authorization: Bearer TOKEN, or log in at the dashboard")
        }
        _ => refusal,
    }
}

/// The answer in the version that was asked: a problem on v2, PCS's plain text elsewhere.
pub(super) fn denied_at(why: &Denied, path: &str) -> Response {
    let refusal = denied(why);
    let status = refusal.status;
    let mut response = if v2::owns(path) {
        refusal.answer(path)
    } else {
        plain(why, &refusal)
    };
    if response.status() == StatusCode::UNAUTHORIZED {
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, challenge(why));
    }
    tracing::debug!(%status, reason = why.name(), "somebody was not recognised");
    response
}

/// What PCS answers. It knows no limit of tries, which is a 401 there like any other.
fn plain(why: &Denied, refusal: &Refusal) -> Response {
    let status = match refusal.status {
        StatusCode::TOO_MANY_REQUESTS => StatusCode::UNAUTHORIZED,
        status => status,
    };
    let text = match why {
        Denied::NoToken | Denied::NoSession => "no token found",
        Denied::Expired => "token is expired",
        Denied::NotYet => "token nbf validation failed",
        Denied::Algorithm => "algorithm mismatch",
        Denied::MissingClaim(_) => "missing required claim",
        Denied::NoKeys | Denied::NoRole => refusal.detail.as_str(),
        Denied::Malformed
        | Denied::Unknown
        | Denied::Revoked
        | Denied::Signature
        | Denied::Issuer
        | Denied::Audience
        | Denied::TooMany(_) => "token is unauthorized",
    };
    let content_type = (
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    (status, [content_type, NOSNIFF], format!("{text}\n")).into_response()
}

/// RFC 6750, section 3: without an error when nothing was presented.
fn challenge(why: &Denied) -> HeaderValue {
    HeaderValue::from_static(match why {
        Denied::NoToken | Denied::NoSession => "Bearer realm=\"switchyard\"",
        _ => "Bearer realm=\"switchyard\", error=\"invalid_token\"",
    })
}
