//! From what people write to the addresses that are asked.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use ipnet::IpNet;
use switchyard_transport::Scheme;
use switchyard_xname::NameSet;

use super::ADDRESSES_MAX;

/// What is spoken where a range does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protocol {
    /// Redfish over TLS.
    Https,
    /// Redfish over plain HTTP.
    Http,
    /// IPMI.
    Ipmi,
}

impl Protocol {
    /// Every protocol.
    pub const ALL: [Self; 3] = [Self::Https, Self::Http, Self::Ipmi];

    /// The protocol of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|protocol| protocol.scheme().as_str() == name)
    }

    /// The scheme of its addresses.
    pub const fn scheme(self) -> Scheme {
        match self {
            Self::Https => Scheme::Https,
            Self::Http => Scheme::Http,
            Self::Ipmi => Scheme::Ipmi,
        }
    }
}

/// One question to one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// Where.
    pub socket: SocketAddr,
    /// In which protocol.
    pub protocol: Protocol,
}

/// Why a range names no addresses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RangeError {
    /// It is written in no way that is known.
    #[error(
        "{0:?} is no range of addresses; write 10.4.7.0/24, 10.4.8.1-10.4.8.50, 10.4.9.[1-32] or 10.4.9.1, with :port and https:// in front where needed"
    )]
    Syntax(String),
    /// It runs backwards, or from one kind of address to another.
    #[error("the range {0:?} does not ascend")]
    Descending(String),
    /// All of it is too much.
    #[error("the ranges hold more than {ADDRESSES_MAX} addresses; ask for them in parts")]
    TooMany,
    /// Nothing is asked for.
    #[error("no range is named")]
    Empty,
}

/// The questions that ranges stand for, in order, each once.
///
/// # Errors
/// When a range is no range, or all together are too many.
pub fn targets(ranges: &[String], protocols: &[Protocol]) -> Result<Vec<Target>, RangeError> {
    let mut targets = BTreeSet::new();
    for range in ranges {
        let (protocols, rest) = match range.trim().split_once("://") {
            Some((name, rest)) => {
                let protocol = Protocol::from_name(name).ok_or_else(|| RangeError::Syntax(range.clone()))?;
                (vec![protocol], rest)
            }
            None => (protocols.to_vec(), range.trim()),
        };
        let (addresses, port) = addresses(rest).map_err(|fault| fault.of(range))?;
        for protocol in protocols {
            let port = port.unwrap_or(protocol.scheme().default_port());
            for address in &addresses {
                let socket = SocketAddr::new(*address, port);
                targets.insert(Target { socket, protocol });
            }
        }
        if targets.len() > ADDRESSES_MAX {
            return Err(RangeError::TooMany);
        }
    }
    if targets.is_empty() {
        return Err(RangeError::Empty);
    }
    Ok(targets.into_iter().collect())
}

enum Fault {
    Syntax,
    Descending,
    TooMany,
}

impl Fault {
    fn of(self, range: &str) -> RangeError {
        match self {
            Self::Syntax => RangeError::Syntax(range.to_owned()),
            Self::Descending => RangeError::Descending(range.to_owned()),
            Self::TooMany => RangeError::TooMany,
        }
    }
}

/// The addresses of one range, and its port.
fn addresses(text: &str) -> Result<(Vec<IpAddr>, Option<u16>), Fault> {
    if let Ok(network) = text.parse::<IpNet>() {
        let hosts: Vec<_> = network.hosts().take(ADDRESSES_MAX + 1).collect();
        return bounded(hosts).map(|hosts| (hosts, None));
    }
    let (text, port) = split_port(text)?;
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok((vec![address], port));
    }
    if text.contains(['[', ',']) {
        let names = NameSet::parse_names(text).map_err(|_| Fault::Syntax)?;
        let parsed = names
            .iter()
            .map(|name| name.as_str().parse().map_err(|_| Fault::Syntax));
        return Ok((bounded(parsed.collect::<Result<_, _>>()?)?, port));
    }
    let (first, last) = text.split_once('-').ok_or(Fault::Syntax)?;
    let parse = |text: &str| text.trim().parse::<IpAddr>().map_err(|_| Fault::Syntax);
    Ok((between(parse(first)?, parse(last)?)?, port))
}

