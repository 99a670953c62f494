//! Codes of refused requests about who asks and what they may do.

use super::{ProblemCode, problem};

/// In order.
pub(super) const CODES: &[ProblemCode] = &[
    problem(
        403,
        "access.cross-site",
        "a change that a cookie authorises does not come from the dashboard itself",
        "send the token in the header Authorization, or use the dashboard",
    ),
    problem(
        403,
        "access.forbidden",
        "the role of the caller does not allow it",
        "ask an administrator for a token with a stronger role",
    ),
    problem(
        401,
        "access.invalid-token",
        "the token is malformed, not known, or not accepted",
        "send a token that is listed, or get a new one from the identity provider",
    ),
    problem(
        503,
        "access.no-keys",
        "signed tokens cannot be checked, because the keys of the identity provider cannot be had",
        "look at the identity provider, or use a token of the service",
    ),
    problem(
        403,
        "access.no-role",
        "the signed token gives no role that is known here",
        "have the identity provider give one, or set access.role_map or access.default_role",
    ),
    problem(401, "access.no-session", "the session is over", "log in again"),
    problem(
        401,
        "access.no-token",
        "no token was sent",
        "send Authorization: Bearer TOKEN",
    ),
    problem(
        403,
        "access.out-of-scope",
        "components are outside of what the caller may change",
        "leave them out, or ask an administrator for a token with a wider scope",
    ),
    problem(
        401,
        "access.token-expired",
        "the time of the token is over",
        "get a new one",
    ),
    problem(
        401,
        "access.token-revoked",
        "the token was revoked",
        "get a new one",
    ),
    problem(
        429,
        "access.too-many-failures",
        "too many tries from this address have failed",
        "wait for the time in Retry-After",
    ),
    problem(
        429,
        "caller.too-many-requests",
        "this caller sends more requests than one may",
        "wait as long as Retry-After says; a stream of events replaces repeated reading",
    ),
    problem(
        422,
        "token.invalid",
        "the token cannot be made as it is wanted",
        "correct what the detail names",
    ),
    problem(
        404,
        "token.not-found",
        "there is no such token that holds",
        "GET /v2/tokens lists them",
    ),
];
