//! Boot overrides and lights of systems.

use serde_json::{Map, Value, json};

use super::{Change, View, only, pending_path, unknown_property, wrong_value};
use crate::bmc::{Bmc, Target};
use crate::clock::Moment;
use crate::power::Boot as Booted;
use crate::profile::Refusal;
use crate::settings::{Boot, BootHabit, Light, LightKind, Settings};

/// What a system boots from.
pub(in super::super) const TARGETS: [&str; 5] = ["None", "Pxe", "Hdd", "Cd", "BiosSetup"];

/// `Boot` of a system of which nothing was changed.
pub(in super::super) fn untouched(habit: BootHabit) -> Value {
    shown(&Boot::default(), habit)
}

fn shown(boot: &Boot, habit: BootHabit) -> Value {
    if habit == BootHabit::Nowhere {
        return json!({"BootOrder": ["Boot0001"]});
    }
    let mut shown = json!({
        "BootSourceOverrideEnabled": boot.enabled,
        "BootSourceOverrideMode": boot.mode,
        "BootSourceOverrideTarget": boot.target,
        "BootSourceOverrideTarget@Redfish.AllowableValues": TARGETS,
    });
    if habit == BootHabit::FullOnce {
        shown["BootSourceOverrideEnabled@Redfish.AllowableValues"] = json!(["Once", "Disabled"]);
    }
    shown
}

/// The lights of a system.
pub(in super::super) fn lights(kind: LightKind, light: Light) -> Map<String, Value> {
    let mut lights = Map::new();
    if matches!(kind, LightKind::Led | LightKind::Both) {
        lights.insert("IndicatorLED".into(), json!(light.word()));
    }
    if matches!(kind, LightKind::Active | LightKind::Both) {
        lights.insert("LocationIndicatorActive".into(), json!(light != Light::Off));
    }
    lights
}

/// Puts what is set into the resource of a system.
pub(super) fn overlay(bmc: &Bmc, system: usize, now: Moment, settings: &Settings, resource: &mut Value) {
    let profile = &bmc.profile().settings;
    let boot = settings.boot.after(bmc.starts_of(now, system));
    resource["Boot"] = shown(&boot, profile.boot);
    if let Some(resource) = resource.as_object_mut() {
        resource.extend(lights(profile.light, settings.light));
    }
}

pub(super) fn pending(bmc: &Bmc, system: usize, now: Moment) -> Value {
    let boot = bmc.settings(system).boot.after(bmc.starts_of(now, system));
    json!({
        "@odata.id": pending_path(&bmc.tree.path(Target::System(system))),
        "@odata.type": "#ComputerSystem.v1_20_0.ComputerSystem",
        "Id": "Settings",
        "Boot": shown(&boot, bmc.profile().settings.boot),
    })
}

/// Changes the override, by the habit of the make.
pub(super) fn change(
    view: &mut View<'_>,
    body: &Value,
    now: Moment,
    at_settings: bool,
) -> Result<Change, Refusal> {
    let given = only(body, "Boot")?;
    let habit = view.bmc.profile().settings.boot;
    if habit == BootHabit::Nowhere || (habit == BootHabit::SettingsOnly && !at_settings) {
        return Err(Refusal::new(
            400,
            "Base.1.13.PropertyNotWritable",
            "The property BootSourceOverrideTarget is a read only property and cannot be assigned a value.",
        ));
    }
    if view.bmc.profile().settings.refuses_in_post && is_in_post(view, now) {
        return Err(Refusal::new(
            400,
            "iLO.2.14.UnableToModifyDuringSystemPOST",
            "The value of the property cannot be changed while the system BIOS is in POST.",
        ));
    }
    let names = ["Enabled", "Target", "Mode"].map(|name| format!("BootSourceOverride{name}"));
    if let Some((other, _)) = given.iter().find(|(name, _)| !names.contains(*name)) {
        return Err(unknown_property(other));
    }
    let whole = names.iter().all(|name| given.contains_key(name));
    if matches!(habit, BootHabit::Full | BootHabit::FullOnce) && !whole {
        return Ok(Change::Dropped);
    }
    let [enabled, _, mode] = &names;
    if habit == BootHabit::AlwaysEnabled && !given.contains_key(enabled) {
        return Err(Refusal::new(
            400,
            "Base.1.13.PropertyMissing",
            format!("The property {enabled} is a required property and must be included in the request."),
        ));
    }
    let falls = habit == BootHabit::AlwaysEnabled && !given.contains_key(mode);
    let mut boot = wanted(given, habit, &view.settings.boot)?;
    if falls {
        boot.mode = "Legacy".into();
    }
    boot.starts = view.bmc.starts_of(now, view.system);
    view.settings.boot = boot;
    Ok(Change::Done)
}

fn is_in_post(view: &View<'_>, now: Moment) -> bool {
    let reading = view.bmc.reading(now, Target::System(view.system));
    reading.is_some_and(|reading| reading.booted == Booted::Starting)
}

fn wanted(given: &Map<String, Value>, habit: BootHabit, before: &Boot) -> Result<Boot, Refusal> {
    let word = |name: &str, known: &[&str], before: &str| {
        let name = format!("BootSourceOverride{name}");
        match given.get(&name) {
            None => Ok(before.to_owned()),
            Some(value) => match value.as_str().filter(|word| known.contains(word)) {
                Some(word) => Ok(word.to_owned()),
                None => Err(wrong_value(&name, value)),
            },
        }
    };
    let durations: &[&str] = match habit {
        BootHabit::FullOnce => &["Disabled", "Once"],
        _ => &["Disabled", "Once", "Continuous"],
    };
    Ok(Boot {
        enabled: word("Enabled", durations, &before.enabled)?,
        target: word("Target", &TARGETS, &before.target)?,
        mode: word("Mode", &["UEFI", "Legacy"], &before.mode)?,
        starts: before.starts,
    })
}

/// Changes the light, by the properties that there are.
pub(super) fn change_light(view: &mut View<'_>, body: &Value) -> Result<Change, Refusal> {
    let kind = view.bmc.profile().settings.light;
    let known = lights(kind, Light::Off);
    for (name, value) in body.as_object().into_iter().flatten() {
        if !known.contains_key(name) {
            return Err(unknown_property(name));
        }
        let light = match name.as_str() {
            "IndicatorLED" => value.as_str().and_then(Light::of_word),
            _ => value
                .as_bool()
                .map(|lit| if lit { Light::Lit } else { Light::Off }),
        };
        view.settings.light = light.ok_or_else(|| wrong_value(name, value))?;
    }
    Ok(Change::Done)
}
