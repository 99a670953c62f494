//! `[pcs]`

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::layers::Layers;

/// Prefixes under which PCS is reached behind the gateways of CSM, and by clients that put one into their base address.
const PREFIXES_DEFAULT: &str = "/apis/power-control, /power-control";
/// What no prefix may begin with, since it is a path of the service.
const OWN: [&str; 6] = ["/v1", "/v2", "/ui", "/docs", "/metrics", "/transitions"];

/// How the API of the Power Control Service is served.
#[derive(Debug, Clone)]
pub struct Pcs {
    /// Prefixes under which every path is served as well.
    pub prefixes: Arc<[Prefix]>,
    /// Finished transitions that v1 shows, newest first, and as many power-cap tasks.
    pub max_num_completed: u32,
}

pub(super) fn read(layers: &mut Layers<'_>) -> Pcs {
    let default = Prefixes::from_str(PREFIXES_DEFAULT).unwrap_or_default();
    Pcs {
        prefixes: layers.parsed("pcs.prefixes", default).0.into(),
        max_num_completed: layers.number("pcs.max_num_completed", 20_000, 1..=1_000_000),
    }
}

/// A path that stands before others, such as `/apis/power-control`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prefix(String);

impl Prefix {
    /// The prefix, with the slash at its beginning and none at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Prefix {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte);
        let well_formed =
            text.starts_with('/') && !text.ends_with('/') && !text.contains("//") && text.bytes().all(plain);
        if !well_formed {
            return Err(format!(
                "{text:?} is no prefix: one begins with a slash, ends without one, and has letters, digits, `-`, `_`, `.` and `~`"
            ));
        }
        let is_below = |own: &str| {
            text.strip_prefix(own)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        match OWN.into_iter().find(|own| is_below(own)) {
            Some(own) => Err(format!("{own} is a path of the service and can be no prefix")),
            None => Ok(Self(text.to_owned())),
        }
    }
}

/// Prefixes with commas between them.
#[derive(Debug, Default)]
struct Prefixes(Vec<Prefix>);

impl FromStr for Prefixes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let prefixes = text.split(',').map(str::trim).filter(|prefix| !prefix.is_empty());
        prefixes.map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

impl fmt::Display for Prefixes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<&str> = self.0.iter().map(Prefix::as_str).collect();
        f.write_str(&texts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_paths_that_are_not_the_services_own() {
        let prefixes: Prefixes = PREFIXES_DEFAULT.parse().unwrap();
        assert_eq!(prefixes.to_string(), PREFIXES_DEFAULT);
        assert!("".parse::<Prefixes>().unwrap().0.is_empty());
        for bad in ["pcs", "/pcs/", "/", "/a//b", "/a?b", "/v1", "/v2/pcs", "/ui"] {
            assert!(bad.parse::<Prefixes>().is_err(), "{bad}");
        }
        assert!("/v11".parse::<Prefix>().is_ok());
    }
}
