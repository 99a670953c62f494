//! What is wanted, and how it compares with what a component is set to.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::snapshot::Values;
use super::words;
use crate::boot::{BootDuration, BootOverride, BootSource, Firmware, WantedBoot};
use crate::indicator::{Indicator, Light};
use crate::limit::{LimitMode, PowerLimit, WantedLimit, Watts};
use crate::observation::Fact;

/// The most limits that one request sets on a component.
pub const LIMITS_MAX: usize = 64;
/// The longest name of a limit in a request, in bytes.
pub const LIMIT_NAME_MAX: usize = 256;
/// How far a limit may be from what was asked for and still count as it: BMCs round to whole watts.
const TOLERANCE_WATTS: f64 = 1.0;
/// The fact in which a driver says why something cannot be set.
const WHY_NOT_WRITABLE: &str = "why-not-writable";

/// One of the lines that a component has in the configuration lane; each has one active task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Track {
    /// Power limits.
    Limits,
    /// The boot override.
    Boot,
    /// The indicator.
    Indicator,
    /// Power limits that are only read.
    Snapshot,
}

impl Track {
    /// Every track.
    pub const ALL: [Self; 4] = [Self::Limits, Self::Boot, Self::Indicator, Self::Snapshot];

    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Limits => "limits",
            Self::Boot => "boot",
            Self::Indicator => "indicator",
            Self::Snapshot => "snapshot",
        }
    }

    /// The track of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|track| track.name() == name)
    }
}

impl fmt::Display for Track {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One power limit that is wanted. Callers name limits as the BMC does, so that one request fits many machines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitGoal {
    /// The driver's id of it or the BMC's name for it; nothing means the only one that the component has.
    pub limit: Option<String>,
    /// The limit; nothing lifts it.
    pub watts: Option<Watts>,
}

/// What a task is to bring about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Goal {
    /// Power limits; those not named stay.
    Limits {
        /// The limits.
        limits: Vec<LimitGoal>,
        /// Whether a limit that cannot be set is left out, rather than to fail them all.
        skip_invalid: bool,
    },
    /// A boot override.
    Boot(WantedBoot),
    /// The indicator.
    Indicator(Light),
    /// Nothing: the power limits are read.
    Snapshot,
}

/// What is sent to bring it about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// Power limits, by the driver's ids.
    Limits(Vec<WantedLimit>),
    /// A boot override.
    Boot(WantedBoot),
    /// The indicator.
    Indicator(Light),
}

/// Why something cannot be set as it is wanted. Nothing was sent for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "objection", rename_all = "kebab-case")]
pub enum Objection {
    /// The component has no limits at the moment.
    NoLimits,
    /// It has no such limit.
    UnknownLimit {
        /// The limit as it was named.
        name: String,
        /// Those that it has.
        known: Vec<String>,
    },
    /// It has several, and none was named.
    Ambiguous {
        /// Those that it has.
        known: Vec<String>,
    },
    /// Two values are wanted of one limit.
    Twice {
        /// The limit.
        name: String,
    },
    /// The value is less than the BMC takes.
    BelowMinimum {
        /// The limit.
        name: String,
        /// The value.
        watts: Watts,
        /// The least.
        min: Watts,
    },
    /// The value is more than the BMC takes.
    AboveMaximum {
        /// The limit.
        name: String,
        /// The value.
        watts: Watts,
        /// The most.
        max: Watts,
    },
    /// It cannot be set at the moment.
    NotWritable {
        /// What: the limit, or nothing where there is only one thing to set.
        name: Option<String>,
        /// Why, where the driver knows.
        why: Option<String>,
    },
    /// The component does not boot from there.
    SourceNotOffered {
        /// From where.
        source: BootSource,
        /// From where it boots.
        offered: Vec<BootSource>,
    },
    /// The indicator has no such light.
    LightNotOffered {
        /// The light.
        light: Light,
        /// Those that it has.
        offered: Vec<Light>,
    },
    /// The reading shows something else altogether.
    OtherTrack,
}

/// How what is wanted compares with what is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// What has to be sent; nothing when everything that can be set is as wanted.
    pub change: Option<Change>,
    /// What cannot be set.
    pub objections: Vec<Objection>,
    /// Whether anything is left to be wanted beside the objections.
    pub possible: bool,
}

impl Comparison {
    fn met() -> Self {
        Self {
            change: None,
            objections: Vec::new(),
            possible: true,
        }
    }

