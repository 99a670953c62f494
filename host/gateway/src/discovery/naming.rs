//! The names that an administrator gives to hosts.

use std::collections::{BTreeMap, HashSet};
use std::net::{IpAddr, SocketAddr};

use switchyard_core::ControllerId;
use switchyard_xname::NameSet;

use super::Host;

/// Which hosts are meant, and what they are to be called.
#[derive(Debug, Clone)]
pub enum Names {
    /// The hosts of a set expression over addresses get the names of another one, both in order.
    Pattern {
        /// Addresses such as `10.4.7.[1-8]`, with a port where two hosts share the address.
        hosts: Vec<String>,
        /// Names such as `x1000c0s[0-7]b0`, as many as hosts.
        names: String,
    },
    /// Each host gets its own.
    Map(BTreeMap<String, String>),
}

/// Why hosts get no names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NamingError {
    /// A set expression cannot be read.
    #[error("{expression:?}: {why}")]
    Expression {
        /// The expression.
        expression: String,
        /// What is wrong with it.
        why: String,
    },
    /// An address is none.
    #[error("{0:?} is no address")]
    Address(String),
    /// Nothing was found at an address.
    #[error("the discovery found nothing at {0}")]
    NotFound(String),
    /// Several things were found at an address.
    #[error("several hosts answer at {0}; name the port, as in {0}:443")]
    Several(String),
    /// There are more hosts than names, or fewer.
    #[error("{hosts} hosts and {names} names do not go together")]
    Count {
        /// Hosts.
        hosts: usize,
        /// Names.
        names: usize,
    },
    /// A name is none.
    #[error("{name:?} is no name for a controller: {why}")]
    Name {
        /// The name.
        name: String,
        /// What is wrong with it.
        why: String,
    },
    /// A name is given twice.
    #[error("the name {0} is given twice")]
    Twice(String),
}

impl Names {
    /// The places of the hosts that are meant, with their names.
    ///
    /// # Errors
    /// When one of them is not meant clearly.
    pub fn assign(&self, found: &[Host]) -> Result<Vec<(usize, ControllerId)>, NamingError> {
        let pairs = match self {
            Self::Map(map) => map
                .iter()
                .map(|(address, name)| Ok((place(address, found)?, name.clone())))
                .collect::<Result<Vec<_>, _>>()?,
            Self::Pattern { hosts, names } => {
                let hosts = places(hosts, found)?;
                let names = set(names)?;
                if hosts.len() != names.len() {
                    return Err(NamingError::Count {
                        hosts: hosts.len(),
                        names: names.len(),
                    });
                }
                let names = names.iter().map(|name| name.as_str().to_owned());
                hosts.into_iter().zip(names).collect()
            }
        };
        let mut given = HashSet::new();
        pairs
            .into_iter()
            .map(|(place, name)| {
                if !given.insert(name.clone()) {
                    return Err(NamingError::Twice(name));
                }
                match ControllerId::parse(&name) {
                    Ok(id) => Ok((place, id)),
                    Err(error) => Err(NamingError::Name {
                        name,
                        why: error.to_string(),
                    }),
                }
            })
            .collect()
    }
}

fn set(expression: &str) -> Result<NameSet, NamingError> {
    NameSet::parse_names(expression).map_err(|error| NamingError::Expression {
        expression: expression.to_owned(),
        why: error.to_string(),
    })
}

/// The places of the hosts at some addresses, in the order of the discovery, each once.
fn places(expressions: &[String], found: &[Host]) -> Result<Vec<usize>, NamingError> {
    let mut places = Vec::new();
    for expression in expressions {
        for address in set(expression)? {
            places.push(place(address.as_str(), found)?);
        }
    }
    places.sort_unstable();
    places.dedup();
    Ok(places)
}

/// The place of the one host at an address, which may be written with its port, or whole as the discovery shows it.
pub(super) fn place(text: &str, found: &[Host]) -> Result<usize, NamingError> {
    let bare = text.split_once("://").map_or(text, |(_, rest)| rest);
    let is_meant = |host: &Host| {
        if text.contains("://") {
            return host.address.to_string() == text;
        }
        match (bare.parse::<SocketAddr>(), bare.parse::<IpAddr>()) {
            (Ok(socket), _) => host.socket == socket,
            (_, Ok(address)) => host.socket.ip() == address,
            _ => false,
        }
    };
    if bare.parse::<SocketAddr>().is_err() && bare.parse::<IpAddr>().is_err() {
        return Err(NamingError::Address(text.to_owned()));
    }
    let mut meant = found.iter().enumerate().filter(|(_, host)| is_meant(host));
    match (meant.next(), meant.next()) {
        (Some((place, _)), None) => Ok(place),
        (Some(_), Some(_)) => Err(NamingError::Several(text.to_owned())),
        (None, _) => Err(NamingError::NotFound(text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Says, Standing};
    use super::*;

    fn host(address: &str) -> Host {
        let address: switchyard_transport::Address = address.parse().unwrap();
        Host {
            socket: SocketAddr::new(address.host.parse().unwrap(), address.port),
            address,
            says: Says::default(),
            certificate: None,
            known_as: None,
            standing: Standing::Found,
        }
    }

    fn found() -> Vec<Host> {
        ["https://10.0.0.2", "https://10.0.0.10", "http://10.0.0.10"]
            .map(host)
            .into()
    }

    fn pattern(hosts: &str, names: &str) -> Result<Vec<(usize, String)>, NamingError> {
        let names = Names::Pattern {
            hosts: vec![hosts.to_owned()],
            names: names.to_owned(),
        };
        let assigned = names.assign(&found())?;
        Ok(assigned
            .into_iter()
            .map(|(place, id)| (place, id.to_string()))
            .collect())
    }

    #[test]
    fn names_follow_the_order_of_the_addresses() {
        let assigned = pattern("10.0.0.[2,10]:443", "x0c0s[0-1]b0").unwrap();
        assert_eq!(assigned, [(0, "x0c0s0b0".to_owned()), (1, "x0c0s1b0".to_owned())]);
        let map = Names::Map([("http://10.0.0.10:80".to_owned(), "rack1-n3".to_owned())].into());
        assert_eq!(map.assign(&found()).unwrap()[0].0, 2);
    }

    #[test]
    fn what_is_not_clear_is_refused() {
        assert_eq!(
            pattern("10.0.0.10", "a"),
            Err(NamingError::Several("10.0.0.10".to_owned()))
        );
        assert_eq!(
            pattern("10.0.0.3", "a"),
            Err(NamingError::NotFound("10.0.0.3".to_owned()))
        );
        assert_eq!(
            pattern("10.0.0.2", "a,b"),
            Err(NamingError::Count { hosts: 1, names: 2 })
        );
        assert_eq!(pattern("bmc", "a"), Err(NamingError::Address("bmc".to_owned())));
        let twice = Names::Map(
            [
                ("10.0.0.2".to_owned(), "a".to_owned()),
                ("10.0.0.10:80".to_owned(), "a".to_owned()),
            ]
            .into(),
        );
        assert_eq!(twice.assign(&found()), Err(NamingError::Twice("a".to_owned())));
    }
}
