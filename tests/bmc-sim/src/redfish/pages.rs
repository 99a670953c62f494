//! The pages of what can be set beside power, and the changes to them.

pub(super) mod boot;
mod control;
mod metrics;
pub(super) mod outlet;
mod power;
mod tags;

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode};
use serde_json::{Map, Value, json};

use super::body::{Body, bare, json as json_answer};
use super::error;
use super::tree::ROOT;
use crate::bmc::{Bmc, Target};
use crate::clock::Moment;
use crate::fleet::Fleet;
use crate::power::PowerState;
use crate::profile::Refusal;
use crate::settings::{LimitPlace, Settings};
pub(super) use outlet::outlet_action;
pub(super) use tags::tagged;

/// A page that is built when it is asked for. The number is that of the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Page {
    /// The Power resource of a chassis.
    Power(usize),
    /// The action that puts a limit in force.
    Trigger(usize),
    /// `EnvironmentMetrics` of a chassis.
    Metrics(usize),
    /// The Controls of a chassis.
    Controls(usize),
    /// One Control.
    Control(usize, usize),
    /// Where Controls are set together.
    Deep(usize),
    /// HPE's accelerator power service.
    Service(usize),
    /// Its limits.
    Limits(usize),
    /// Its action.
    Configure(usize),
    /// What waits for the next start of a system.
    Pending(usize),
}

impl Page {
    fn system(self) -> usize {
        match self {
            Self::Power(system)
            | Self::Trigger(system)
            | Self::Metrics(system)
            | Self::Controls(system)
            | Self::Control(system, _)
            | Self::Deep(system)
            | Self::Service(system)
            | Self::Limits(system)
            | Self::Configure(system)
            | Self::Pending(system) => system,
        }
    }

    /// The methods that it takes, for people who tried another.
    fn allowed(self) -> &'static str {
        match self {
            Self::Trigger(_) | Self::Configure(_) => "POST",
            Self::Deep(_) => "PATCH",
            Self::Controls(_) | Self::Service(_) | Self::Limits(_) => "GET, HEAD",
            Self::Power(_) | Self::Metrics(_) | Self::Control(..) | Self::Pending(_) => "GET, HEAD, PATCH",
        }
    }

    /// The pages of a chassis with limits at this place: path below the chassis, and page.
    pub(super) fn of_chassis(place: LimitPlace, system: usize) -> Vec<(&'static str, Self)> {
        let power = ("/Power", Self::Power(system));
        match place {
            LimitPlace::Nowhere => Vec::new(),
            LimitPlace::PowerControl | LimitPlace::Nameless => vec![power],
            LimitPlace::Triggered => vec![power, ("/Power/Actions/LimitTrigger", Self::Trigger(system))],
            LimitPlace::Metrics => vec![("/EnvironmentMetrics", Self::Metrics(system))],
            LimitPlace::MetricsOfControl => vec![
                ("/EnvironmentMetrics", Self::Metrics(system)),
                ("/Controls/PowerLimit", Self::Control(system, 0)),
            ],
            LimitPlace::Controls | LimitPlace::ManualControl => vec![
                ("/Controls", Self::Controls(system)),
                ("/Controls/PowerLimit", Self::Control(system, 0)),
            ],
            LimitPlace::Deep => vec![
                ("/Controls", Self::Controls(system)),
                ("/Controls/NodePowerLimit", Self::Control(system, 0)),
                ("/Controls/Accelerator0PowerLimit", Self::Control(system, 1)),
                ("/Controls.Deep", Self::Deep(system)),
            ],
            LimitPlace::Accelerators => vec![
                power,
                ("/Power/AccPowerService", Self::Service(system)),
                ("/Power/AccPowerService/PowerLimit", Self::Limits(system)),
                (
                    "/Power/AccPowerService/PowerLimit/Actions/HpeServerAccPowerLimit.ConfigurePowerLimit",
                    Self::Configure(system),
                ),
            ],
        }
    }

    /// The links of such a chassis.
    pub(super) fn links(place: LimitPlace, chassis: &str) -> Map<String, Value> {
        let link = |name: &str| (name.to_owned(), json!({"@odata.id": format!("{chassis}/{name}")}));
        let names: &[&str] = match place {
            LimitPlace::Nowhere => &[],
            LimitPlace::PowerControl
            | LimitPlace::Nameless
            | LimitPlace::Triggered
            | LimitPlace::Accelerators => &["Power"],
            LimitPlace::Metrics | LimitPlace::MetricsOfControl => &["EnvironmentMetrics"],
            LimitPlace::Controls | LimitPlace::ManualControl | LimitPlace::Deep => &["Controls"],
        };
        names.iter().map(|name| link(name)).collect()
    }
}