/// Splits the port off. An IPv6 address has one only when it stands in brackets.
fn split_port(text: &str) -> Result<(&str, Option<u16>), Fault> {
    if text.parse::<IpAddr>().is_ok() {
        return Ok((text, None));
    }
    if let Some((address, port)) = text.strip_prefix('[').and_then(|rest| rest.rsplit_once("]:"))
        && address.contains(':')
    {
        return Ok((address, Some(port.parse().map_err(|_| Fault::Syntax)?)));
    }
    match text.rsplit_once(':') {
        Some((address, port)) if !address.contains(':') => {
            Ok((address, Some(port.parse().map_err(|_| Fault::Syntax)?)))
        }
        _ => Ok((text, None)),
    }
}

fn between(first: IpAddr, last: IpAddr) -> Result<Vec<IpAddr>, Fault> {
    match (first, last) {
        (IpAddr::V4(first), IpAddr::V4(last)) if first <= last => {
            let range = u32::from(first)..=u32::from(last);
            bounded(
                range
                    .take(ADDRESSES_MAX + 1)
                    .map(|bits| Ipv4Addr::from(bits).into())
                    .collect(),
            )
        }
        (IpAddr::V6(first), IpAddr::V6(last)) if first <= last => {
            let range = u128::from(first)..=u128::from(last);
            bounded(
                range
                    .take(ADDRESSES_MAX + 1)
                    .map(|bits| Ipv6Addr::from(bits).into())
                    .collect(),
            )
        }
        _ => Err(Fault::Descending),
    }
}

fn bounded(addresses: Vec<IpAddr>) -> Result<Vec<IpAddr>, Fault> {
    if addresses.len() > ADDRESSES_MAX {
        Err(Fault::TooMany)
    } else {
        Ok(addresses)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(ranges: &[&str]) -> Result<Vec<String>, RangeError> {
        let ranges: Vec<_> = ranges.iter().map(|range| (*range).to_owned()).collect();
        let targets = targets(&ranges, &[Protocol::Https])?;
        let show = |target: &Target| format!("{}://{}", target.protocol.scheme().as_str(), target.socket);
        Ok(targets.iter().map(show).collect())
    }

    #[test]
    fn ranges_are_written_in_many_ways() {
        assert_eq!(
            asked(&["10.0.0.0/30"]).unwrap(),
            ["https://10.0.0.1:443", "https://10.0.0.2:443"]
        );
        assert_eq!(
            asked(&["127.1.0.[1-2]:8443", "127.1.0.1:8443"]).unwrap(),
            ["https://127.1.0.1:8443", "https://127.1.0.2:8443"]
        );
        assert_eq!(
            asked(&["10.0.0.255-10.0.1.0", "ipmi://10.0.0.7"]).unwrap(),
            [
                "ipmi://10.0.0.7:623",
                "https://10.0.0.255:443",
                "https://10.0.1.0:443"
            ]
        );
        assert_eq!(
            asked(&["http://[fd00::1]:8000"]).unwrap(),
            ["http://[fd00::1]:8000"]
        );
        assert_eq!(asked(&["fd00::1"]).unwrap(), ["https://[fd00::1]:443"]);
    }

    #[test]
    fn what_is_no_range_or_too_much_is_refused() {
        for text in [
            "",
            "bmc.example",
            "10.0.0",
            "10.0.0.1:port",
            "ftp://10.0.0.1",
            "10.0.0.[1-",
            "10.0.0.[250-260]",
        ] {
            assert!(matches!(asked(&[text]), Err(RangeError::Syntax(_))), "{text}");
        }
        assert!(matches!(
            asked(&["10.0.0.9-10.0.0.1"]),
            Err(RangeError::Descending(_))
        ));
        assert_eq!(asked(&["10.0.0.0/8"]), Err(RangeError::TooMany));
        assert_eq!(asked(&["fd00::/64"]), Err(RangeError::TooMany));
        assert_eq!(
            asked(&["10.0.0.0-10.0.255.255", "10.1.0.1"]),
            Err(RangeError::TooMany)
        );
        assert_eq!(asked(&[]), Err(RangeError::Empty));
    }
}
