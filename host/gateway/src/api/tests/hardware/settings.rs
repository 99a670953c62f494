//! What the BMCs in memory are set to.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use switchyard_core::configuration::Change;
use switchyard_core::machine::Answer;
use switchyard_core::{
    BootDuration, BootOverride, BootSource, Cause, ControllerId, Delivery, Fact, Failure, Firmware,
    Indicator, Light, LimitMode, MeterReading, PowerLimit, Watts,
};

/// The limit that every system has.
pub(in crate::api::tests) const LIMIT: &str = "Node Power Control";

#[derive(Debug, Clone)]
struct Set {
    watts: Option<Watts>,
    boot: (BootSource, BootDuration),
    light: Light,
    /// What a change is refused with.
    refusal: Option<Failure>,
    /// Whether a change is accepted and does nothing.
    deaf: bool,
    /// Whether nothing can be read here.
    mute: bool,
    changes: u32,
    /// What a limit is set to while it is not in force.
    idle: Option<u32>,
    /// Whether the BMC asks for a licence.
    unlicensed: bool,
}

impl Default for Set {
    fn default() -> Self {
        Self {
            watts: None,
            boot: (BootSource::None, BootDuration::Disabled),
            light: Light::Off,
            refusal: None,
            deaf: false,
            mute: false,
            changes: 0,
            idle: None,
            unlicensed: false,
        }
    }
}

/// Of each controller by its id.
#[derive(Debug, Default)]
pub(in crate::api::tests) struct Settings(Mutex<HashMap<String, Set>>);

fn watts(watts: f64) -> Watts {
    Watts::new(watts).unwrap()
}

fn fact(name: &str, value: &str) -> Fact {
    Fact {
        name: name.to_owned(),
        value: value.to_owned(),
    }
}

impl Settings {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Set>> {
        self.0.lock().unwrap()
    }

    fn with<T>(&self, controller: &str, with: impl FnOnce(&mut Set) -> T) -> T {
        with(self.lock().entry(controller.to_owned()).or_default())
    }

    /// From now on changes are refused with these words.
    pub(in crate::api::tests) fn refuse(&self, controller: &str, words: &str) {
        let failure = Failure {
            status: Some(400),
            ..Failure::new(Cause::Invalid, words)
        };
        self.with(controller, |set| set.refusal = Some(failure));
    }

    /// Whether changes are accepted and do nothing.
    pub(in crate::api::tests) fn deafen(&self, controller: &str, deaf: bool) {
        self.with(controller, |set| set.deaf = deaf);
    }

    /// The limit is not in force, and set to this.
    pub(in crate::api::tests) fn idle_at(&self, controller: &str, watts: u32) {
        self.with(controller, |set| (set.watts, set.idle) = (None, Some(watts)));
    }

    /// From now on the BMC asks for a licence before it shows or sets a limit.
    pub(in crate::api::tests) fn ask_for_licence(&self, controller: &str) {
        self.with(controller, |set| set.unlicensed = true);
    }

    /// From now on the BMC offers none of this.
    pub(in crate::api::tests) fn mute(&self, controller: &str) {
        self.with(controller, |set| set.mute = true);
    }

    /// The limit in force.
    pub(in crate::api::tests) fn watts(&self, controller: &str) -> Option<f64> {
        self.with(controller, |set| set.watts.map(Watts::get))
    }

    /// How many changes came.
    pub(in crate::api::tests) fn changes(&self, controller: &str) -> u32 {
        self.with(controller, |set| set.changes)
    }

    fn read(&self, controller: &ControllerId) -> Result<Set, Failure> {
        let set = self.with(controller.as_str(), |set| set.clone());
        if set.mute {
            return Err(Failure::new(Cause::NotSupported, "This BMC knows nothing of it."));
        }
        Ok(set)
    }

    pub(super) fn limits(&self, controller: &ControllerId, is_on: bool) -> Result<Vec<PowerLimit>, Failure> {
        let set = self.read(controller)?;
        let mut facts = vec![
            fact("power-up-watts", "250"),
            fact("host-max-watts", "900"),
            fact("host-min-watts", "350"),
        ];
        if let Some(idle) = set.idle.filter(|_| set.watts.is_none()) {
            facts.push(fact("set-point-watts", &idle.to_string()));
        }
        if set.unlicensed {
            facts.push(fact("license", "required"));
            facts.push(fact("why-not-writable", "a licence is missing"));
        }
        if !is_on {
            facts.push(fact("why-not-writable", "the node is off"));
        }
        Ok(vec![PowerLimit {
            id: "0".to_owned(),
            name: LIMIT.to_owned(),
            watts: set.watts,
            min: Some(watts(350.0)),
            max: Some(watts(900.0)),
            mode: if set.watts.is_some() {
                LimitMode::Automatic
            } else {
                LimitMode::Disabled
            },
            writable: is_on && !set.unlicensed,
            facts,
        }])
    }

    pub(super) fn boot(&self, controller: &ControllerId) -> Result<BootOverride, Failure> {
        let (source, duration) = self.read(controller)?.boot;
        Ok(BootOverride {
            source,
            duration,
            firmware: Firmware::Uefi,
            raw: format!("{source:?}"),
            sources: vec![BootSource::None, BootSource::Pxe, BootSource::Disk],
            writable: true,
            facts: Vec::new(),
        })
    }

    pub(super) fn indicator(&self, controller: &ControllerId) -> Result<Indicator, Failure> {
        let light = self.read(controller)?.light;
        Ok(Indicator {
            light,
            raw: format!("{light:?}"),
            lights: vec![Light::Off, Light::Lit],
            facts: Vec::new(),
        })
    }

    pub(super) fn readings(&self, controller: &ControllerId) -> Result<Vec<MeterReading>, Failure> {
        self.read(controller)?;
        Ok(vec![MeterReading {
            id: "0".to_owned(),
            name: "Node".to_owned(),
            watts: Some(watts(412.5)),
            min: None,
            max: None,
            average: Some(watts(400.0)),
            window: Some(Duration::from_mins(1)),
            facts: Vec::new(),
        }])
    }

    pub(super) fn configure(
        &self,
        controller: &ControllerId,
        change: &Change,
    ) -> (Delivery, Result<Answer, Failure>) {
        self.with(controller.as_str(), |set| {
            set.changes += 1;
            if let Some(refusal) = &set.refusal {
                return (Delivery::of_http_status(400), Err(refusal.clone()));
            }
            if !set.deaf {
                match change {
                    Change::Limits(limits) => set.watts = limits[0].watts,
                    Change::Boot(boot) => set.boot = (boot.source, boot.duration),
                    Change::Indicator(light) => set.light = *light,
                }
            }
            (Delivery::of_http_status(200), Ok(Answer::Accepted))
        })
    }
}