    fn unmet(change: Change) -> Self {
        Self {
            change: Some(change),
            ..Self::met()
        }
    }

    fn refused(objection: Objection) -> Self {
        Self {
            change: None,
            objections: vec![objection],
            possible: false,
        }
    }

    /// Whether everything is as wanted.
    pub fn is_met(&self) -> bool {
        self.possible && self.change.is_none()
    }

    /// Whether all that was sent is as wanted, when `left_out` stood in the way of the rest. What stands in the way only now hides what
    /// was sent: it does not show it.
    pub fn shows_all_but(&self, left_out: &[Objection]) -> bool {
        self.is_met() && self.objections.len() <= left_out.len()
    }
}

impl Goal {
    /// The line in which the task waits.
    pub const fn track(&self) -> Track {
        match self {
            Self::Limits { .. } => Track::Limits,
            Self::Boot(_) => Track::Boot,
            Self::Indicator(_) => Track::Indicator,
            Self::Snapshot => Track::Snapshot,
        }
    }

    /// Compares with a reading.
    pub fn compare(&self, values: &Values) -> Comparison {
        match (self, values) {
            (Self::Limits { limits, skip_invalid }, Values::Limits(offered)) => {
                compare_limits(limits, *skip_invalid, offered)
            }
            (Self::Boot(wanted), Values::Boot(found)) => compare_boot(*wanted, found),
            (Self::Indicator(wanted), Values::Indicator(found)) => compare_light(*wanted, found),
            (Self::Snapshot, Values::Limits(_)) => Comparison::met(),
            _ => Comparison::refused(Objection::OtherTrack),
        }
    }
}

impl LimitGoal {
    /// The limit that is meant.
    fn find<'a>(&self, offered: &'a [PowerLimit]) -> Result<&'a PowerLimit, Objection> {
        let names = || offered.iter().map(|limit| limit.name.clone()).collect();
        match (&self.limit, offered) {
            (_, []) => Err(Objection::NoLimits),
            (None, [only]) => Ok(only),
            (None, _) => Err(Objection::Ambiguous { known: names() }),
            (Some(name), _) => {
                let id = || offered.iter().find(|limit| limit.id == *name);
                let exact = || offered.iter().find(|limit| limit.name == *name);
                let loose = || {
                    let same = |limit: &&PowerLimit| limit.name.eq_ignore_ascii_case(name);
                    offered.iter().find(same)
                };
                id().or_else(exact)
                    .or_else(loose)
                    .ok_or_else(|| Objection::UnknownLimit {
                        name: name.clone(),
                        known: names(),
                    })
            }
        }
    }

    /// What is to be sent for it, if anything.
    fn against(&self, limit: &PowerLimit) -> Result<Option<WantedLimit>, Objection> {
        if let Some(watts) = self.watts {
            let name = || limit.name.clone();
            if let Some(min) = limit.min.filter(|min| watts < *min) {
                return Err(Objection::BelowMinimum {
                    name: name(),
                    watts,
                    min,
                });
            }
            if let Some(max) = limit.max.filter(|max| watts > *max) {
                return Err(Objection::AboveMaximum {
                    name: name(),
                    watts,
                    max,
                });
            }
        }
        if self.is_met_by(limit) {
            return Ok(None);
        }
        if !limit.writable {
            return Err(Objection::NotWritable {
                name: Some(limit.name.clone()),
                why: why(&limit.facts),
            });
        }
        Ok(Some(WantedLimit {
            id: limit.id.clone(),
            watts: self.watts,
        }))
    }

    fn is_met_by(&self, limit: &PowerLimit) -> bool {
        let in_force = limit.watts.filter(|_| limit.mode != LimitMode::Disabled);
        match (self.watts, in_force) {
            (None, None) => true,
            (Some(wanted), Some(found)) => (wanted.get() - found.get()).abs() < TOLERANCE_WATTS,
            (None, Some(_)) | (Some(_), None) => false,
        }
    }
}

fn compare_limits(goals: &[LimitGoal], skip_invalid: bool, offered: &[PowerLimit]) -> Comparison {
    let mut wanted = Vec::new();
    let mut objections = Vec::new();
    let mut meant: Vec<&str> = Vec::new();
    for goal in goals {
        let found = goal.find(offered).and_then(|limit| {
            let again = meant.contains(&limit.id.as_str());
            meant.push(&limit.id);
            if again {
                let name = limit.name.clone();
                return Err(Objection::Twice { name });
            }
            goal.against(limit)
        });
        match found {
            Ok(change) => wanted.extend(change),
            Err(objection) => objections.push(objection),
        }
    }
    let possible = objections.is_empty() || (skip_invalid && objections.len() < goals.len());
    let change = (possible && !wanted.is_empty()).then_some(Change::Limits(wanted));
    Comparison {
        change,
        objections,
        possible,
    }
}

