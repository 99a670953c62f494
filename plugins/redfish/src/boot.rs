//! Boot overrides (DSP2046, `ComputerSystem`: `Boot`).

mod change;
mod words;

use switchyard_driver_sdk::{
    BootDuration, BootOverride, BootSource, Cause, Fact, Failure, Firmware, Host, Kind, Subject, Submitted,
    WantedBoot, fact, failure,
};

use crate::chassis::optional;
use crate::client::Client;
use crate::dialect::Dialect;
use crate::resource::{Resource, path_of};
use crate::subject::path_of_subject;
use crate::tagged::Tagged;

/// Why an override cannot be set now.
const WHY_NOT: &str = "why-not-writable";

/// What `Boot` says of the override.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Current {
    target: Option<String>,
    enabled: Option<String>,
    mode: Option<String>,
    targets: Vec<String>,
    durations: Vec<String>,
}

/// Reads the boot override of a system from the BMC.
pub fn boot(host: &dyn Host, dialect: &'static Dialect, of: &Subject) -> Result<BootOverride, Failure> {
    let client = Client::new(host, dialect);
    let system = system(&client, of)?;
    let current = Current::of(&system)?;
    let waiting = settings(&client, &system)?;
    let mut facts = Vec::new();
    facts.extend(target_fact(&system.resource, &current));
    facts.extend(waiting.as_ref().and_then(|waiting| pending(waiting, &current)));
    let in_post = in_post(&system.resource);
    if in_post {
        facts.push(fact(WHY_NOT, "the firmware of the machine is starting"));
    }
    let raw = current.target.clone().unwrap_or_default();
    Ok(BootOverride {
        source: words::source(&raw),
        duration: words::duration(current.enabled.as_deref()),
        firmware: words::firmware(current.mode.as_deref()),
        sources: words::sources(&current.targets),
        writable: !in_post,
        raw,
        facts,
    })
}

/// Sets the boot override of a system. Nothing is sent when the BMC has it already, for every change wears some firmware out.
pub fn set_boot(
    host: &dyn Host,
    dialect: &'static Dialect,
    on: &Subject,
    want: WantedBoot,
) -> Result<Submitted, Failure> {
    let client = Client::new(host, dialect);
    let system = system(&client, on)?;
    change::apply(&client, &system, want)
}

fn system(client: &Client<'_>, of: &Subject) -> Result<Tagged, Failure> {
    let path = path_of_subject(client, of)?;
    if of.kind != Kind::Node {
        return Err(failure(
            Cause::NotSupported,
            format!("{path} has no boot override, only systems have"),
        ));
    }
    Tagged::read(client, &path)
}

impl Current {
    /// What a system says; a failure when it knows no override at all.
    fn of(system: &Tagged) -> Result<Self, Failure> {
        Self::in_resource(&system.resource).ok_or_else(|| {
            failure(
                Cause::NotSupported,
                format!("{} knows no boot override", system.path),
            )
        })
    }

    fn in_resource(resource: &Resource) -> Option<Self> {
        let word = |name: &str| resource.text(&["Boot", name]).map(str::to_owned);
        let list = |name: &str| resource.texts(&["Boot", name]).unwrap_or_default();
        let current = Self {
            target: word("BootSourceOverrideTarget"),
            enabled: word("BootSourceOverrideEnabled"),
            mode: word("BootSourceOverrideMode"),
            targets: list("BootSourceOverrideTarget@Redfish.AllowableValues"),
            durations: list("BootSourceOverrideEnabled@Redfish.AllowableValues"),
        };
        let known = current.target.is_some() || current.enabled.is_some() || !current.targets.is_empty();
        known.then_some(current)
    }

    fn is_disabled(&self) -> bool {
        self.enabled.as_deref().is_none_or(|word| word == "Disabled")
    }
}

/// The resource that takes settings for the next start, if there is one and it can be read.
fn settings(client: &Client<'_>, system: &Tagged) -> Result<Option<Tagged>, Failure> {
    let link = ["@Redfish.Settings", "SettingsObject"];
    match system.resource.link(&link) {
        Some(path) => optional(client, &path),
        None => Ok(None),
    }
}

fn target_fact(system: &Resource, current: &Current) -> Option<Fact> {
    let name = match current.target.as_deref()? {
        "UefiTarget" => "UefiTargetBootSourceOverride",
        "UefiBootNext" => "BootNext",
        _ => return None,
    };
    Some(fact("target", system.text(&["Boot", name])?))
}

/// What waits for the next start, when it differs from what holds now.
fn pending(waiting: &Tagged, current: &Current) -> Option<Fact> {
    let waiting = Current::in_resource(&waiting.resource)?;
    let differs = waiting.target != current.target || waiting.enabled != current.enabled;
    let words = [waiting.target?, waiting.enabled.unwrap_or_default()];
    differs.then(|| fact("pending", words.join(" ").trim().to_owned()))
}

/// Whether the firmware of an HPE machine is starting: iLO refuses changes meanwhile.
fn in_post(system: &Resource) -> bool {
    system.text(&["Oem", "Hpe", "PostState"]) == Some("InPost")
}

/// The path in a link to the settings of a system, whether or not it can be read.
fn settings_path(system: &Resource) -> Option<String> {
    let link = system.at(&["@Redfish.Settings", "SettingsObject", "@odata.id"])?;
    link.as_str().and_then(path_of)
}

#[cfg(test)]
mod tests;