/// One look at a system and what is set on it.
struct View<'a> {
    bmc: &'a Bmc,
    system: usize,
    chassis: String,
    settings: Settings,
    power: PowerState,
}

impl<'a> View<'a> {
    fn of(bmc: &'a Bmc, system: usize, now: Moment) -> Self {
        let reading = bmc.reading(now, Target::System(system));
        Self {
            bmc,
            system,
            chassis: bmc.tree.limits_chassis(system),
            settings: bmc.settings(system),
            power: reading.map_or(PowerState::Off, |reading| reading.power),
        }
    }

    fn is_on(&self) -> bool {
        !matches!(self.power, PowerState::Off | PowerState::PoweringOff)
    }

    fn range(&self) -> (f64, f64) {
        let profile = &self.bmc.profile().settings;
        (f64::from(profile.least_watts), f64::from(profile.most_watts))
    }

    /// What the machine draws: nothing much when off, and no more than its limit.
    fn watts(&self) -> f64 {
        let (least, most) = self.range();
        let free = if self.is_on() {
            least + (most - least) / 2.0
        } else {
            5.0
        };
        let limit = self.settings.view(0, self.bmc.profile().settings.limits).limit;
        limit.map_or(free, |limit| limit.min(free))
    }
}

/// What became of a change.
enum Change {
    /// It is in the settings.
    Done,
    /// It was answered like a success, and nothing happened.
    Dropped,
}

/// Answers a GET.
pub(super) fn read(fleet: &Fleet, bmc: &Bmc, page: Page) -> Response<Body> {
    let view = View::of(bmc, page.system(), fleet.now());
    let body = match page {
        Page::Power(_) if bmc.profile().settings.licensed || is_free(bmc) => power::power(&view),
        Page::Power(_) | Page::Limits(_) if !bmc.profile().settings.licensed => {
            return error::refuse(&unlicensed());
        }
        Page::Power(_) => power::power(&view),
        Page::Metrics(_) => metrics::metrics(&view),
        Page::Controls(_) | Page::Control(..) if control::are_hidden(&view) => {
            return error::missing(&view.chassis);
        }
        Page::Controls(_) => control::collection(&view),
        Page::Control(_, index) => control::control(&view, index),
        Page::Service(_) => power::service(&view),
        Page::Limits(_) => power::limits(&view),
        Page::Pending(system) => boot::pending(bmc, system, fleet.now()),
        Page::Deep(_) | Page::Trigger(_) | Page::Configure(_) => {
            return error::method_not_allowed(page.allowed());
        }
    };
    let version = view.settings.version;
    tagged(bmc, version, json_answer(StatusCode::OK, body.to_string()))
}

/// Whether the Power page itself needs no licence: only what it leads to does.
fn is_free(bmc: &Bmc) -> bool {
    bmc.profile().settings.limits == LimitPlace::Accelerators
}

/// Answers a PATCH or POST.
pub(super) fn change(
    fleet: &Fleet,
    bmc: &Bmc,
    page: Page,
    post: bool,
    headers: &HeaderMap,
    body: &Bytes,
) -> Response<Body> {
    let is_action = matches!(page, Page::Trigger(_) | Page::Configure(_));
    if post != is_action || page.allowed() == "GET, HEAD" {
        return error::method_not_allowed(page.allowed());
    }
    let mut view = View::of(bmc, page.system(), fleet.now());
    let checks_tag = !is_action && !matches!(page, Page::Deep(_));
    if checks_tag && let Some(refusal) = tags::objection(bmc, view.settings.version, headers) {
        return error::refuse(&refusal);
    }
    let changed = object(body).and_then(|body| match page {
        Page::Power(_) => power::change(&mut view, &body),
        Page::Trigger(_) => power::trigger(&mut view, &body),
        Page::Configure(_) => power::configure(&mut view, &body),
        Page::Metrics(_) => metrics::change(&mut view, &body),
        Page::Control(_, index) => control::change(&mut view, index, &body),
        Page::Deep(_) => control::change_deep(&mut view, &body),
        Page::Pending(_) => boot::change(&mut view, &body, fleet.now(), true),
        Page::Controls(_) | Page::Service(_) | Page::Limits(_) => Ok(Change::Dropped),
    });
    finish(&view, changed)
}

