//! A small driver to begin from: the reset actions of Redfish systems.
//!
//! Each function is one call in a fresh instance. What a later call shall know goes into the cache of the call. The host adds address,
//! TLS and login; a driver sees paths, headers and bodies only.

mod bmc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use switchyard_driver_sdk::{
    Ability, Cause, Driver, Fact, Failure, Findings, Host, Kind, Member, Observation, Pace, Pending,
    PowerState, Primitive, Progress, Replay, Subject, Submitted, export_driver, fact, failure, get, header,
};

use bmc::{post, read, refused, succeeded};

/// The service root (DSP0266, 6.5).
const ROOT: &str = "/redfish/v1/";
/// How long a reset action is remembered, in milliseconds.
const CACHE_MS: u32 = 3_600_000;
/// When to ask for pending work, in milliseconds.
const POLL_MS: u32 = 500;

/// A reset type of DSP2046 with what may be repeated and how long it takes, in milliseconds.
type Reset = (&'static str, Primitive, Replay, u32, u32);

/// The reset types that this driver knows.
const RESETS: [Reset; 5] = [
    ("On", Primitive::On, Replay::Safe, 15_000, 120_000),
    ("ForceOff", Primitive::ForceOff, Replay::Safe, 5_000, 60_000),
    (
        "GracefulShutdown",
        Primitive::GracefulShutdown,
        Replay::IfUnchanged,
        60_000,
        300_000,
    ),
    (
        "GracefulRestart",
        Primitive::GracefulRestart,
        Replay::Never,
        60_000,
        300_000,
    ),
    (
        "ForceRestart",
        Primitive::ForceRestart,
        Replay::Never,
        30_000,
        180_000,
    ),
];

/// The driver.
#[derive(Debug)]
pub struct TemplateDriver;

/// The reset action of a system: where to send it, and what it takes.
#[derive(Debug, Serialize, Deserialize)]
struct Action {
    target: String,
    values: Vec<String>,
}

impl Action {
    /// The action of a resource, when it has one.
    fn of(resource: &Value) -> Option<Self> {
        let action = resource.get("Actions")?.get("#ComputerSystem.Reset")?;
        let target = action.get("target")?.as_str()?.to_owned();
        let values = match action.get("ResetType@Redfish.AllowableValues") {
            Some(Value::Array(values)) => values
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            _ => RESETS.iter().map(|(name, ..)| (*name).to_owned()).collect(),
        };
        Some(Self { target, values })
    }

    /// The reset types that it takes and this driver knows.
    fn resets(&self) -> impl Iterator<Item = &'static Reset> {
        RESETS
            .iter()
            .filter(|(name, ..)| self.values.iter().any(|value| value == name))
    }
}

impl Driver for TemplateDriver {
    fn probe(host: &dyn Host) -> Result<Vec<Fact>, Failure> {
        let root = read(host, ROOT)?;
        let names = [
            ("RedfishVersion", "redfish-version"),
            ("Vendor", "vendor"),
            ("Product", "product"),
        ];
        let known = |(key, name): &(&str, &str)| Some(fact(name, root.get(key)?.as_str()?));
        Ok(names.iter().filter_map(known).collect())
    }

    fn survey(host: &dyn Host) -> Result<Findings, Failure> {
        let root = read(host, ROOT)?;
        let systems = link(root.get("Systems"))
            .ok_or_else(|| failure(Cause::Malformed, "the service root links no Systems"))?;
        let collection = read(host, systems)?;
        let links = collection.get("Members").and_then(Value::as_array);
        let mut members = Vec::new();
        for path in links.into_iter().flatten().filter_map(|entry| link(Some(entry))) {
            members.push(member(host, path)?);
        }
        Ok(Findings {
            identity: Vec::new(),
            pace: Pace {
                parallel: 1,
                gap_ms: 0,
                settle_ms: 0,
                poll_ms: 0,
            },
            members,
        })
    }

    fn observe(host: &dyn Host, of: &Subject) -> Result<Observation, Failure> {
        let resource = read(host, &of.id)?;
        let text = |key: &str| resource.get(key).and_then(Value::as_str).unwrap_or_default();
        let state = match text("PowerState") {
            "On" => PowerState::On,
            "Off" => PowerState::Off,
            "PoweringOn" => PowerState::PoweringOn,
            "PoweringOff" => PowerState::PoweringOff,
            // Never guess: what is not known is unknown.
            _ => PowerState::Unknown,
        };
        let since = text("LastResetTime");
        let evidence = (!since.is_empty()).then(|| fact("last-reset-time", since));
        Ok(Observation {
            state,
            raw: text("PowerState").to_owned(),
            evidence: evidence.into_iter().collect(),
            facts: Vec::new(),
        })
    }

    fn act(host: &dyn Host, on: &Subject, what: Primitive) -> Result<Submitted, Failure> {
        let known = host.cached(&on.id);
        let known = known.and_then(|bytes| serde_json::from_slice::<Action>(&bytes).ok());
        let action = match known {
            Some(action) => Some(action),
            None => Action::of(&read(host, &on.id)?),
        };
        let reset = action.as_ref().and_then(|action| {
            let (name, ..) = action.resets().find(|(_, known, ..)| *known == what)?;
            Some((action, name))
        });
        let Some((action, name)) = reset else {
            let text = format!("{} does not offer {what:?}", on.id);
            return Err(failure(Cause::NotSupported, text));
        };
        // The one changing request of this call. Whatever becomes of it, nothing else is tried.
        let response = post(host, &action.target, &json!({ "ResetType": name }))?;
        if !succeeded(&response) {
            return Err(refused(&response));
        }
        Ok(match header(&response, "location") {
            Some(task) if response.status == 202 && task.starts_with('/') => {
                Submitted::Pending(pending(task))
            }
            _ => Submitted::Accepted,
        })
    }

    fn poll(host: &dyn Host, handle: &str) -> Result<Progress, Failure> {
        if !handle.starts_with('/') {
            return Ok(Progress::Gone);
        }
        let response = host.read(&get(handle))?;
        match response.status {
            202 => Ok(Progress::Running(pending(handle))),
            404 | 410 => Ok(Progress::Gone),
            _ if succeeded(&response) => Ok(Progress::Done),
            _ => Err(refused(&response)),
        }
    }
}

/// One system with what it can be asked for.
fn member(host: &dyn Host, path: &str) -> Result<Member, Failure> {
    let action = Action::of(&read(host, path)?);
    if let Some(bytes) = action.as_ref().and_then(|action| serde_json::to_vec(action).ok()) {
        host.cache(path, &bytes, CACHE_MS);
    }
    let ability = |(_, what, replay, usual_ms, limit_ms): &Reset| Ability {
        what: *what,
        replay: *replay,
        advertised: true,
        usual_ms: *usual_ms,
        limit_ms: *limit_ms,
    };
    let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or(path);
    Ok(Member {
        subject: Subject {
            kind: Kind::Node,
            id: path.to_owned(),
        },
        name: name.to_owned(),
        parent: None,
        abilities: action.iter().flat_map(Action::resets).map(ability).collect(),
        facts: Vec::new(),
    })
}

/// The path of a link, when it is one.
fn link(value: Option<&Value>) -> Option<&str> {
    let path = value?.get("@odata.id")?.as_str()?;
    path.starts_with('/').then_some(path)
}

fn pending(handle: &str) -> Pending {
    Pending {
        handle: handle.to_owned(),
        poll_after_ms: POLL_MS,
    }
}

export_driver!(TemplateDriver);
