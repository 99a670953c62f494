//! The `Authorization` header that answers a challenge (RFC 7616, section 3.4).

use std::fmt::Write as _;

use http::HeaderValue;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use zeroize::Zeroizing;

use super::algorithm::Algorithm;
use super::offer::{Offer, Protection};
use crate::login::Login;

/// The request that is signed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    /// The method.
    pub(crate) method: &'a str,
    /// Path and query, as they stand in the request line.
    pub(crate) uri: &'a str,
    /// The body.
    pub(crate) body: &'a [u8],
}

/// The value of the header, marked as sensitive; nothing when it cannot carry the user's name.
pub(super) fn authorization(
    offer: &Offer,
    login: &Login,
    asked: &Asked<'_>,
    cnonce: &str,
    count: u32,
) -> Option<HeaderValue> {
    if login.user.chars().any(char::is_control) {
        return None;
    }
    let count = format!("{count:08x}");
    let response = response(offer, login, asked, cnonce, &count);
    let mut text = Zeroizing::new(String::from("Digest "));
    user(&mut text, offer, login);
    quoted(&mut text, "realm", &offer.realm);
    quoted(&mut text, "nonce", &offer.nonce);
    quoted(&mut text, "uri", asked.uri);
    let qop = match offer.protection {
        Protection::Legacy => None,
        Protection::Auth => Some("auth"),
        Protection::AuthInt => Some("auth-int"),
    };
    if let Some(qop) = qop {
        plain(&mut text, "qop", qop);
        plain(&mut text, "nc", &count);
    }
    if qop.is_some() || offer.session {
        quoted(&mut text, "cnonce", cnonce);
    }
    quoted(&mut text, "response", &response);
    if let Some(opaque) = &offer.opaque {
        quoted(&mut text, "opaque", opaque);
    }
    if let Some(name) = &offer.algorithm_name {
        plain(&mut text, "algorithm", name);
    }
    let mut value = HeaderValue::from_bytes(text.trim_end_matches(", ").as_bytes()).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// The hash over secret and request (RFC 7616, sections 3.4.1 to 3.4.3).
fn response(offer: &Offer, login: &Login, asked: &Asked<'_>, cnonce: &str, count: &str) -> Zeroizing<String> {
    let algorithm = offer.algorithm;
    let (nonce, cnonce) = (offer.nonce.as_bytes(), cnonce.as_bytes());
    let mut key = key(algorithm, &offer.realm, login);
    if offer.session {
        key = algorithm.hash(&[key.as_bytes(), nonce, cnonce]);
    }
    let (method, uri) = (asked.method.as_bytes(), asked.uri.as_bytes());
    let request = match offer.protection {
        Protection::Legacy | Protection::Auth => algorithm.hash(&[method, uri]),
        Protection::AuthInt => algorithm.hash(&[method, uri, algorithm.hash(&[asked.body]).as_bytes()]),
    };
    let qop: &[u8] = match offer.protection {
        Protection::Legacy => return algorithm.hash(&[key.as_bytes(), nonce, request.as_bytes()]),
        Protection::Auth => b"auth",
        Protection::AuthInt => b"auth-int",
    };
    algorithm.hash(&[
        key.as_bytes(),
        nonce,
        count.as_bytes(),
        cnonce,
        qop,
        request.as_bytes(),
    ])
}

fn key(algorithm: Algorithm, realm: &str, login: &Login) -> Zeroizing<String> {
    let password = login.password().expose();
    algorithm.hash(&[login.user.as_bytes(), realm.as_bytes(), password.as_bytes()])
}

/// The user: as a hash where that was offered, in the form of RFC 8187 where it is not ASCII.
fn user(text: &mut String, offer: &Offer, login: &Login) {
    if offer.userhash {
        let hash = offer
            .algorithm
            .hash(&[login.user.as_bytes(), offer.realm.as_bytes()]);
        quoted(text, "username", &hash);
        plain(text, "userhash", "true");
    } else if login.user.is_ascii() {
        quoted(text, "username", &login.user);
    } else {
        let encoded = utf8_percent_encode(&login.user, NON_ALPHANUMERIC);
        plain(text, "username*", &format!("UTF-8''{encoded}"));
    }
}

// Writing to a String cannot fail.
fn plain(text: &mut String, name: &str, value: &str) {
    write!(text, "{name}={value}, ").ok();
}

fn quoted(text: &mut String, name: &str, value: &str) {
    write!(text, "{name}=\"").ok();
    for character in value.chars() {
        if matches!(character, '"' | '\\') {
            text.push('\\');
        }
        text.push(character);
    }
    text.push_str("\", ");
}
