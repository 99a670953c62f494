//! The power states of the Common Information Model (DSP1027, `PowerState`).

use switchyard_driver_sdk::{PowerState, Primitive};

/// Running.
pub(crate) const ON: u32 = 2;
/// Sleep, light.
pub(crate) const SLEEP_LIGHT: u32 = 3;
/// Sleep, deep.
pub(crate) const SLEEP_DEEP: u32 = 4;
/// Off, then on, by hardware.
pub(crate) const POWER_CYCLE: u32 = 5;
/// Hibernated.
pub(crate) const HIBERNATE: u32 = 7;
/// Off by hardware.
pub(crate) const OFF: u32 = 8;
/// Reset by hardware.
pub(crate) const RESET: u32 = 10;
/// A non-maskable interrupt.
pub(crate) const NMI: u32 = 11;
/// Off by the operating system.
pub(crate) const GRACEFUL_OFF: u32 = 12;
/// Reset by the operating system.
pub(crate) const GRACEFUL_RESET: u32 = 14;

/// What a state means to the host.
pub(crate) fn meaning(state: u32) -> PowerState {
    match state {
        // A machine that was reset, or got an interrupt, is powered throughout.
        ON | RESET | NMI | GRACEFUL_RESET | 17 => PowerState::On,
        SLEEP_LIGHT | SLEEP_DEEP | HIBERNATE => PowerState::Asleep,
        6 | OFF | GRACEFUL_OFF | 13 => PowerState::Off,
        POWER_CYCLE | 9 | 15 | 16 => PowerState::PoweringOn,
        _ => PowerState::Unknown,
    }
}

/// A state's number with its name in the specification.
pub(crate) fn shown(state: u32) -> String {
    let name = match state {
        ON => "on",
        SLEEP_LIGHT => "sleep, light",
        SLEEP_DEEP => "sleep, deep",
        POWER_CYCLE => "power cycle, off soft",
        6 => "off, hard",
        HIBERNATE => "hibernate",
        OFF => "off, soft",
        9 => "power cycle, off hard",
        RESET => "master bus reset",
        NMI => "diagnostic interrupt",
        GRACEFUL_OFF => "off, soft graceful",
        13 => "off, hard graceful",
        GRACEFUL_RESET => "master bus reset, graceful",
        15 => "power cycle, off soft graceful",
        16 => "power cycle, off hard graceful",
        17 => "diagnostic interrupt, init",
        _ => return state.to_string(),
    };
    format!("{state} ({name})")
}

/// The state that is requested for a primitive; nothing where AMT has none.
pub(crate) fn requested(what: Primitive) -> Option<u32> {
    Some(match what {
        Primitive::On => ON,
        Primitive::ForceOff => OFF,
        Primitive::GracefulShutdown => GRACEFUL_OFF,
        Primitive::GracefulRestart => GRACEFUL_RESET,
        Primitive::ForceRestart => RESET,
        Primitive::PowerCycle => POWER_CYCLE,
        Primitive::Nmi => NMI,
        Primitive::Suspend => SLEEP_DEEP,
        Primitive::ForceOn
        | Primitive::FullPowerCycle
        | Primitive::PushPowerButton
        | Primitive::Pause
        | Primitive::Resume => return None,
    })
}
