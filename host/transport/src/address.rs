//! Where a controller answers: scheme, host and port.

use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

/// The scheme of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// Plain HTTP.
    Http,
    /// HTTP over TLS.
    Https,
    /// IPMI 2.0 over UDP (RMCP+).
    Ipmi,
}

impl Scheme {
    /// The port that an address without one means.
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
            Self::Ipmi => 623,
        }
    }

    /// The scheme as it stands in a URL.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
            Self::Ipmi => "ipmi",
        }
    }
}

/// An origin (RFC 6454): scheme, host and port. It has no user, no path and no query.
///
/// The host is a name in lower case or an IP address, an IPv6 address without its brackets.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Address {
    /// The scheme.
    pub scheme: Scheme,
    /// The host: a name in lower case, or an IP address without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

/// Why a text is no address. A text with a user part is not repeated, for it may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// The scheme is missing or another one.
    #[error("the address {0:?} must start with http://, https:// or ipmi://")]
    Scheme(String),
    /// The address names a user.
    #[error("the address must not name a user or password: keep them as a credential")]
    User,
    /// Something follows the port.
    #[error("the address {0:?} must end after the port: drivers know the paths")]
    Path(String),
    /// The host is missing or holds a character that no host has.
    #[error(
        "the address {0:?} has no valid host: give a name, an IPv4 address or an IPv6 address in brackets"
    )]
    Host(String),
    /// The port is no number from 1 to 65535.
    #[error("the address {0:?} has no valid port: give a number from 1 to 65535")]
    Port(String),
}

impl Address {
    /// The authority as the `Host` header carries it: without the port when it is the scheme's default.
    pub fn authority(&self) -> String {
        let host = self.bracketed_host();
        if self.port == self.scheme.default_port() {
            host
        } else {
            format!("{host}:{}", self.port)
        }
    }

    fn bracketed_host(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]", self.host)
        } else {
            self.host.clone()
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}://{}:{}",
            self.scheme.as_str(),
            self.bracketed_host(),
            self.port
        )
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        if text.contains('@') {
            return Err(AddressError::User);
        }
        let (scheme, rest) = split_scheme(text).ok_or_else(|| AddressError::Scheme(text.to_owned()))?;
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        if authority.contains(['/', '?', '#']) {
            return Err(AddressError::Path(text.to_owned()));
        }
        let (host, port) = split_authority(authority).ok_or_else(|| AddressError::Host(text.to_owned()))?;
        let port = match port {
            None => scheme.default_port(),
            Some(digits) => parse_port(digits).ok_or_else(|| AddressError::Port(text.to_owned()))?,
        };
        Ok(Self { scheme, host, port })
    }
}

/// Splits `http://rest`, `https://rest` and `ipmi://rest`; the scheme's case does not matter (RFC 3986, section 3.1).
pub(crate) fn split_scheme(text: &str) -> Option<(Scheme, &str)> {
    let (scheme, rest) = text.split_once("://")?;
    if scheme.eq_ignore_ascii_case("http") {
        Some((Scheme::Http, rest))
    } else if scheme.eq_ignore_ascii_case("https") {
        Some((Scheme::Https, rest))
    } else if scheme.eq_ignore_ascii_case("ipmi") {
        Some((Scheme::Ipmi, rest))
    } else {
        None
    }
}

fn split_authority(authority: &str) -> Option<(String, Option<&str>)> {
    if let Some(rest) = authority.strip_prefix('[') {
        let (host, tail) = rest.split_once(']')?;
        let host = host.parse::<Ipv6Addr>().ok()?.to_string();
        return match tail.strip_prefix(':') {
            Some(port) => Some((host, Some(port))),
            None if tail.is_empty() => Some((host, None)),
            None => None,
        };
    }
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    };
    let valid = !host.is_empty()
        && host.len() <= 253
        && host
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
    valid.then(|| (host.to_ascii_lowercase(), port))
}

fn parse_port(digits: &str) -> Option<u16> {
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok().filter(|port| *port != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_shown() {
        for (text, shown, authority) in [
            (
                "https://127.0.0.1:8443",
                "https://127.0.0.1:8443",
                "127.0.0.1:8443",
            ),
            (
                "https://X1000C0B0.local",
                "https://x1000c0b0.local:443",
                "x1000c0b0.local",
            ),
            ("HTTP://bmc/", "http://bmc:80", "bmc"),
            ("https://[fe80::0:1]:443", "https://[fe80::1]:443", "[fe80::1]"),
            ("http://[::1]:8000", "http://[::1]:8000", "[::1]:8000"),
            ("ipmi://bmc", "ipmi://bmc:623", "bmc"),
        ] {
            let address: Address = text.parse().unwrap();
            assert_eq!(address.to_string(), shown);
            assert_eq!(address.authority(), authority);
        }
    }

    #[test]
    fn what_is_no_address_is_told_apart() {
        type Kind = fn(&AddressError) -> bool;
        let cases: [(&str, Kind); 12] = [
            ("bmc", |e| matches!(e, AddressError::Scheme(_))),
            ("ftp://bmc", |e| matches!(e, AddressError::Scheme(_))),
            ("https://", |e| matches!(e, AddressError::Host(_))),
            ("https://:443", |e| matches!(e, AddressError::Host(_))),
            ("https://b mc", |e| matches!(e, AddressError::Host(_))),
            ("https://::1", |e| matches!(e, AddressError::Host(_))),
            ("https://[::1", |e| matches!(e, AddressError::Host(_))),
            ("https://[::1]x", |e| matches!(e, AddressError::Host(_))),
            ("https://bmc:0", |e| matches!(e, AddressError::Port(_))),
            ("https://bmc:+1", |e| matches!(e, AddressError::Port(_))),
            ("https://bmc:65536", |e| matches!(e, AddressError::Port(_))),
            ("https://bmc/redfish", |e| matches!(e, AddressError::Path(_))),
        ];
        for (text, expected) in cases {
            let error = text.parse::<Address>().unwrap_err();
            assert!(expected(&error), "{text}: {error}");
        }
    }

    #[test]
    fn a_password_in_an_address_is_refused_and_not_repeated() {
        let error = "https://root:hunter2@bmc".parse::<Address>().unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }
}
