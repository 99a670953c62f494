//! What is to be set, as it came, checked as far as that is possible before a component is read.

use std::time::Duration;

use switchyard_core::configuration::goal::{LIMIT_NAME_MAX, LIMITS_MAX};
use switchyard_core::configuration::words::{self, SOURCES};
use switchyard_core::configuration::{Goal, LimitGoal};
use switchyard_core::{BootDuration, BootSource, Firmware, Light, Watts};
use switchyard_wire::v2::{ConfigurationRequest, SettingOptions, WantedBoot, WantedLimit};

use crate::api::v2::obstacles::Obstacles;

/// The longest time that a caller may let a task wait to be sent, in seconds.
const START_WITHIN_MAX_SECONDS: u64 = 86_400;
/// The longest time that a change is read back, in seconds.
const VERIFY_WITHIN_MAX_SECONDS: u64 = 3_600;
/// What can be read for many components at once.
const READABLE: &str = "limits";

/// The times of a request.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::api::v2) struct Times {
    pub(super) start_within: Option<Duration>,
    pub(super) verify_within: Option<Duration>,
}

/// The one thing that a request is about.
pub(super) fn goal(body: &ConfigurationRequest, obstacles: &mut Obstacles) -> Option<Goal> {
    let wanted = [
        body.limits.is_some(),
        body.boot.is_some(),
        body.indicator.is_some(),
        body.read.is_some(),
    ];
    if wanted.iter().filter(|wanted| **wanted).count() != 1 {
        let detail = "a configuration is about one of limits, boot, indicator and read";
        obstacles.add("setting.invalid", detail);
        return None;
    }
    if let Some(limits) = &body.limits {
        self::limits(limits, obstacles)
    } else if let Some(boot) = &body.boot {
        self::boot(boot, obstacles)
    } else if let Some(name) = &body.indicator {
        light(name, obstacles)
    } else {
        let known = body.read.as_deref() == Some(READABLE);
        if !known {
            obstacles.add("setting.invalid", format!("read is {READABLE:?} or left out"));
        }
        known.then_some(Goal::Snapshot)
    }
}

/// Power limits to set; 0 lifts one, as null does.
pub(in crate::api::v2) fn limits(limits: &[WantedLimit], obstacles: &mut Obstacles) -> Option<Goal> {
    if limits.is_empty() || limits.len() > LIMITS_MAX {
        let detail = format!("limits names 1 to {LIMITS_MAX} limits, not {}", limits.len());
        obstacles.add("setting.invalid", detail);
        return None;
    }
    let mut goals: Vec<LimitGoal> = Vec::with_capacity(limits.len());
    let mut sound = true;
    for WantedLimit { name, watts } in limits {
        let read = watts.map(|watts| (watts, Watts::new(watts)));
        if let Some((watts, None)) = read {
            sound = false;
            let detail = format!("watts is a number from 0 to below 1000000000 or null, not {watts}");
            obstacles.add("setting.invalid", detail);
        }
        if name.as_ref().is_some_and(|name| name.len() > LIMIT_NAME_MAX) {
            sound = false;
            let detail = format!("the name of a limit has at most {LIMIT_NAME_MAX} bytes");
            obstacles.add("setting.invalid", detail);
            continue;
        }
        if goals.iter().any(|goal| goal.limit == *name) {
            sound = false;
            let what = name.as_deref().unwrap_or("the limit without a name");
            obstacles.add("setting.invalid", format!("limits names {what} twice"));
        }
        goals.push(LimitGoal {
            limit: name.clone(),
            watts: read
                .and_then(|(_, watts)| watts)
                .filter(|watts| watts.get() > 0.0),
        });
    }
    let skip_invalid = false;
    sound.then_some(Goal::Limits {
        limits: goals,
        skip_invalid,
    })
}

/// A boot override to set.
pub(in crate::api::v2) fn boot(wanted: &WantedBoot, obstacles: &mut Obstacles) -> Option<Goal> {
    let WantedBoot {
        source,
        duration,
        firmware,
    } = wanted;
    let sources = SOURCES.map(|source| (words::source(source), source));
    let durations = [
        BootDuration::Once,
        BootDuration::Continuous,
        BootDuration::Disabled,
    ]
    .map(|duration| (words::duration(duration), duration));
    let firmwares = [Firmware::Uefi, Firmware::Legacy, Firmware::Unspecified]
        .map(|firmware| (words::firmware(firmware), firmware));
    let source = one_of("the source", source, &sources, obstacles);
    let default = match source {
        Some(BootSource::None) => BootDuration::Disabled,
        _ => BootDuration::Once,
    };
    let duration = match duration {
        Some(text) => one_of("the duration", text, &durations, obstacles),
        None => Some(default),
    };
    let firmware = match firmware {
        Some(text) => one_of("the firmware", text, &firmwares, obstacles),
        None => Some(Firmware::Unspecified),
    };
    Some(Goal::Boot(switchyard_core::WantedBoot {
        source: source?,
        duration: duration?,
        firmware: firmware?,
    }))
}

