//! Which addresses a receiver may have.
//!
//! A URL may name any host, and a name may lead anywhere, differently each time it is asked for. So what is judged is the address that
//! is connected to: by the resolver of the HTTP client for names, and before each attempt for addresses written in the URL.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

/// Networks that belong to somebody's own ground. `allow_private` opens them.
const PRIVATE: &[(&str, &str)] = &[
    ("127.0.0.0/8", "a loopback address"),
    ("10.0.0.0/8", "a private address"),
    ("172.16.0.0/12", "a private address"),
    ("192.168.0.0/16", "a private address"),
    ("100.64.0.0/10", "an address behind a provider's translation"),
    ("::1/128", "a loopback address"),
    ("fc00::/7", "a private address"),
];

/// Networks where no receiver lives. Only a network that is listed by name opens them.
const CLOSED: &[(&str, &str)] = &[
    ("0.0.0.0/8", "an unspecified address"),
    (
        "169.254.0.0/16",
        "a link-local address, where cloud metadata is served",
    ),
    ("168.63.129.16/32", "an address where cloud metadata is served"),
    ("192.0.0.0/24", "a reserved address"),
    ("192.0.2.0/24", "an address of documentation"),
    ("198.51.100.0/24", "an address of documentation"),
    ("203.0.113.0/24", "an address of documentation"),
    ("198.18.0.0/15", "an address of benchmarks"),
    ("224.0.0.0/4", "a multicast address"),
    ("240.0.0.0/4", "a reserved address"),
    ("::/128", "an unspecified address"),
    ("64:ff9b:1::/48", "an address of a local translation"),
    ("100::/64", "an address where everything is discarded"),
    ("2001::/32", "an address of a tunnel"),
    ("2001:db8::/32", "an address of documentation"),
    ("fd00:ec2::254/128", "an address where cloud metadata is served"),
    ("fe80::/10", "a link-local address"),
    ("fec0::/10", "a site-local address"),
    ("ff00::/8", "a multicast address"),
];

/// Which addresses may be connected to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    /// Whether loopback and private addresses may be connected to.
    pub private: bool,
    /// Networks that may be connected to whatever they are.
    pub networks: Vec<IpNet>,
}

/// An address that may not be connected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{address} is {what}, which is refused unless the configuration allows it")]
pub struct Refused {
    /// The address.
    pub address: IpAddr,
    /// What is wrong with it.
    pub what: &'static str,
}

impl Reach {
    /// Whether an address may be connected to.
    pub fn check(&self, address: IpAddr) -> Result<(), Refused> {
        let meant = meant(address);
        if self.networks.iter().any(|network| network.contains(&meant)) {
            return Ok(());
        }
        let closed = find(CLOSED, meant);
        match closed.or_else(|| find(PRIVATE, meant).filter(|_| !self.private)) {
            Some(what) => Err(Refused { address, what }),
            None => Ok(()),
        }
    }
}

fn find(networks: &[(&str, &'static str)], address: IpAddr) -> Option<&'static str> {
    networks
        .iter()
        .find(|(network, _)| {
            network
                .parse()
                .is_ok_and(|network: IpNet| network.contains(&address))
        })
        .map(|(_, what)| *what)
}

/// The address that packets for this one reach in the end: IPv6 has several ways to write an address of IPv4.
fn meant(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => embedded(v6).map_or(address, IpAddr::V4),
    }
}

fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let low = |high: u16, low: u16| {
        let [[a, b], [c, d]] = [high.to_be_bytes(), low.to_be_bytes()];
        Ipv4Addr::new(a, b, c, d)
    };
    match address.segments() {
        // `::` and `::1` are addresses of their own.
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        // Mapped (RFC 4291, 2.5.5.2), compatible (2.5.5.1), translated (RFC 2765, RFC 6052) and 6to4 addresses (RFC 3056).
        [0, 0, 0, 0, 0, 0 | 0xffff, a, b]
        | [0, 0, 0, 0, 0xffff, 0, a, b]
        | [0x64, 0xff9b, 0, 0, 0, 0, a, b]
        | [0x2002, a, b, ..] => Some(low(a, b)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLIC: [&str; 6] = [
        "1.1.1.1",
        "172.32.0.1",
        "100.128.0.1",
        "2606:4700:4700::1111",
        "::ffff:1.1.1.1",
        "64:ff9b::1.1.1.1",
    ];
    const OWN: [&str; 12] = [
        "127.0.0.1",
        "127.255.255.254",
        "10.1.2.3",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.0.1",
        "100.64.0.1",
        "100.100.100.200",
        "::1",
        "fd12:3456::1",
        "::ffff:127.0.0.1",
        "2002:7f00:1::",
    ];
    const NOWHERE: [&str; 21] = [
        "0.0.0.0",
        "0.1.2.3",
        "169.254.169.254",
        "168.63.129.16",
        "192.0.0.192",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "239.255.255.250",
        "255.255.255.255",
        "::",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "fd00:ec2::254",
        "2001:db8::1",
        "2001:0:1::1",
        "64:ff9b:1::1",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "2002:a9fe:a9fe::",
    ];

    fn allowed(reach: &Reach, address: &str) -> bool {
        reach.check(address.parse().unwrap()).is_ok()
    }

    #[test]
    fn only_public_addresses_are_reached_by_default() {
        let reach = Reach::default();
        assert!(PUBLIC.iter().all(|address| allowed(&reach, address)));
        for address in OWN.iter().chain(&NOWHERE) {
            assert!(!allowed(&reach, address), "{address}");
        }
    }

    #[test]
    fn private_ones_are_reached_where_that_is_allowed_and_never_those_of_metadata() {
        let reach = Reach {
            private: true,
            networks: Vec::new(),
        };
        for address in PUBLIC.iter().chain(&OWN) {
            assert!(allowed(&reach, address), "{address}");
        }
        for address in NOWHERE {
            assert!(!allowed(&reach, address), "{address}");
        }
    }

    #[test]
    fn a_listed_network_is_reached_and_nothing_beside_it() {
        let reach = Reach {
            private: false,
            networks: vec!["10.1.0.0/16".parse().unwrap(), "fe80::/10".parse().unwrap()],
        };
        for address in ["10.1.2.3", "::ffff:10.1.2.3", "fe80::1"] {
            assert!(allowed(&reach, address), "{address}");
        }
        for address in ["10.2.0.1", "127.0.0.1", "169.254.169.254"] {
            assert!(!allowed(&reach, address), "{address}");
        }
    }

    #[test]
    fn every_network_of_the_tables_is_one() {
        for (network, _) in PRIVATE.iter().chain(CLOSED) {
            assert!(network.parse::<IpNet>().is_ok(), "{network}");
        }
    }

    #[test]
    fn a_refusal_names_the_address_as_it_was_written() {
        let error = Reach::default()
            .check("::ffff:10.0.0.1".parse().unwrap())
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "::ffff:10.0.0.1 is a private address, which is refused unless the configuration allows it"
        );
    }
}
