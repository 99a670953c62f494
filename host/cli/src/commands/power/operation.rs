//! What an operation does to running machines.

use crate::arguments::Operation;

/// The words for what it does, if it ends the work of running machines.
pub(super) const fn disrupts(operation: Operation) -> Option<&'static str> {
    match operation {
        Operation::On => None,
        Operation::Off => Some("off shuts down, and forces what is still on at the deadline, on"),
        Operation::SoftOff => Some("soft-off shuts down the operating systems of"),
        Operation::ForceOff => Some("force-off cuts the power, without warning, of"),
        Operation::SoftRestart => Some("soft-restart restarts the operating systems of"),
        Operation::HardRestart => {
            Some("hard-restart shuts down, forces what is still on at the deadline, and powers on")
        }
        Operation::Init => Some("init shuts down, forces what is still on at the deadline, and powers on"),
        Operation::Reset => Some("reset restarts at once"),
        Operation::PowerCycle => Some("power-cycle cuts the power, without warning, of"),
        Operation::FullPowerCycle => Some("full-power-cycle cuts the mains, and may take the BMCs away, of"),
        Operation::Nmi => Some("nmi interrupts, and most operating systems then crash, on"),
    }
}

/// The word for it on the command line and in requests.
pub(super) const fn word(operation: Operation) -> &'static str {
    match operation {
        Operation::On => "on",
        Operation::Off => "off",
        Operation::SoftOff => "soft-off",
        Operation::ForceOff => "force-off",
        Operation::SoftRestart => "soft-restart",
        Operation::HardRestart => "hard-restart",
        Operation::Init => "init",
        Operation::Reset => "reset",
        Operation::PowerCycle => "power-cycle",
        Operation::FullPowerCycle => "full-power-cycle",
        Operation::Nmi => "nmi",
    }
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;

    #[test]
    fn everything_that_ends_work_asks() {
        for operation in Operation::value_variants() {
            assert_eq!(disrupts(*operation).is_none(), *operation == Operation::On);
        }
    }

    #[test]
    fn only_what_asks_no_operating_system_is_without_warning() {
        let unwarned = Operation::value_variants()
            .iter()
            .filter(|operation| disrupts(**operation).is_some_and(|words| words.contains("without warning")));
        assert_eq!(
            unwarned.collect::<Vec<_>>(),
            [&Operation::ForceOff, &Operation::PowerCycle]
        );
    }

    #[test]
    fn the_words_are_those_of_the_command_line() {
        for operation in Operation::value_variants() {
            let value = operation.to_possible_value().unwrap();
            assert_eq!(value.get_name(), word(*operation));
        }
    }
}
