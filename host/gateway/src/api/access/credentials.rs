//! What a request presents: a header, or a cookie with what belongs to it.

use http::{HeaderMap, HeaderName, header};

use crate::access::{Presented, Proof, is_own};

/// The header of changes that a session authorises, with the text that `GET /v2/session` gives.
const CSRF_HEADER: HeaderName = HeaderName::from_static("x-switchyard-csrf");

/// The header by which a browser says which site a request comes from (Fetch Metadata).
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
/// The cookie with a signed token, as PCS takes it.
const JWT_COOKIE: &str = "jwt";
/// The cookie of a session. Browsers hold what begins so to this host, all its paths, and TLS.
const SECURE_SESSION_COOKIE: &str = "__Host-switchyard-session";
/// The same where there is no TLS, on this machine.
const PLAIN_SESSION_COOKIE: &str = "switchyard-session";

/// What the headers present: the header Authorization first, then the cookies.
pub(super) fn presented(headers: &HeaderMap, secure: bool) -> Presented<'_> {
    let mut authorizations = headers.get_all(header::AUTHORIZATION).iter();
    if let Some(value) = authorizations.next() {
        return match value.to_str().ok().and_then(bearer) {
            Some(token) if authorizations.next().is_none() => Presented::Header(token),
            _ => Presented::Unreadable,
        };
    }
    if let Some(cookie) = session_of(headers, secure) {
        return Presented::SessionCookie(cookie);
    }
    match cookie(headers, JWT_COOKIE) {
        Some(token) => Presented::JwtCookie(token),
        None => Presented::Nothing,
    }
}

/// The token in `Bearer TOKEN` (RFC 6750, section 2.1); the word in any case.
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// The session that the cookies name.
pub(in crate::api) fn session_of(headers: &HeaderMap, secure: bool) -> Option<&str> {
    cookie(headers, session_name(secure))
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).iter();
    lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(known, _)| *known == name)
        .map(|(_, value)| value)
}

const fn session_name(secure: bool) -> &'static str {
    if secure {
        SECURE_SESSION_COOKIE
    } else {
        PLAIN_SESSION_COOKIE
    }
}

/// The header that keeps a session in a browser until it is closed.
pub(in crate::api) fn session_cookie(value: &str, secure: bool) -> String {
    let flag = if secure { "; Secure" } else { "" };
    format!(
        "{}={value}; Path=/; HttpOnly; SameSite=Strict{flag}",
        session_name(secure)
    )
}

/// The header that makes a browser forget it.
pub(in crate::api) fn clear_cookie(secure: bool) -> String {
    format!("{}; Max-Age=0", session_cookie("", secure))
}

/// Whether a browser says that a page of another site made it send this.
pub(super) fn is_cross_site(headers: &HeaderMap) -> bool {
    match origin(headers) {
        Origin::Other => true,
        Origin::Same | Origin::Unsaid => false,
    }
}

/// Whether a browser believes this service to be on another machine. A page whose name was made to lead to this one would otherwise count
/// as a page of the service (DNS rebinding).
pub(super) fn is_rebound(headers: &HeaderMap) -> bool {
    let by_browser = headers.contains_key(SEC_FETCH_SITE) || headers.contains_key(header::ORIGIN);
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    by_browser && !host.is_some_and(is_loopback)
}

fn is_loopback(host: &str) -> bool {
    let Ok(host) = host.parse::<http::uri::Authority>() else {
        return false;
    };
    let name = host.host().trim_start_matches('[').trim_end_matches(']');
    let ip = name.parse::<std::net::IpAddr>();
    name.eq_ignore_ascii_case("localhost") || ip.is_ok_and(|ip| ip.is_loopback())
}

/// Whether a change is meant by whom the proof is of. A header cannot be forged by a page of another site. A cookie can: a session's
/// change has to carry the text of the session, or come from the dashboard as the browser says; one by a signed token in a cookie must
/// not come from elsewhere, as programs send it too.
pub(super) fn is_meant(proof: &Proof, headers: &HeaderMap) -> bool {
    let origin = origin(headers);
    match proof {
        Proof::Header => true,
        Proof::JwtCookie => origin != Origin::Other,
        Proof::SessionCookie(csrf) => match origin {
            Origin::Other => false,
            Origin::Same => true,
            Origin::Unsaid => headers
                .get(CSRF_HEADER)
                .and_then(|value| value.to_str().ok())
                .is_some_and(|sent| is_own(csrf, sent)),
        },
    }
}

/// Where a request comes from, as the browser says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// A page of this service.
    Same,
    /// A page of another site, or of another service on this host.
    Other,
    /// It does not say, which programs do not.
    Unsaid,
}