fn compare_boot(wanted: WantedBoot, found: &BootOverride) -> Comparison {
    if is_booting_so(wanted, found) {
        return Comparison::met();
    }
    let lifts = lifts(wanted);
    if !found.writable {
        return Comparison::refused(Objection::NotWritable {
            name: None,
            why: why(&found.facts),
        });
    }
    if !lifts && !found.sources.is_empty() && !found.sources.contains(&wanted.source) {
        return Comparison::refused(Objection::SourceNotOffered {
            source: wanted.source,
            offered: found.sources.clone(),
        });
    }
    Comparison::unmet(Change::Boot(wanted))
}

/// Whether no override is wanted.
fn lifts(wanted: WantedBoot) -> bool {
    wanted.source == BootSource::None || wanted.duration == BootDuration::Disabled
}

fn is_booting_so(wanted: WantedBoot, found: &BootOverride) -> bool {
    let none = found.source == BootSource::None || found.duration == BootDuration::Disabled;
    if lifts(wanted) {
        return none;
    }
    let firmware = wanted.firmware == Firmware::Unspecified
        || found.firmware == Firmware::Unspecified
        || wanted.firmware == found.firmware;
    !none && wanted.source == found.source && wanted.duration == found.duration && firmware
}

fn compare_light(wanted: Light, found: &Indicator) -> Comparison {
    if wanted == found.light {
        Comparison::met()
    } else if !found.lights.is_empty() && !found.lights.contains(&wanted) {
        Comparison::refused(Objection::LightNotOffered {
            light: wanted,
            offered: found.lights.clone(),
        })
    } else {
        Comparison::unmet(Change::Indicator(wanted))
    }
}

fn why(facts: &[Fact]) -> Option<String> {
    facts
        .iter()
        .find(|fact| fact.name == WHY_NOT_WRITABLE)
        .map(|fact| fact.value.clone())
}

impl Objection {
    /// The stable code, as it appears in the API.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoLimits => "limit.none",
            Self::UnknownLimit { .. } => "limit.unknown",
            Self::Ambiguous { .. } => "limit.ambiguous",
            Self::Twice { .. } => "limit.twice",
            Self::BelowMinimum { .. } | Self::AboveMaximum { .. } => "limit.out-of-range",
            Self::NotWritable { .. } => "setting.not-writable",
            Self::SourceNotOffered { .. } => "boot.not-offered",
            Self::LightNotOffered { .. } => "indicator.not-offered",
            Self::OtherTrack => "driver.failed",
        }
    }
}

impl fmt::Display for Objection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoLimits => f.write_str("the BMC shows no power limit for the component at the moment"),
            Self::UnknownLimit { name, known } => {
                write!(f, "there is no limit {name:?}; there are {}", known.join(", "))
            }
            Self::Ambiguous { known } => {
                write!(f, "there are several limits, name one: {}", known.join(", "))
            }
            Self::Twice { name } => write!(f, "{name} is named twice"),
            Self::BelowMinimum { name, watts, min } => {
                write!(f, "{watts} is less than the minimum of {name}, {min}")
            }
            Self::AboveMaximum { name, watts, max } => {
                write!(f, "{watts} is more than the maximum of {name}, {max}")
            }
            Self::NotWritable { name, why } => {
                let what = name.as_deref().unwrap_or("it");
                let why = why.as_deref().unwrap_or("the BMC does not say why");
                write!(f, "{what} cannot be set at the moment: {why}")
            }
            Self::SourceNotOffered { source, offered } => {
                let offered: Vec<&str> = offered.iter().copied().map(words::source).collect();
                let source = words::source(*source);
                write!(
                    f,
                    "it does not boot from {source}, but from {}",
                    offered.join(", ")
                )
            }
            Self::LightNotOffered { light, offered } => {
                let offered: Vec<&str> = offered.iter().copied().map(words::light).collect();
                let light = words::light(*light);
                write!(f, "the indicator cannot be {light}, but {}", offered.join(", "))
            }
            Self::OtherTrack => f.write_str("the driver answered with a reading of something else"),
        }
    }
}

#[cfg(test)]
mod tests;