/// A light to set.
pub(in crate::api::v2) fn light(name: &str, obstacles: &mut Obstacles) -> Option<Goal> {
    let lights = [Light::Off, Light::Lit, Light::Blinking].map(|light| (words::light(light), light));
    one_of("the light", name, &lights, obstacles).map(Goal::Indicator)
}

fn one_of<T: Copy>(what: &str, text: &str, known: &[(&str, T)], obstacles: &mut Obstacles) -> Option<T> {
    let found = known.iter().find(|(name, _)| *name == text);
    if found.is_none() {
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        let detail = format!("{what} is one of {}, not {text:?}", names.join(", "));
        obstacles.add("setting.invalid", detail);
    }
    found.map(|(_, value)| *value)
}

/// The times of a request.
pub(in crate::api::v2) fn times(options: &SettingOptions, obstacles: &mut Obstacles) -> Times {
    let mut within = |name: &str, seconds: Option<u64>, most: u64| {
        let seconds = seconds?;
        if !(1..=most).contains(&seconds) {
            let detail = format!("{name} is a number from 1 to {most}, not {seconds}");
            obstacles.add("request.out-of-range", detail);
        }
        Some(Duration::from_secs(seconds))
    };
    let start = options.start_within_seconds;
    let verify = options.verify_within_seconds;
    Times {
        start_within: within("startWithinSeconds", start, START_WITHIN_MAX_SECONDS),
        verify_within: within("verifyWithinSeconds", verify, VERIFY_WITHIN_MAX_SECONDS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(check: impl FnOnce(&mut Obstacles) -> Option<Goal>) -> String {
        let mut obstacles = Obstacles::default();
        assert_eq!(check(&mut obstacles), None);
        format!("{obstacles:?}")
    }

    #[test]
    fn zero_and_null_lift_a_limit() {
        for watts in [None, Some(0.0)] {
            let wanted = [WantedLimit { name: None, watts }];
            let mut obstacles = Obstacles::default();
            match limits(&wanted, &mut obstacles) {
                Some(Goal::Limits { limits, .. }) => assert_eq!(limits[0].watts, None),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let limit = |name: Option<&str>, watts| WantedLimit {
            name: name.map(str::to_owned),
            watts,
        };
        assert!(refused(|obstacles| limits(&[], obstacles)).contains("1 to 64"));
        let negative = [limit(None, Some(-1.0))];
        assert!(refused(|obstacles| limits(&negative, obstacles)).contains("not -1"));
        let twice = [limit(Some("a"), None), limit(Some("a"), Some(5.0))];
        assert!(refused(|obstacles| limits(&twice, obstacles)).contains("a twice"));
        assert!(refused(|obstacles| light("green", obstacles)).contains("off, lit, blinking"));
        let target = WantedBoot {
            source: "target".to_owned(),
            duration: Some("twice".to_owned()),
            firmware: None,
        };
        let said = refused(|obstacles| boot(&target, obstacles));
        assert!(said.contains("the source is one of") && said.contains("the duration is one of"));
        let both = ConfigurationRequest {
            indicator: Some("lit".to_owned()),
            read: Some("limits".to_owned()),
            ..ConfigurationRequest::default()
        };
        assert!(refused(|obstacles| goal(&both, obstacles)).contains("one of limits, boot"));
    }

    #[test]
    fn an_override_holds_once_unless_it_says_otherwise() {
        let wanted = |source: &str| WantedBoot {
            source: source.to_owned(),
            ..WantedBoot::default()
        };
        let mut obstacles = Obstacles::default();
        let mut read = |source| match boot(&wanted(source), &mut obstacles) {
            Some(Goal::Boot(boot)) => boot.duration,
            other => panic!("{other:?}"),
        };
        assert_eq!(read("pxe"), BootDuration::Once);
        assert_eq!(read("none"), BootDuration::Disabled);
    }
}