fn origin(headers: &HeaderMap) -> Origin {
    if let Some(site) = headers.get(SEC_FETCH_SITE) {
        return match site.as_bytes() {
            b"same-origin" => Origin::Same,
            // Typed by the user, which no page can bring about.
            b"none" => Origin::Unsaid,
            _ => Origin::Other,
        };
    }
    let Some(origin) = headers.get(header::ORIGIN) else {
        return Origin::Unsaid;
    };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let named = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    match (named, host) {
        (Some((_, named)), Some(host)) if named.eq_ignore_ascii_case(host) => Origin::Same,
        _ => Origin::Other,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use switchyard_transport::Secret;

    use super::*;

    fn headers(lines: &[(&str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(
                HeaderName::from_bytes(name.as_bytes()).unwrap(),
                HeaderValue::from_str(value).unwrap(),
            );
        }
        headers
    }

    #[test]
    fn a_header_is_stronger_than_cookies() {
        let read = |lines: &[(&str, &str)], secure| match presented(&headers(lines), secure) {
            Presented::Nothing => "nothing".to_owned(),
            Presented::Unreadable => "unreadable".to_owned(),
            Presented::Header(text) => format!("header {text}"),
            Presented::JwtCookie(text) => format!("jwt {text}"),
            Presented::SessionCookie(text) => format!("session {text}"),
        };
        assert_eq!(read(&[], true), "nothing");
        assert_eq!(
            read(&[("authorization", "bearer a"), ("cookie", "jwt=b")], true),
            "header a"
        );
        assert_eq!(
            read(&[("authorization", "Basic a"), ("cookie", "jwt=b")], true),
            "unreadable"
        );
        assert_eq!(
            read(
                &[("authorization", "Bearer a"), ("authorization", "Bearer b")],
                true
            ),
            "unreadable"
        );
        assert_eq!(read(&[("cookie", "x=y; jwt=b")], true), "jwt b");
        let session = [("cookie", "__Host-switchyard-session=s; jwt=b")];
        assert_eq!(read(&session, true), "session s");
        assert_eq!(
            read(&session, false),
            "jwt b",
            "without TLS the cookie has another name"
        );
        assert_eq!(read(&[("cookie", "switchyard-session=s")], false), "session s");
    }

    #[test]
    fn what_a_cookie_authorises_must_be_meant() {
        type Case<'a> = (&'a [(&'a str, &'a str)], bool, bool);
        let session = Proof::SessionCookie(Secret::new("text".to_owned()));
        let host = ("host", "power.example");
        let cases: [Case<'_>; 9] = [
            (&[host], false, true),
            (&[host, ("x-switchyard-csrf", "text")], true, true),
            (&[host, ("x-switchyard-csrf", "other")], false, true),
            (&[host, ("sec-fetch-site", "same-origin")], true, true),
            (&[host, ("sec-fetch-site", "same-site")], false, false),
            (
                &[
                    host,
                    ("sec-fetch-site", "cross-site"),
                    ("x-switchyard-csrf", "text"),
                ],
                false,
                false,
            ),
            (&[host, ("origin", "https://power.example")], true, true),
            (&[host, ("origin", "https://evil.example")], false, false),
            (&[host, ("origin", "null")], false, false),
        ];
        for (lines, by_session, by_jwt) in cases {
            let headers = headers(lines);
            assert_eq!(is_meant(&session, &headers), by_session, "{lines:?}");
            assert_eq!(is_meant(&Proof::JwtCookie, &headers), by_jwt, "{lines:?}");
            assert!(is_meant(&Proof::Header, &headers), "{lines:?}");
        }
    }

    #[test]
    fn cookies_are_kept_from_scripts_and_other_sites() {
        assert_eq!(
            session_cookie("s", true),
            "__Host-switchyard-session=s; Path=/; HttpOnly; SameSite=Strict; Secure"
        );
        assert_eq!(
            clear_cookie(false),
            "switchyard-session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0"
        );
    }

    #[test]
    fn a_browser_that_believes_in_another_machine_is_known() {
        let page = ("sec-fetch-site", "same-origin");
        for (host, rebound) in [
            ("127.0.0.1:28007", false),
            ("[::1]:28007", false),
            ("localhost:28007", false),
            ("LOCALHOST", false),
            ("evil.example:28007", true),
            ("127.0.0.1.evil.example", true),
            ("10.0.0.1", true),
        ] {
            let host = ("host", host);
            assert_eq!(is_rebound(&headers(&[host, page])), rebound, "{host:?}");
            assert!(
                !is_rebound(&headers(&[host])),
                "programs may name it as they like"
            );
        }
        assert!(is_rebound(&headers(&[("origin", "http://evil.example")])));
    }
}
