//! A reading of one resource, with the evidence in it.

use switchyard_driver_sdk::{Fact, Failure, Host, Kind, Observation, PowerState, Subject, fact};

use crate::client::Client;
use crate::dialect::Dialect;
use crate::resource::Resource;
use crate::subject::path_of_subject;
use crate::vocabulary::power_state;

/// Properties that change with a restart, and the names of the evidence.
const EVIDENCE: [(&[&str], &str); 4] = [
    (&["LastResetTime"], "last-reset-time"),
    (&["LastBootTime"], "last-boot-time"),
    (&["BootProgress", "LastState"], "boot-progress"),
    (&["BootProgress", "LastStateTime"], "boot-progress-time"),
];

/// Reads the state of a subject from the BMC.
pub fn observe(host: &dyn Host, dialect: &'static Dialect, of: &Subject) -> Result<Observation, Failure> {
    let client = Client::new(host, dialect);
    let resource = client.get(&path_of_subject(&client, of)?)?;
    let (state, raw) = state(of.kind, &resource);
    let status = resource
        .text(&["Status", "State"])
        .map(|state| fact("status", state));
    Ok(Observation {
        state,
        raw,
        evidence: evidence(dialect, &resource),
        facts: status.into_iter().collect(),
    })
}

/// The state and the BMC's word for it. A manager that answers and says nothing of its power is on; some units say `OutletStatus`.
fn state(kind: Kind, resource: &Resource) -> (PowerState, String) {
    let own = (kind == Kind::Outlet)
        .then(|| resource.text(&["OutletStatus"]))
        .flatten();
    match resource.text(&["PowerState"]).or(own) {
        Some(word) => (power_state(word), word.to_owned()),
        None if kind == Kind::Controller => (PowerState::On, String::new()),
        None => (PowerState::Unknown, String::new()),
    }
}

/// What can prove a restart. Dates that some BMCs send instead of none, such as zeros, prove nothing.
fn evidence(dialect: &Dialect, resource: &Resource) -> Vec<Fact> {
    let placeholder = |value: &str| dialect.placeholders.iter().any(|begin| value.starts_with(begin));
    EVIDENCE
        .iter()
        .filter(|(_, name)| !dialect.distrusted_evidence.contains(name))
        .filter_map(|(path, name)| Some(fact(name, resource.text(path)?)))
        .filter(|fact| !placeholder(&fact.value))
        .collect()
}
