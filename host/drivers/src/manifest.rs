//! `driver.toml`: what a driver says of itself.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use switchyard_core::Fact;

use crate::contract::Contract;
use crate::digest::ComponentDigest;
use crate::grants::{Capability, Grants};
use crate::limits::{CPU_TICK, Limits, MANIFEST_MAX_BYTES};
use crate::version::Version;

/// The most paths for queries.
const QUERY_PATHS_MAX: usize = 8;
/// The longest path for queries, in bytes.
const QUERY_PATH_MAX_BYTES: usize = 256;
/// The longest id, in bytes.
const ID_MAX_BYTES: usize = 64;

/// Why a manifest cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// The text is too large.
    #[error("the manifest has {0} bytes, more than {MANIFEST_MAX_BYTES}")]
    TooLarge(usize),
    /// The text is no TOML, or has a key that is unknown or missing.
    #[error("the manifest cannot be read")]
    Toml(#[from] toml::de::Error),
    /// The driver is made for another version of the contract.
    #[error("the manifest's `wit` is {0:?}, and this host speaks {known}: build the driver against one of these, or upgrade the service", known = Contract::names())]
    Contract(String),
    /// A value is not allowed.
    #[error("the manifest's `{key}` is {value:?}: {rule}")]
    Value {
        /// The key.
        key: &'static str,
        /// Its value.
        value: String,
        /// What it must be.
        rule: &'static str,
    },
}

/// A parsed manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The driver's id: lower-case letters, digits and hyphens.
    pub id: String,
    /// The driver's version.
    pub version: Version,
    /// The version of the contract that it is made for.
    pub contract: Contract,
    /// A line for people.
    pub summary: String,
    /// What the driver was built from, when it says so.
    pub basis: Option<Basis>,
    /// A sentence for people about [`Manifest::basis`]: which devices, documents or scenarios.
    pub evidence: Option<String>,
    /// SHA-256 of the component, when the manifest pins it.
    pub sha256: Option<ComponentDigest>,
    /// What the driver wants of the host.
    pub wants: Grants,
    /// The paths to which the driver may POST requests that only ask. The host checks of each that it does.
    pub queries: Arc<[String]>,
    /// The limits that the driver sets itself; the host's are the ceiling.
    pub limits: Limits,
    /// At which addresses the driver can be asked to recognise what answers.
    pub probe: Option<Probe>,
    /// When the driver is the right one for a BMC.
    pub rules: Vec<Rule>,
}

/// At which addresses a driver can be asked to recognise what answers there. A dialect has none: it is chosen by what a driver of its
/// protocol finds out.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Probe {
    /// The schemes of the addresses, such as `https`.
    pub schemes: Vec<String>,
    /// The only ports; any when there are none.
    #[serde(default)]
    pub ports: Vec<u16>,
}

/// How closely an address fits what a driver can recognise. The closest fit is asked first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// The driver names the port.
    Port,
    /// The driver takes any port of the scheme.
    Scheme,
}

/// What a driver was built from, from the strongest to the weakest. Listings show it, so that nobody takes a driver that never met its
/// device for one that did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// Answers captured from real devices.
    Captured,
    /// Simulated controllers that play what others report of real devices.
    Simulated,
    /// Documents alone.
    Documents,
}

impl Basis {
    /// The word in the manifest.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Captured => "captured",
            Self::Simulated => "simulated",
            Self::Documents => "documents",
        }
    }
}

impl std::fmt::Display for Basis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One rule: all conditions must hold. Of several drivers the one with the highest priority is taken.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Higher goes first; the standard driver has 0.
    #[serde(default)]
    pub priority: i32,
    /// The conditions.
    pub all: Vec<Condition>,
}

/// A condition on the facts of a probe.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "RawCondition")]
pub struct Condition {
    /// The name of the fact.
    pub fact: String,
    /// What its value must be. Letter case does not count.
    pub test: Test,
}

