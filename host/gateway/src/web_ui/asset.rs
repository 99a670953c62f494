//! One file of the dashboard and the answer that carries it.

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, StatusCode, header};

/// Files below this have the hash of their content in their name, so that the content of a name never changes.
const HASHED: &str = "assets/";
const FOREVER: &str = "public, max-age=31536000, immutable";
/// Kept by the browser, but asked about each time.
const CHECKED: &str = "no-cache";
/// The name of the form that is not compressed, in entity tags.
const PLAIN: &str = "identity";

/// One embedded file.
#[derive(Debug)]
pub(super) struct Asset {
    /// Its path below the folder of the dashboard.
    pub(super) name: &'static str,
    /// The hash of its content.
    pub(super) hash: &'static str,
    /// Its content.
    pub(super) plain: &'static [u8],
    /// The same compressed by Brotli, where that is smaller.
    pub(super) brotli: Option<&'static [u8]>,
    /// The same compressed by gzip, where that is smaller.
    pub(super) gzip: Option<&'static [u8]>,
}

impl Asset {
    /// The answer to a request with these headers: the smallest form that its sender takes, or nothing new.
    pub(super) fn answer(&'static self, request: &HeaderMap) -> Response {
        let (coding, body) = self.form(request);
        let tag = format!("\"{}-{coding}\"", self.hash);
        let caching = if self.name.starts_with(HASHED) {
            FOREVER
        } else {
            CHECKED
        };
        let known = [
            (header::CACHE_CONTROL, caching),
            (header::ETAG, &tag),
            (header::VARY, "accept-encoding"),
        ];
        if lists(request, &header::IF_NONE_MATCH, |listed| {
            listed == "*" || listed.trim_start_matches("W/") == tag
        }) {
            return (StatusCode::NOT_MODIFIED, known).into_response();
        }
        let kind = [(header::CONTENT_TYPE, self.content_type())];
        if coding == PLAIN {
            return (known, kind, body).into_response();
        }
        (known, kind, [(header::CONTENT_ENCODING, coding)], body).into_response()
    }

    fn form(&self, request: &HeaderMap) -> (&'static str, &'static [u8]) {
        let takes = |coding: &str| {
            lists(request, &header::ACCEPT_ENCODING, |listed| {
                let (name, weight) = listed.split_once(';').unwrap_or((listed, ""));
                let refused = weight
                    .trim()
                    .strip_prefix("q=")
                    .is_some_and(|weight| weight.parse() == Ok(0.0));
                name.trim().eq_ignore_ascii_case(coding) && !refused
            })
        };
        match (self.brotli, self.gzip) {
            (Some(body), _) if takes("br") => ("br", body),
            (_, Some(body)) if takes("gzip") => ("gzip", body),
            _ => (PLAIN, self.plain),
        }
    }

    fn content_type(&self) -> &'static str {
        match self.name.rsplit_once('.').map(|(_, ending)| ending) {
            Some("html") => "text/html; charset=utf-8",
            Some("js") => "text/javascript; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            Some("svg") => "image/svg+xml",
            Some("png") => "image/png",
            Some("woff2") => "font/woff2",
            _ => "application/octet-stream",
        }
    }
}

/// Whether one of the comma-separated values of a header passes.
fn lists(headers: &HeaderMap, name: &HeaderName, passes: impl Fn(&str) -> bool) -> bool {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|value| passes(value.trim()))
}
