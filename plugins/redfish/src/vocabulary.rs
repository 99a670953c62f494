//! Redfish's words and the contract's (DSP2046, Resource: `ResetType`, `PowerState`).

use switchyard_driver_sdk::{Kind, PowerState, Primitive, Replay};

/// Every reset type of the standard with its primitive.
const RESET_TYPES: [(&str, Primitive); 13] = [
    ("On", Primitive::On),
    ("ForceOn", Primitive::ForceOn),
    ("ForceOff", Primitive::ForceOff),
    ("GracefulShutdown", Primitive::GracefulShutdown),
    ("GracefulRestart", Primitive::GracefulRestart),
    ("ForceRestart", Primitive::ForceRestart),
    ("PowerCycle", Primitive::PowerCycle),
    ("FullPowerCycle", Primitive::FullPowerCycle),
    ("PushPowerButton", Primitive::PushPowerButton),
    ("Nmi", Primitive::Nmi),
    ("Suspend", Primitive::Suspend),
    ("Pause", Primitive::Pause),
    ("Resume", Primitive::Resume),
];

/// The primitive of a reset type, in any letter case.
pub fn primitive(reset_type: &str) -> Option<Primitive> {
    RESET_TYPES
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(reset_type))
        .map(|(_, primitive)| *primitive)
}

/// The standard's spelling of a primitive.
pub fn reset_type(primitive: Primitive) -> &'static str {
    RESET_TYPES
        .iter()
        .find(|(_, known)| *known == primitive)
        .map_or("On", |(name, _)| name)
}

/// The state that a `PowerState` stands for. Words beyond the standard are unknown.
pub fn power_state(word: &str) -> PowerState {
    match word.to_ascii_lowercase().as_str() {
        "on" => PowerState::On,
        "off" => PowerState::Off,
        "poweringon" => PowerState::PoweringOn,
        "poweringoff" => PowerState::PoweringOff,
        "paused" => PowerState::Paused,
        _ => PowerState::Unknown,
    }
}

/// The replay class of a primitive.
pub(crate) fn replay(primitive: Primitive) -> Replay {
    match primitive {
        Primitive::On | Primitive::ForceOn | Primitive::ForceOff => Replay::Safe,
        Primitive::GracefulShutdown | Primitive::Suspend | Primitive::Pause | Primitive::Resume => {
            Replay::IfUnchanged
        }
        _ => Replay::Never,
    }
}

/// How long a primitive usually and at the longest takes, in milliseconds. A BMC needs minutes to come back from its own restart.
pub(crate) fn times(kind: Kind, primitive: Primitive) -> (u32, u32) {
    if kind == Kind::Controller {
        return (120_000, 600_000);
    }
    match primitive {
        Primitive::ForceOff | Primitive::Nmi | Primitive::Pause | Primitive::Resume => (5_000, 60_000),
        Primitive::On | Primitive::ForceOn | Primitive::Suspend | Primitive::PushPowerButton => {
            (15_000, 120_000)
        }
        Primitive::ForceRestart | Primitive::PowerCycle => (30_000, 180_000),
        Primitive::GracefulShutdown | Primitive::GracefulRestart => (60_000, 300_000),
        Primitive::FullPowerCycle => (60_000, 600_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_map_both_ways() {
        for (name, known) in RESET_TYPES {
            assert_eq!(primitive(&name.to_lowercase()), Some(known));
            assert_eq!(reset_type(known), name);
        }
        assert_eq!(primitive("StatefulReset"), None);
        assert_eq!(power_state("PoweringOn"), PowerState::PoweringOn);
        assert_eq!(power_state("Reset"), PowerState::Unknown);
    }
}
