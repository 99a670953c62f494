//! The URLs of receivers.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use reqwest::Url;

use super::reach::{Reach, Refused};

/// The longest URL, in bytes.
pub const URL_MAX_BYTES: usize = 2_048;

/// The URL of a receiver: http or https, with a host, without a user. It may hold a token, so it is shown without its query.
#[derive(Clone, PartialEq, Eq)]
pub struct ReceiverUrl(Url);

/// A text that is no URL of a receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// It is too long.
    #[error("a URL has at most {URL_MAX_BYTES} bytes")]
    TooLong,
    /// It is no URL.
    #[error("this is no absolute URL")]
    NoUrl,
    /// It has a scheme that is not served.
    #[error("a URL begins with https:// or http://")]
    Scheme,
    /// It names a user or a password.
    #[error("a URL holds no user and no password; what is sent is signed")]
    User,
    /// It has a fragment, which is never sent.
    #[error("a URL has no fragment (`#...`)")]
    Fragment,
    /// It has no host or no usable port.
    #[error("a URL has a host, and a port other than 0")]
    Host,
}

impl FromStr for ReceiverUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        if text.len() > URL_MAX_BYTES {
            return Err(UrlError::TooLong);
        }
        let url: Url = text.parse().map_err(|_| UrlError::NoUrl)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(UrlError::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(UrlError::User);
        }
        if url.fragment().is_some() {
            return Err(UrlError::Fragment);
        }
        if url.host().is_none() || url.port() == Some(0) {
            return Err(UrlError::Host);
        }
        Ok(Self(url))
    }
}

impl ReceiverUrl {
    /// The whole text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    pub(super) fn url(&self) -> &Url {
        &self.0
    }

    /// Checks an address that is written in the URL; the address of a name is checked when it is connected to.
    pub(super) fn check(&self, reach: &Reach) -> Result<(), Refused> {
        let host = self.0.host_str().unwrap_or_default();
        let literal = host.trim_start_matches('[').trim_end_matches(']');
        match literal.parse::<IpAddr>() {
            Ok(address) => reach.check(address),
            Err(_) => Ok(()),
        }
    }
}

/// Without the query, which may hold a token.
impl fmt::Display for ReceiverUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.as_str();
        match text.split_once('?') {
            Some((before, _)) => write!(f, "{before}?..."),
            None => f.write_str(text),
        }
    }
}

impl fmt::Debug for ReceiverUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReceiverUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<ReceiverUrl, UrlError> {
        text.parse()
    }

    #[test]
    fn only_plain_web_addresses_are_taken() {
        assert!(parse("https://a.example:8443/x/y?z=1").is_ok());
        assert!(parse("http://[2606:4700::1111]/").is_ok());
        let cases = [
            ("", UrlError::NoUrl),
            ("/x", UrlError::NoUrl),
            ("ftp://a.example/", UrlError::Scheme),
            ("file:///etc/passwd", UrlError::Scheme),
            ("javascript:alert(1)", UrlError::Scheme),
            ("https://user@a.example/", UrlError::User),
            ("https://:secret@a.example/", UrlError::User),
            ("https://a.example/#x", UrlError::Fragment),
            ("https://a.example:0/", UrlError::Host),
        ];
        for (text, error) in cases {
            assert_eq!(parse(text), Err(error), "{text}");
        }
        let long = format!("https://a.example/{}", "x".repeat(URL_MAX_BYTES));
        assert_eq!(parse(&long), Err(UrlError::TooLong));
    }

    #[test]
    fn an_address_is_refused_however_it_is_written() {
        let reach = Reach::default();
        for text in [
            "http://127.0.0.1/",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f.0.0.1/",
            "http://0177.0.0.1/",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://169.254.169.254/latest/meta-data/",
        ] {
            assert!(parse(text).unwrap().check(&reach).is_err(), "{text}");
        }
        assert!(parse("http://1.1.1.1/").unwrap().check(&reach).is_ok());
        assert!(parse("http://a.example/").unwrap().check(&reach).is_ok());
    }

    #[test]
    fn a_token_in_the_query_is_not_shown() {
        let url = parse("https://a.example/hook?token=hunter2").unwrap();
        assert_eq!(url.to_string(), "https://a.example/hook?...");
        assert!(!format!("{url:?}").contains("hunter2"));
        assert!(url.as_str().ends_with("hunter2"));
    }
}
