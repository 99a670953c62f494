//! The `[[controller]]` tables.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use switchyard_core::{ControllerId, Pace};
use switchyard_transport::ipmi;
use switchyard_transport::{
    Address, Authentication, Endpoint, Fingerprint, LegacyTrust, Scheme, Timeouts, TlsPolicy,
};

use super::{
    Controller, DEFAULT_CREDENTIAL, GAP_MAX_MS, NamedDriver, PARALLEL_MAX, SETTLE_MAX_MS, VERIFY_GAP_MAX_MS,
};
use crate::document::{Fields, Found, Node, Problems, nearest, settings};

/// What begins a certificate in a PEM file (RFC 7468).
const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----";

/// The controllers read so far.
pub(super) struct Controllers<'a> {
    folder: &'a Path,
    timeouts: Timeouts,
    found: Vec<Controller>,
    places: HashMap<ControllerId, usize>,
    addresses: HashMap<Address, ControllerId>,
    authorities: HashMap<PathBuf, Option<Arc<str>>>,
}

impl<'a> Controllers<'a> {
    pub(super) fn new(folder: &'a Path, timeouts: Timeouts) -> Self {
        Self {
            folder,
            timeouts,
            found: Vec::new(),
            places: HashMap::new(),
            addresses: HashMap::new(),
            authorities: HashMap::new(),
        }
    }

    /// Whether a controller has this id, also one whose table holds other mistakes.
    pub(super) fn contains(&self, id: &str) -> bool {
        self.places.contains_key(id)
    }

    /// The complaint about a controller that is not defined.
    pub(super) fn unknown(&self, name: &str, problems: &Problems<'_>) -> String {
        let known: Vec<&str> = self.places.keys().map(ControllerId::as_str).collect();
        let hint = if problems.is_full() {
            None
        } else {
            nearest(name, &known)
        };
        match hint {
            Some(near) => format!("unknown controller `{name}`; did you mean `{near}`?"),
            None => format!("unknown controller `{name}`"),
        }
    }

    pub(super) fn finish(self) -> Vec<Controller> {
        self.found
    }

    /// Reads one table.
    pub(super) fn add(&mut self, node: &Node, problems: &mut Problems<'_>) {
        let Some(mut fields) = Fields::of(node, "a controller", problems) else {
            return;
        };
        let id = self.id(&mut fields, problems);
        let address = self.address(&mut fields, id.as_ref(), problems);
        let driver = driver(&mut fields, problems);
        let settings = Arc::new(settings(&mut fields, problems));
        let credential = name(&mut fields, "credential", DEFAULT_CREDENTIAL, problems);
        let tls = self.tls(&mut fields, address.as_ref(), problems);
        let authentication = authentication(&mut fields, address.as_ref(), problems);
        let pace = pace(&mut fields, problems);
        let ipmi = ipmi_settings(&mut fields, address.as_ref(), problems);
        fields.finish(problems);
        if let (Some(id), Some(address)) = (id, address) {
            let endpoint = Endpoint {
                id,
                address,
                tls,
                credential,
                authentication,
                pace,
                timeouts: self.timeouts,
                ipmi,
            };
            self.found.push(Controller {
                endpoint,
                driver,
                settings,
            });
        }
    }

    fn id(&mut self, fields: &mut Fields<'_>, problems: &mut Problems<'_>) -> Option<ControllerId> {
        let text = fields.required("id", "the controller", problems)?;
        let id = match ControllerId::parse(text.value) {
            Ok(id) => id,
            Err(error) => {
                problems.add(text.at, format!("bad controller id: {error}"));
                return None;
            }
        };
        if let Some(first) = self.places.get(&id) {
            let line = problems.line(*first);
            problems.add(
                text.at,
                format!("the controller `{id}` is already defined in line {line}"),
            );
            return None;
        }
        self.places.insert(id.clone(), text.at);
        Some(id)
    }

    fn address(
        &mut self,
        fields: &mut Fields<'_>,
        id: Option<&ControllerId>,
        problems: &mut Problems<'_>,
    ) -> Option<Address> {
        let text = fields.required("address", "the controller", problems)?;
        let address: Address = match text.value.parse() {
            Ok(address) => address,
            Err(error) => {
                problems.add(text.at, error.to_string());
                return None;
            }
        };
        if let Some(other) = self.addresses.get(&address) {
            let complaint = format!(
                "the address {address} is already that of the controller `{other}`: list both sets of components under one controller"
            );
            problems.add(text.at, complaint);
        } else if let Some(id) = id {
            self.addresses.insert(address.clone(), id.clone());
        }
        Some(address)
    }

    fn tls(
        &mut self,
        fields: &mut Fields<'_>,
        address: Option<&Address>,
        problems: &mut Problems<'_>,
    ) -> TlsPolicy {
        let Some(node) = fields.take("tls") else {
            return TlsPolicy::System;
        };
        if address.is_some_and(|address| address.scheme != Scheme::Https) {
            problems.add(node.at, "`tls` has a meaning for an https:// address only");
        }
        let Some(mut keys) = Fields::of(node, "`tls`", problems) else {
            return TlsPolicy::System;
        };
        let pin = keys.text("pin", problems);
        let authority = keys.text("ca", problems);
        let verify = keys.text("verify", problems);
        let legacy = keys.flag("legacy", problems);
        keys.finish(problems);
        if legacy && authority.is_some() {
            problems.add(
                node.at,
                "a `legacy` controller is pinned: its TLS is too old to trust an authority",
            );
            return TlsPolicy::System;
        }
        match (pin, authority, verify) {
            (Some(pin), None, None) => parse_pin(pin, problems),
            (None, Some(file), None) => self.authority(file, problems),
            (None, None, Some(verify)) => {
                if verify.value != "none" {
                    problems.add(
                        verify.at,
                        "`verify` takes \"none\" only; leave `tls` out for the system's roots",
                    );
                }
                Some(TlsPolicy::Unverified)
            }
            _ => {
                problems.add(node.at, "`tls` takes exactly one of `pin`, `ca` and `verify`");
                None
            }
        }
        .map_or(
            TlsPolicy::System,
            |policy| if legacy { old(policy) } else { policy },
        )
    }