/// What a fact's value must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// There, whatever the value.
    Present,
    /// This text.
    Equals(String),
    /// A text with this in it.
    Contains(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCondition {
    fact: String,
    present: Option<bool>,
    equals: Option<String>,
    contains: Option<String>,
}

impl TryFrom<RawCondition> for Condition {
    type Error = &'static str;

    fn try_from(raw: RawCondition) -> Result<Self, Self::Error> {
        let test = match (raw.present, raw.equals, raw.contains) {
            (Some(true), None, None) => Test::Present,
            (None, Some(text), None) => Test::Equals(text.to_lowercase()),
            (None, None, Some(text)) => Test::Contains(text.to_lowercase()),
            _ => return Err("a condition holds exactly one of `present = true`, `equals` and `contains`"),
        };
        Ok(Self { fact: raw.fact, test })
    }
}

impl Condition {
    /// Whether one of the facts satisfies the condition.
    pub fn holds(&self, facts: &[Fact]) -> bool {
        facts
            .iter()
            .filter(|fact| fact.name == self.fact)
            .any(|fact| match &self.test {
                Test::Present => true,
                Test::Equals(text) => fact.value.to_lowercase() == *text,
                Test::Contains(text) => fact.value.to_lowercase().contains(text.as_str()),
            })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    id: String,
    version: String,
    wit: String,
    #[serde(default)]
    summary: String,
    basis: Option<Basis>,
    evidence: Option<String>,
    sha256: Option<String>,
    #[serde(default)]
    wants: Vec<Capability>,
    #[serde(default)]
    queries: Vec<String>,
    #[serde(default)]
    limits: RawLimits,
    probe: Option<Probe>,
    #[serde(default, rename = "match")]
    rules: Vec<Rule>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawLimits {
    memory_mib: Option<usize>,
    cpu_ms: Option<u32>,
    requests: Option<u32>,
    survey_requests: Option<u32>,
    log_lines: Option<u32>,
}

impl Manifest {
    /// Parses the text of a `driver.toml`.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        if text.len() > MANIFEST_MAX_BYTES {
            return Err(ManifestError::TooLarge(text.len()));
        }
        let raw: Raw = toml::from_str(text)?;
        let wrong = |key, value: &str, rule| {
            Err(ManifestError::Value {
                key,
                value: value.to_owned(),
                rule,
            })
        };
        if !is_id(&raw.id) {
            return wrong("id", &raw.id, "at most 64 lower-case letters, digits and hyphens");
        }
        let Ok(version) = raw.version.parse() else {
            return wrong("version", &raw.version, "three numbers, as in 1.0.0");
        };
        let contract = Contract::named(&raw.wit).ok_or_else(|| ManifestError::Contract(raw.wit.clone()))?;
        let sha256 = match raw.sha256.as_deref().map(str::parse) {
            Some(Err(_)) => {
                let text = raw.sha256.as_deref().unwrap_or_default();
                return wrong("sha256", text, "64 hexadecimal digits");
            }
            Some(Ok(digest)) => Some(digest),
            None => None,
        };
        let paths = &raw.queries;
        if let Some(path) = paths.iter().find(|path| !is_query_path(path)) {
            return wrong(
                "queries",
                path,
                "paths from the leading slash on, without a query",
            );
        }
        if paths.len() > QUERY_PATHS_MAX {
            return wrong("queries", &paths.join(", "), "at most 8 paths");
        }
        let wants = raw.wants.into_iter().collect();
        let limits = raw.limits.under(Limits::default());
        Ok(Self {
            id: raw.id,
            version,
            contract,
            summary: raw.summary,
            basis: raw.basis,
            evidence: raw.evidence,
            sha256,
            wants,
            queries: raw.queries.into(),
            limits,
            probe: raw.probe,
            rules: raw.rules,
        })
    }

    /// How closely an address fits what the driver can recognise, if it does.
    pub fn reach(&self, scheme: &str, port: u16) -> Option<Reach> {
        let probe = self.probe.as_ref()?;
        if !probe.schemes.iter().any(|known| known == scheme) {
            return None;
        }
        match probe.ports.as_slice() {
            [] => Some(Reach::Scheme),
            ports => ports.contains(&port).then_some(Reach::Port),
        }
    }

    /// The highest priority among the rules that hold for these facts.
    pub fn priority(&self, facts: &[Fact]) -> Option<i32> {
        let holds = |rule: &&Rule| rule.all.iter().all(|condition| condition.holds(facts));
        self.rules.iter().filter(holds).map(|rule| rule.priority).max()
    }
}

impl RawLimits {
    /// The host's limits, lowered to what the driver asks for.
    fn under(&self, host: Limits) -> Limits {
        let tick_ms = u32::try_from(CPU_TICK.as_millis()).unwrap_or(1);
        Limits {
            memory: self
                .memory_mib
                .map_or(host.memory, |mib| mib.saturating_mul(1 << 20).min(host.memory)),
            cpu_ticks: self
                .cpu_ms
                .map_or(host.cpu_ticks, |ms| ms.div_ceil(tick_ms).clamp(1, host.cpu_ticks)),
            requests: self.requests.map_or(host.requests, |n| n.min(host.requests)),
            survey_requests: self
                .survey_requests
                .map_or(host.survey_requests, |n| n.min(host.survey_requests)),
            log_lines: self.log_lines.map_or(host.log_lines, |n| n.min(host.log_lines)),
        }
    }
}

fn is_id(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= ID_MAX_BYTES
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn is_query_path(text: &str) -> bool {
    text.starts_with('/')
        && !text.starts_with("//")
        && text.len() <= QUERY_PATH_MAX_BYTES
        && text
            .bytes()
            .all(|b| b.is_ascii_graphic() && !matches!(b, b'?' | b'#'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
        id = "acme"
        version = "1.2.3"
        wit = "0.1"
        wants = ["http"]
        [limits]
        memory-mib = 4
        cpu-ms = 15
        requests = 100000
        [[match]]
        priority = 10
        all = [{ fact = "vendor", equals = "Acme" }, { fact = "model", contains = "x1" }]
        [[match]]
        all = [{ fact = "oem", present = true }]
    "#;

    fn fact(name: &str, value: &str) -> Fact {
        Fact {
            name: name.to_owned(),
            value: value.to_owned(),
        }
    }

    #[test]
    fn rules_choose_by_facts() {
        let manifest = Manifest::parse(TEXT).unwrap();
        assert_eq!(
            manifest.priority(&[fact("vendor", "ACME"), fact("model", "Rack-X1 v2")]),
            Some(10)
        );
        assert_eq!(
            manifest.priority(&[fact("vendor", "Acme"), fact("oem", "A")]),
            Some(0)
        );
        assert_eq!(manifest.priority(&[fact("vendor", "Acme")]), None);
    }

    #[test]
    fn a_driver_may_say_what_it_was_built_from() {
        let said = TEXT.replace(
            "wants",
            "basis = \"documents\"\nevidence = \"No device was at hand.\"\nwants",
        );
        let manifest = Manifest::parse(&said).unwrap();
        assert_eq!(manifest.basis, Some(Basis::Documents));
        assert_eq!(manifest.evidence.as_deref(), Some("No device was at hand."));
        assert_eq!(Manifest::parse(TEXT).unwrap().basis, None);
        assert!(Manifest::parse(&said.replace("documents", "hearsay")).is_err());
    }

    #[test]
    fn a_driver_names_the_addresses_that_it_can_probe() {
        let with =
            |probe: &str| Manifest::parse(&TEXT.replace("[limits]", &format!("{probe}\n[limits]"))).unwrap();
        let any = with("[probe]\nschemes = [\"http\", \"https\"]");
        assert_eq!(any.reach("https", 8443), Some(Reach::Scheme));
        assert_eq!(any.reach("ipmi", 623), None);
        let amt = with("[probe]\nschemes = [\"https\"]\nports = [16993]");
        assert_eq!(
            (amt.reach("https", 16993), amt.reach("https", 443)),
            (Some(Reach::Port), None)
        );
        assert_eq!(Manifest::parse(TEXT).unwrap().reach("https", 443), None);
        assert!(Reach::Port < Reach::Scheme, "the closest fit is asked first");
    }

    #[test]
    fn a_driver_can_only_lower_its_limits() {
        let limits = Manifest::parse(TEXT).unwrap().limits;
        assert_eq!((limits.memory, limits.cpu_ticks), (4 << 20, 2));
        assert_eq!(limits.requests, Limits::default().requests);
    }

    #[test]
    fn odd_manifests_are_refused_with_the_key() {
        let with = |from: &str, to: &str| Manifest::parse(&TEXT.replace(from, to)).map_err(|e| e.to_string());
        assert!(with("\"acme\"", "\"Acme!\"").unwrap_err().contains("`id`"));
        assert!(with("1.2.3", "1.2").unwrap_err().contains("`version`"));
        assert!(with("\"0.1\"", "\"0.2\"").unwrap_err().contains("`wit`"));
        assert!(
            with("wants", "sha256 = \"12\"\nwants")
                .unwrap_err()
                .contains("`sha256`")
        );
        for paths in ["wsman", "//other", "/a?b", ""] {
            let said = with("wants", &format!("queries = [\"/wsman\", {paths:?}]\nwants"));
            assert!(said.unwrap_err().contains("`queries`"), "{paths}");
        }
        assert!(with("[\"http\"]", "[\"sockets\"]").is_err());
        assert!(with("wants", "wishes").is_err());
        assert!(with("present = true", "present = true, equals = \"x\"").is_err());
    }
}
