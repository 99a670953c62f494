//! Setting a boot override, in the form and at the place that the BMC wants.

use serde_json::{Map, Value, json};
use switchyard_driver_sdk::{BootDuration, BootSource, Cause, Failure, Submitted, WantedBoot, failure};

use super::{Current, settings, settings_path, words};
use crate::client::Client;
use crate::tagged::Tagged;

/// An override in the BMC's words.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Wanted {
    target: String,
    enabled: &'static str,
    mode: Option<String>,
}

/// Sends the change to the system, or to the resource that takes settings for the next start: that one first where the dialect says so,
/// else when the system refuses.
pub(super) fn apply(client: &Client<'_>, system: &Tagged, want: WantedBoot) -> Result<Submitted, Failure> {
    let current = Current::of(system)?;
    let wanted = in_words(client, system, &current, want)?;
    if client.dialect().boot.pending
        && let Some(waiting) = settings(client, system)?
        && let Some(pending) = Current::in_resource(&waiting.resource)
    {
        return send(client, &waiting, &pending, &wanted);
    }
    let sent = match send(client, system, &current, &wanted) {
        Err(refused) if is_elsewhere(&refused) => {
            let Some(path) = settings_path(&system.resource) else {
                return Err(refused);
            };
            let Ok(waiting) = Tagged::read(client, &path) else {
                return Err(refused);
            };
            let pending = Current::in_resource(&waiting.resource).unwrap_or_default();
            send(client, &waiting, &pending, &wanted)?
        }
        sent => sent?,
    };
    if client.dialect().boot.always_enabled {
        keep_mode(client, &system.path, &wanted)?;
    }
    Ok(sent)
}

/// Whether a refusal may mean that the property is only written at the settings of the resource.
fn is_elsewhere(refused: &Failure) -> bool {
    matches!(refused.status, Some(400 | 403 | 405 | 501)) && refused.cause != Cause::Busy
}

fn in_words(
    client: &Client<'_>,
    system: &Tagged,
    current: &Current,
    want: WantedBoot,
) -> Result<Wanted, Failure> {
    let lifts = want.duration == BootDuration::Disabled || want.source == BootSource::None;
    let mode = words::mode(want.firmware).map(str::to_owned);
    let mode = mode.or_else(|| current.mode.clone());
    if lifts {
        return Ok(Wanted {
            target: "None".to_owned(),
            enabled: words::enabled(BootDuration::Disabled),
            mode,
        });
    }
    let enabled = words::enabled(want.duration);
    let refused = !current.durations.is_empty() && !current.durations.iter().any(|word| word == enabled);
    if refused || (client.dialect().boot.once_only && want.duration == BootDuration::Continuous) {
        let text = format!("{enabled} is no duration of a boot override here: use once");
        return Err(failure(Cause::NotSupported, text));
    }
    Ok(Wanted {
        target: target(client, system, current, want.source)?,
        enabled,
        mode,
    })
}

/// The word of the BMC for a source, spelled as it lists it.
fn target(
    client: &Client<'_>,
    system: &Tagged,
    current: &Current,
    source: BootSource,
) -> Result<String, Failure> {
    let model = system.resource.text(&["Model"]).unwrap_or_default();
    let preferred = (source == BootSource::Cd).then(|| client.dialect().boot.cd(model));
    let mut candidates = preferred.into_iter().chain(words::words(source).iter().copied());
    if current.targets.is_empty() {
        let word = candidates.next().map(str::to_owned);
        return word.ok_or_else(|| failure(Cause::Invalid, "this boot source cannot be set by name"));
    }
    let spelled = |word: &str| {
        current
            .targets
            .iter()
            .find(|known| known.eq_ignore_ascii_case(word))
    };
    candidates.find_map(spelled).cloned().ok_or_else(|| {
        failure(
            Cause::NotSupported,
            format!(
                "{} boots from none of that kind, only from {}",
                system.path,
                current.targets.join(", ")
            ),
        )
    })
}

fn send(
    client: &Client<'_>,
    place: &Tagged,
    current: &Current,
    wanted: &Wanted,
) -> Result<Submitted, Failure> {
    if is_so(current, wanted) {
        return Ok(Submitted::Already);
    }
    place.patch(client, &json!({ "Boot": body(client, current, wanted) }))
}

fn is_so(current: &Current, wanted: &Wanted) -> bool {
    let mode = wanted.mode.is_none() || wanted.mode == current.mode;
    let lifted = wanted.enabled == "Disabled" && current.is_disabled();
    let same = current.enabled.as_deref() == Some(wanted.enabled)
        && current.target.as_deref() == Some(wanted.target.as_str());
    mode && (lifted || same)
}

/// The properties that the BMC wants to see: those that change, or all together.
fn body(client: &Client<'_>, current: &Current, wanted: &Wanted) -> Value {
    let form = client.dialect().boot;
    let all = form.full || form.always_enabled;
    let lifts = wanted.enabled == "Disabled";
    let mut body = Map::new();
    if all || !lifts {
        body.insert("BootSourceOverrideTarget".into(), json!(wanted.target));
    }
    if all || current.enabled.as_deref() != Some(wanted.enabled) {
        body.insert("BootSourceOverrideEnabled".into(), json!(wanted.enabled));
    }
    if let Some(mode) = &wanted.mode
        && (all || current.mode.as_ref() != Some(mode))
    {
        body.insert("BootSourceOverrideMode".into(), json!(mode));
    }
    Value::Object(body)
}

/// Some BMCs fall back to another mode when an override is set: it is put back.
fn keep_mode(client: &Client<'_>, path: &str, wanted: &Wanted) -> Result<(), Failure> {
    let Some(mode) = &wanted.mode else { return Ok(()) };
    let after = Tagged::read(client, path)?;
    if after.resource.text(&["Boot", "BootSourceOverrideMode"]) == Some(mode) {
        return Ok(());
    }
    let body = json!({"Boot": {
        "BootSourceOverrideTarget": wanted.target,
        "BootSourceOverrideEnabled": wanted.enabled,
        "BootSourceOverrideMode": mode,
    }});
    after.patch(client, &body).map(|_| ())
}
