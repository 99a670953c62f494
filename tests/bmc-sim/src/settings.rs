//! What can be set beside power: limits, boot override and light, how makes of BMC take them, and what a BMC keeps of them.

mod profile;

use std::collections::BTreeMap;

use serde::Serialize;

pub use profile::{BootHabit, LightKind, LimitPlace, OutletKind, Outlets, SettingsProfile, Tags};

/// What is set on one system.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Settings {
    /// The limit of the whole, then of the accelerator.
    pub(crate) limits: [Limit; 2],
    /// Whether the limit was put in force, where that takes an action.
    pub(crate) triggered: bool,
    pub(crate) boot: Boot,
    pub(crate) light: Light,
    /// Counts the changes: the entity tag.
    pub(crate) version: u64,
}

/// One limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Limit {
    pub(crate) watts: Option<f64>,
    pub(crate) mode: &'static str,
}

/// A boot override.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Boot {
    /// `BootSourceOverrideEnabled`.
    pub enabled: String,
    /// `BootSourceOverrideTarget`.
    pub target: String,
    /// `BootSourceOverrideMode`.
    pub mode: String,
    /// How often the system had started when it was set.
    #[serde(skip)]
    pub(crate) starts: u64,
}

/// A light.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Light {
    /// Dark.
    Off,
    /// Lit.
    Lit,
    /// Blinking.
    Blinking,
}

/// What is set on one system, for tests to look at.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SettingsView {
    /// The limit of the whole in force, in watts.
    pub limit: Option<f64>,
    /// The limit of the accelerator in force, in watts.
    pub accelerator_limit: Option<f64>,
    /// The boot override.
    pub boot: Boot,
    /// The light.
    pub light: Light,
    /// How many changes were executed.
    pub changes: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            limits: [Limit::NONE; 2],
            triggered: false,
            boot: Boot::default(),
            light: Light::Off,
            version: 1,
        }
    }
}

impl Limit {
    pub(crate) const NONE: Self = Self {
        watts: None,
        mode: "Disabled",
    };
}

impl Default for Boot {
    fn default() -> Self {
        Self {
            enabled: "Disabled".into(),
            target: "None".into(),
            mode: "UEFI".into(),
            starts: 0,
        }
    }
}

impl Boot {
    /// The override as it is after so many starts: one for a single start is used up by the first.
    pub(crate) fn after(&self, starts: u64) -> Self {
        if self.enabled == "Once" && starts > self.starts {
            return Self {
                mode: self.mode.clone(),
                ..Self::default()
            };
        }
        self.clone()
    }
}

impl Light {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Off => "Off",
            Self::Lit => "Lit",
            Self::Blinking => "Blinking",
        }
    }

    pub(crate) fn of_word(word: &str) -> Option<Self> {
        [Self::Off, Self::Lit, Self::Blinking]
            .into_iter()
            .find(|light| light.word() == word)
    }
}

/// The settings of all systems of one BMC. A system of which nothing was changed takes no room.
#[derive(Debug, Default)]
pub(crate) struct AllSettings(BTreeMap<usize, Settings>);

impl AllSettings {
    /// The settings of a system.
    pub(crate) fn of(&self, system: usize) -> Settings {
        self.0.get(&system).cloned().unwrap_or_default()
    }

    /// Counts the changes of a system from 1.
    pub(crate) fn version(&self, system: usize) -> u64 {
        self.0.get(&system).map_or(1, |settings| settings.version)
    }

    /// Keeps changed settings.
    pub(crate) fn keep(&mut self, system: usize, mut settings: Settings) {
        settings.version += 1;
        self.0.insert(system, settings);
    }
}

impl Settings {
    pub(crate) fn view(&self, starts: u64, place: LimitPlace) -> SettingsView {
        let [whole, accelerator] = self.limits;
        let in_force = place != LimitPlace::Triggered || self.triggered;
        SettingsView {
            limit: whole.watts.filter(|_| in_force),
            accelerator_limit: accelerator.watts,
            boot: self.boot.after(starts),
            light: self.light,
            changes: self.version - 1,
        }
    }
}