    fn authority(&mut self, file: Found<&str>, problems: &mut Problems<'_>) -> Option<TlsPolicy> {
        let path = self.folder.join(file.value);
        if let Some(known) = self.authorities.get(&path) {
            return known.clone().map(|pem| TlsPolicy::Authority { pem });
        }
        let pem: Option<Arc<str>> = match std::fs::read_to_string(&path) {
            Ok(pem) if pem.contains(CERTIFICATE) => Some(pem.into()),
            Ok(_) => {
                problems.add(file.at, format!("{} holds no PEM certificate", path.display()));
                None
            }
            Err(error) => {
                problems.add(file.at, format!("{} cannot be read: {error}", path.display()));
                None
            }
        };
        self.authorities.insert(path, pem.clone());
        pem.map(|pem| TlsPolicy::Authority { pem })
    }
}

fn parse_pin(pin: Found<&str>, problems: &mut Problems<'_>) -> Option<TlsPolicy> {
    let Some(digits) = pin.value.strip_prefix("sha256:") else {
        problems.add(
            pin.at,
            "a pin is written \"sha256:\" and the fingerprint of the certificate",
        );
        return None;
    };
    match digits.parse::<Fingerprint>() {
        Ok(Fingerprint(sha256)) => Some(TlsPolicy::Pin { sha256 }),
        Err(error) => {
            problems.add(pin.at, error.to_string());
            None
        }
    }
}

/// A driver's id, with the one version that may be used behind an `@`.
fn driver(fields: &mut Fields<'_>, problems: &mut Problems<'_>) -> Option<NamedDriver> {
    let text = fields.text("driver", problems)?;
    let (id, version) = match text.value.split_once('@') {
        Some((id, version)) => (id, Some(version)),
        None => (text.value, None),
    };
    if let Err(error) = ControllerId::parse(id) {
        problems.add(text.at, format!("bad `driver`: {error}"));
    }
    let version = match version.map(str::parse) {
        Some(Err(error)) => {
            problems.add(text.at, format!("bad `driver`: {error}"));
            None
        }
        Some(Ok(version)) => Some(version),
        None => None,
    };
    Some(NamedDriver {
        id: id.to_owned(),
        version,
    })
}

/// A name of the same shape as an id.
fn name(
    fields: &mut Fields<'_>,
    key: &'static str,
    default: &'static str,
    problems: &mut Problems<'_>,
) -> String {
    let Some(text) = fields.text(key, problems) else {
        return default.to_owned();
    };
    if let Err(error) = ControllerId::parse(text.value) {
        problems.add(text.at, format!("bad `{key}`: {error}"));
    }
    text.value.to_owned()
}

/// The policy of a controller that rustls cannot reach.
fn old(policy: TlsPolicy) -> TlsPolicy {
    match policy {
        TlsPolicy::Pin { sha256 } => TlsPolicy::Legacy(LegacyTrust::Pin { sha256 }),
        TlsPolicy::Unverified => TlsPolicy::Legacy(LegacyTrust::Unverified),
        other => other,
    }
}

/// The scheme of `auth`, or the one that is usual at the address.
fn authentication(
    fields: &mut Fields<'_>,
    address: Option<&Address>,
    problems: &mut Problems<'_>,
) -> Authentication {
    let usual = address.map_or(Authentication::Basic, Authentication::usual_at);
    let Some(text) = fields.text("auth", problems) else {
        return usual;
    };
    match text.value {
        "basic" => Authentication::Basic,
        "digest" => Authentication::Digest,
        other => {
            problems.add(
                text.at,
                format!("`auth` is \"basic\" or \"digest\", not {other:?}"),
            );
            usual
        }
    }
}

/// What the `ipmi` table says, which is for controllers with an `ipmi://` address alone.
fn ipmi_settings(
    fields: &mut Fields<'_>,
    address: Option<&Address>,
    problems: &mut Problems<'_>,
) -> ipmi::Settings {
    let Some(node) = fields.take("ipmi") else {
        return ipmi::Settings::default();
    };
    if address.is_some_and(|address| address.scheme != Scheme::Ipmi) {
        problems.add(node.at, "`ipmi` has a meaning for an ipmi:// address only");
    }
    super::ipmi::settings(node, problems)
}

fn pace(fields: &mut Fields<'_>, problems: &mut Problems<'_>) -> Pace {
    let mut pace = Pace::default();
    let parallel = fields.integer("parallel", 1, PARALLEL_MAX, problems);
    if let Some(parallel) = parallel.and_then(|parallel| u8::try_from(parallel).ok()) {
        pace.parallel = parallel;
    }
    let mut millis = |key, most| {
        let given = fields.integer(key, 0, most, problems);
        given
            .and_then(|millis| u64::try_from(millis).ok())
            .map_or(Duration::ZERO, Duration::from_millis)
    };
    pace.gap = millis("gap_ms", GAP_MAX_MS);
    pace.settle = millis("settle_ms", SETTLE_MAX_MS);
    pace.poll = millis("verify_gap_ms", VERIFY_GAP_MAX_MS);
    pace
}