/// Answers a PATCH of a system or chassis.
pub(super) fn change_resource(
    fleet: &Fleet,
    bmc: &Bmc,
    target: Target,
    headers: &HeaderMap,
    body: &Bytes,
) -> Response<Body> {
    let Target::System(system) = target else {
        return error::method_not_allowed("GET, HEAD");
    };
    let mut view = View::of(bmc, system, fleet.now());
    if let Some(refusal) = tags::objection(bmc, view.settings.version, headers) {
        return error::refuse(&refusal);
    }
    let changed = object(body).and_then(|body| {
        if body.get("Boot").is_some() {
            boot::change(&mut view, &body, fleet.now(), false)
        } else {
            boot::change_light(&mut view, &body)
        }
    });
    finish(&view, changed)
}

fn finish(view: &View<'_>, changed: Result<Change, Refusal>) -> Response<Body> {
    match changed {
        Ok(Change::Done) => view.bmc.keep_settings(view.system, view.settings.clone()),
        Ok(Change::Dropped) => {}
        Err(refusal) => return error::refuse(&refusal),
    }
    bare(StatusCode::NO_CONTENT)
}

fn object(body: &Bytes) -> Result<Value, Refusal> {
    match serde_json::from_slice(body) {
        Ok(value @ Value::Object(_)) => Ok(value),
        _ => Err(Refusal::new(
            400,
            "Base.1.13.MalformedJSON",
            "The request body submitted was malformed JSON and could not be parsed.",
        )),
    }
}

/// Puts what is set into the resource of a system; nothing when it is as its template says.
pub(super) fn overlay(bmc: &Bmc, system: usize, now: Moment, rendered: &str) -> Option<String> {
    let settings = bmc.settings(system);
    let mut resource: Value = serde_json::from_str(rendered).ok()?;
    boot::overlay(bmc, system, now, &settings, &mut resource);
    Some(resource.to_string())
}

fn unlicensed() -> Refusal {
    Refusal::new(
        400,
        "iLO.2.14.LicenseKeyRequired",
        "The request could not be completed because a license key is required for this feature.",
    )
}

fn unknown_property(name: &str) -> Refusal {
    Refusal::new(
        400,
        "Base.1.13.PropertyUnknown",
        format!("The property {name} is not in the list of valid properties for the resource."),
    )
}

fn wrong_value(name: &str, value: &Value) -> Refusal {
    Refusal::new(
        400,
        "Base.1.13.PropertyValueNotInList",
        format!("The value {value} for the property {name} is not in the list of acceptable values."),
    )
}

fn wrong_type(name: &str, value: &Value) -> Refusal {
    Refusal::new(
        400,
        "Base.1.13.PropertyValueTypeError",
        format!("The value {value} for the property {name} is not a type that the property can accept."),
    )
}

/// A limit that was asked for: nothing and 0 lift it.
fn wanted_watts(view: &View<'_>, name: &str, value: &Value) -> Result<Option<f64>, Refusal> {
    let profile = &view.bmc.profile().settings;
    let (least, most) = view.range();
    match value.as_f64() {
        None if value.is_null() && profile.takes_null => Ok(None),
        None => Err(wrong_type(name, value)),
        Some(watts) if watts <= 0.0 => Ok(None),
        Some(watts) if (least..=most).contains(&watts) => Ok(Some(watts)),
        Some(_) => Err(Refusal::new(
            400,
            "Base.1.13.PropertyValueOutOfRange",
            format!("The value {value} for the property {name} is not within {least} to {most}."),
        )),
    }
}

/// The only property of a body, as an object.
fn only<'v>(body: &'v Value, name: &str) -> Result<&'v Map<String, Value>, Refusal> {
    let properties = body.as_object().into_iter().flatten();
    for (other, _) in properties {
        if other != name {
            return Err(unknown_property(other));
        }
    }
    body.get(name)
        .and_then(Value::as_object)
        .ok_or_else(|| wrong_type(name, body.get(name).unwrap_or(&Value::Null)))
}

/// The path of the page of waiting settings of a system.
pub(super) fn pending_path(system: &str) -> String {
    format!("{system}/Settings")
}

/// The path of the rack unit of a power distribution unit.
pub(super) fn pdu_path() -> String {
    format!("{ROOT}/PowerEquipment/RackPDUs/1")
}
