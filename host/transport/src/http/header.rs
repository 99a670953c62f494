//! Headers that a driver may send, those the host sends, and those a driver gets to see.

use http::header::{
    ACCEPT, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue, USER_AGENT,
};

use super::Request;
use crate::address::Address;
use crate::fault::Fault;
use crate::limits::{REQUEST_HEADERS_MAX, REQUEST_HEADERS_MAX_BYTES};

/// What the gateway calls itself.
const AGENT: HeaderValue = HeaderValue::from_static(concat!("switchyard/", env!("CARGO_PKG_VERSION")));
/// Some controllers answer 406 without it (Redfish specification DSP0266, section "OData-Version header").
const ODATA_VERSION: HeaderName = HeaderName::from_static("odata-version");
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const CLOSE: HeaderValue = HeaderValue::from_static("close");

/// Headers that are the host's alone; every `proxy-` header is one, too.
const RESERVED: [&str; 12] = [
    "authorization",
    "connection",
    "content-length",
    "cookie",
    "expect",
    "host",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "x-auth-token",
];

/// Headers of answers that drivers do not see, for they open a session.
const HIDDEN: [&str; 2] = ["set-cookie", "x-auth-token"];

/// The headers of a request: the driver's, and the host's save for `Authorization`.
pub(crate) fn request_headers(request: &Request, address: &Address) -> Result<HeaderMap, Fault> {
    let mut headers = drivers_headers(request)?;
    headers.entry(ACCEPT).or_insert(JSON);
    headers
        .entry(ODATA_VERSION)
        .or_insert(const { HeaderValue::from_static("4.0") });
    headers.entry(USER_AGENT).or_insert(AGENT);
    let host = HeaderValue::try_from(address.authority())
        .map_err(|_| Fault::refused("the controller's address cannot be sent as a Host header"))?;
    headers.insert(HOST, host);
    if !request.body.is_empty() {
        headers.entry(CONTENT_TYPE).or_insert(JSON);
    } else if !request.method.reads() {
        // Some controllers answer 411 to a POST without a length.
        headers.insert(CONTENT_LENGTH, HeaderValue::from(0));
    }
    Ok(headers)
}

fn drivers_headers(request: &Request) -> Result<HeaderMap, Fault> {
    let size: usize = request
        .headers
        .iter()
        .map(|(name, value)| name.len() + value.len())
        .sum();
    if request.headers.len() > REQUEST_HEADERS_MAX || size > REQUEST_HEADERS_MAX_BYTES {
        return Err(Fault::refused(format!(
            "a request may have {REQUEST_HEADERS_MAX} headers of {REQUEST_HEADERS_MAX_BYTES} bytes together"
        )));
    }
    let mut headers = HeaderMap::with_capacity(request.headers.len() + 6);
    for (name, value) in &request.headers {
        let name = HeaderName::try_from(name).map_err(|_| {
            let shown: String = name.chars().take(64).collect();
            Fault::refused(format!("{shown:?} is no header name"))
        })?;
        if closes(&name, value) {
            headers.insert(CONNECTION, CLOSE);
            continue;
        }
        if RESERVED.contains(&name.as_str()) || name.as_str().starts_with("proxy-") {
            return Err(Fault::refused(format!(
                "the header {name} is the host's: leave it out"
            )));
        }
        let value = HeaderValue::try_from(value).map_err(|_| {
            Fault::refused(format!(
                "the value of the header {name} holds a control character"
            ))
        })?;
        headers.append(name, value);
    }
    Ok(headers)
}

/// The one thing that a driver may say about the connection: that it ends with this request. Some controllers cannot bear more.
fn closes(name: &HeaderName, value: &str) -> bool {
    *name == CONNECTION && value.eq_ignore_ascii_case("close")
}

/// The headers of an answer as drivers see them.
pub(crate) fn answer_headers(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .filter(|(name, _)| !HIDDEN.contains(&name.as_str()))
        .map(|(name, value)| {
            (
                name.as_str().to_owned(),
                String::from_utf8_lossy(value.as_bytes()).into_owned(),
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::Method;
    use super::*;

    fn headers(method: Method, given: &[(&str, &str)], body: &'static str) -> Result<HeaderMap, Fault> {
        let request = Request {
            headers: given
                .iter()
                .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
                .collect(),
            body: body.into(),
            ..Request::new(method, "/")
        };
        request_headers(&request, &"https://bmc".parse().unwrap())
    }

    #[test]
    fn the_headers_that_redfish_wants_are_always_there() {
        let get = headers(Method::Get, &[], "").unwrap();
        assert_eq!(get["accept"], "application/json");
        assert_eq!(get["odata-version"], "4.0");
        assert_eq!(get["host"], "bmc");
        assert!(get["user-agent"].to_str().unwrap().starts_with("switchyard/"));
        assert!(!get.contains_key("content-type") && !get.contains_key("content-length"));
        assert_eq!(headers(Method::Post, &[], "").unwrap()["content-length"], "0");
        assert_eq!(
            headers(Method::Post, &[], "{}").unwrap()["content-type"],
            "application/json"
        );
    }

    #[test]
    fn a_driver_may_choose_what_is_not_reserved() {
        let given = [
            ("Accept", "text/xml"),
            ("If-Match", "W/\"1\""),
            ("Content-Type", "text/xml"),
        ];
        let post = headers(Method::Post, &given, "<x/>").unwrap();
        assert_eq!(post["accept"], "text/xml");
        assert_eq!(post["if-match"], "W/\"1\"");
        assert_eq!(post["content-type"], "text/xml");
    }

    #[test]
    fn reserved_and_broken_headers_are_refused() {
        for name in
            RESERVED
                .iter()
                .copied()
                .chain(["Authorization", "HOST", "Proxy-Authorization", "proxy-x"])
        {
            let fault = headers(Method::Get, &[(name, "x")], "").expect_err(name);
            assert!(fault.text.contains("is the host's"), "{}", fault.text);
        }
        for (name, value) in [
            ("", "x"),
            ("a b", "x"),
            ("a\r\nb", "x"),
            ("a", "x\r\ny: z"),
            ("a", "\0"),
        ] {
            assert!(headers(Method::Get, &[(name, value)], "").is_err(), "{name:?}");
        }
        assert!(headers(Method::Get, &[("a", "x"); REQUEST_HEADERS_MAX + 1], "").is_err());
        let long = "x".repeat(REQUEST_HEADERS_MAX_BYTES);
        assert!(headers(Method::Get, &[("a", &long)], "").is_err());
    }

    #[test]
    fn a_driver_may_end_the_connection_and_nothing_else_of_it() {
        let post = headers(Method::Post, &[("Connection", "close")], "{}").unwrap();
        assert_eq!(post["connection"], "close");
        assert!(headers(Method::Post, &[("connection", "upgrade")], "{}").is_err());
    }

    #[test]
    fn session_secrets_stay_with_the_host() {
        let mut map = HeaderMap::new();
        map.insert("x-auth-token", HeaderValue::from_static("t"));
        map.insert("set-cookie", HeaderValue::from_static("c"));
        map.insert("etag", HeaderValue::from_static("e"));
        assert_eq!(answer_headers(&map), [("etag".to_owned(), "e".to_owned())]);
    }
}
