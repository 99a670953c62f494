//! From an operation and a fresh reading to the steps that lead there.

use serde::{Deserialize, Serialize};

use crate::operation::Operation;
use crate::power::{Ability, Kind, Level, PowerState, Primitive};

/// One step of a plan: one primitive, sent until it is verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub enum Step {
    /// Turn on.
    On,
    /// Ask the operating system to shut down. Who shares the task decides whether and when the power is cut afterwards.
    Shutdown,
    /// Cut the power.
    ForceOff {
        /// Whether the step follows a grace that passed; its deadline is then the driver's limit.
        after_grace: bool,
    },
    /// Restart in one request.
    Restart {
        /// The primitive that does it.
        primitive: Primitive,
    },
    /// Interrupt the processors. No reading ever shows it.
    Interrupt,
}

impl Step {
    /// The level that shows that the step is done; a restart and an interrupt have none.
    pub const fn level(self) -> Option<Level> {
        match self {
            Self::On => Some(Level::On),
            Self::Shutdown | Self::ForceOff { .. } => Some(Level::Off),
            Self::Restart { .. } | Self::Interrupt => None,
        }
    }

    /// The primitive that the component offers for the step.
    pub fn primitive(self, abilities: &[Ability]) -> Option<Primitive> {
        let offered = |wanted: Primitive| abilities.iter().any(|a| a.what == wanted).then_some(wanted);
        match self {
            Self::On => offered(Primitive::On).or_else(|| offered(Primitive::ForceOn)),
            Self::Shutdown => offered(Primitive::GracefulShutdown),
            Self::ForceOff { .. } => offered(Primitive::ForceOff),
            Self::Restart { primitive } => offered(primitive),
            Self::Interrupt => offered(Primitive::Nmi),
        }
    }
}

/// What a fresh reading makes of an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plan {
    /// The component is there already.
    Already,
    /// The steps to send, at least one.
    Steps(Vec<Step>),
    /// A restart or an interrupt of a component that is not known to be on.
    WrongState,
    /// The component does not support the operation.
    Unsupported,
}

/// Plans an operation (PCS, `doTransition`; protocols: kinds and plans).
///
/// An unknown state is never taken for "already there" and never for the "on" that a restart needs; `on`, `off`, `soft-off`,
/// `force-off` and `init` are planned from it. So is `full-power-cycle`, which is how people get at what says nothing any more, and which
/// needs the power of the component for nothing. A `power-cycle` of what is off is an `on`: Redfish has it so, while most BMCs refuse
/// the one and none refuses the other.
pub fn make(operation: Operation, kind: Kind, state: PowerState, abilities: &[Ability]) -> Plan {
    if !supports(operation, kind, abilities) {
        return Plan::Unsupported;
    }
    if !may_start_from(operation, state, abilities) {
        return Plan::WrongState;
    }
    let shutdown = if offers(abilities, Primitive::GracefulShutdown) {
        Step::Shutdown
    } else {
        Step::ForceOff { after_grace: false }
    };
    let steps = match operation {
        Operation::On if state.is(Level::On) => return Plan::Already,
        Operation::Off | Operation::SoftOff | Operation::ForceOff if state.is(Level::Off) => {
            return Plan::Already;
        }
        Operation::On => vec![Step::On],
        Operation::Init | Operation::PowerCycle if state.is(Level::Off) => vec![Step::On],
        Operation::Off | Operation::SoftOff => vec![shutdown],
        Operation::ForceOff => vec![Step::ForceOff { after_grace: false }],
        Operation::SoftRestart => match restart_primitive(kind, abilities) {
            Some(primitive) => vec![Step::Restart { primitive }],
            None => vec![shutdown, Step::On],
        },
        Operation::HardRestart | Operation::Init => vec![shutdown, Step::On],
        Operation::PowerCycle => vec![Step::Restart {
            primitive: Primitive::PowerCycle,
        }],
        Operation::Reset => vec![Step::Restart {
            primitive: Primitive::ForceRestart,
        }],
        Operation::FullPowerCycle => vec![Step::Restart {
            primitive: Primitive::FullPowerCycle,
        }],
        Operation::Nmi => vec![Step::Interrupt],
    };
    Plan::Steps(steps)
}

/// Whether the operation means anything for a component in this state.
fn may_start_from(operation: Operation, state: PowerState, abilities: &[Ability]) -> bool {
    let is_on = state.is(Level::On);
    match operation {
        Operation::PowerCycle => is_on || (state.is(Level::Off) && Step::On.primitive(abilities).is_some()),
        _ => is_on || !operation.needs_on(),
    }
}

/// Whether a component of this kind with these abilities supports the operation at all.
pub fn supports(operation: Operation, kind: Kind, abilities: &[Ability]) -> bool {
    let on = offers(abilities, Primitive::On) || offers(abilities, Primitive::ForceOn);
    let graceful_off = offers(abilities, Primitive::GracefulShutdown);
    let force_off = offers(abilities, Primitive::ForceOff);
    match operation {
        Operation::On => on,
        // What runs no operating system has nobody to ask, and nothing to lose.
        Operation::Off | Operation::SoftOff => graceful_off || (kind == Kind::Outlet && force_off),
        Operation::ForceOff => force_off,
        Operation::SoftRestart => {
            restart_primitive(kind, abilities).is_some() || (on && (graceful_off || force_off))
        }
        Operation::HardRestart | Operation::Init => on && (graceful_off || force_off),
        Operation::Reset => offers(abilities, Primitive::ForceRestart),
        Operation::PowerCycle => offers(abilities, Primitive::PowerCycle),
        Operation::FullPowerCycle => offers(abilities, Primitive::FullPowerCycle),
        Operation::Nmi => offers(abilities, Primitive::Nmi),
    }
}

/// Every operation in the order in which those that a component supports are listed: those of PCS in its order, then the others.
pub const LISTED: [Operation; 11] = [
    Operation::On,
    Operation::ForceOff,
    Operation::SoftOff,
    Operation::Off,
    Operation::SoftRestart,
    Operation::Init,
    Operation::HardRestart,
    Operation::Reset,
    Operation::PowerCycle,
    Operation::FullPowerCycle,
    Operation::Nmi,
];

/// The operations that a component supports, in the order of [`LISTED`].
pub fn supported(kind: Kind, abilities: &[Ability]) -> Vec<Operation> {
    LISTED
        .into_iter()
        .filter(|op| supports(*op, kind, abilities))
        .collect()
}

/// Whether a soft restart of a component of this kind with these abilities is an off and an on.
pub fn restarts_by_off_and_on(kind: Kind, abilities: &[Ability]) -> bool {
    restart_primitive(kind, abilities).is_none()
}

/// A management controller may be restarted by force, since nothing runs on it that a grace would save; anything else is restarted in
/// one request only when it can be done gracefully, otherwise by off and on.
fn restart_primitive(kind: Kind, abilities: &[Ability]) -> Option<Primitive> {
    if offers(abilities, Primitive::GracefulRestart) {
        return Some(Primitive::GracefulRestart);
    }
    (kind == Kind::Controller && offers(abilities, Primitive::ForceRestart))
        .then_some(Primitive::ForceRestart)
}

fn offers(abilities: &[Ability], wanted: Primitive) -> bool {
    abilities.iter().any(|ability| ability.what == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn abilities(of: &[Primitive]) -> Vec<Ability> {
        of.iter()
            .map(|what| Ability {
                what: *what,
                replay: what.replay_floor(),
                advertised: true,
                usual: what.usual(),
                limit: what.limit(),
            })
            .collect()
    }

    fn standard() -> Vec<Ability> {
        abilities(&[
            Primitive::On,
            Primitive::ForceOff,
            Primitive::GracefulShutdown,
            Primitive::GracefulRestart,
            Primitive::ForceRestart,
            Primitive::PowerCycle,
            Primitive::FullPowerCycle,
            Primitive::Nmi,
        ])
    }

    #[test]
    fn unknown_is_neither_already_nor_on() {
        for op in Operation::ALL {
            let plan = make(op, Kind::Node, PowerState::Unknown, &standard());
            assert_ne!(plan, Plan::Already, "{op}");
            let needs_a_level = op.needs_on() || op == Operation::PowerCycle;
            assert_eq!(plan == Plan::WrongState, needs_a_level, "{op}");
        }
    }

    #[test]
    fn what_asks_for_one_primitive_is_one_step() {
        let plan = |op, state| make(op, Kind::Node, state, &standard());
        let restart = |primitive| Plan::Steps(vec![Step::Restart { primitive }]);
        assert_eq!(
            plan(Operation::Reset, PowerState::On),
            restart(Primitive::ForceRestart)
        );
        assert_eq!(
            plan(Operation::PowerCycle, PowerState::On),
            restart(Primitive::PowerCycle)
        );
        assert_eq!(
            plan(Operation::Nmi, PowerState::On),
            Plan::Steps(vec![Step::Interrupt])
        );
        for state in [PowerState::On, PowerState::Off, PowerState::Unknown] {
            assert_eq!(
                plan(Operation::FullPowerCycle, state),
                restart(Primitive::FullPowerCycle)
            );
        }
        assert_eq!(plan(Operation::Reset, PowerState::Off), Plan::WrongState);
        assert_eq!(plan(Operation::Nmi, PowerState::PoweringOn), Plan::WrongState);
    }

    #[test]
    fn a_power_cycle_of_what_is_off_turns_it_on() {
        let plan = |offered: &[Primitive]| {
            make(
                Operation::PowerCycle,
                Kind::Node,
                PowerState::Off,
                &abilities(offered),
            )
        };
        assert_eq!(
            plan(&[Primitive::PowerCycle, Primitive::On]),
            Plan::Steps(vec![Step::On])
        );
        assert_eq!(plan(&[Primitive::PowerCycle]), Plan::WrongState);
        assert_eq!(plan(&[Primitive::On]), Plan::Unsupported);
    }

    #[test]
    fn an_outlet_is_turned_off_without_asking_anybody() {
        let offered = abilities(&[Primitive::On, Primitive::ForceOff]);
        let plan = |op, kind| make(op, kind, PowerState::On, &offered);
        let cut = Plan::Steps(vec![Step::ForceOff { after_grace: false }]);
        assert_eq!(plan(Operation::Off, Kind::Outlet), cut);
        assert_eq!(plan(Operation::SoftOff, Kind::Outlet), cut);
        assert_eq!(plan(Operation::Off, Kind::Node), Plan::Unsupported);
    }

    #[test]
    fn on_the_way_is_not_there() {
        let plan = make(Operation::On, Kind::Node, PowerState::PoweringOn, &standard());
        assert_eq!(plan, Plan::Steps(vec![Step::On]));
        let plan = make(Operation::Off, Kind::Node, PowerState::PoweringOff, &standard());
        assert_eq!(plan, Plan::Steps(vec![Step::Shutdown]));
    }

    #[test]
    fn soft_restart_falls_back_to_off_and_on() {
        let plain = abilities(&[
            Primitive::On,
            Primitive::GracefulShutdown,
            Primitive::ForceRestart,
        ]);
        assert_eq!(
            make(Operation::SoftRestart, Kind::Node, PowerState::On, &plain),
            Plan::Steps(vec![Step::Shutdown, Step::On])
        );
        let bmc = abilities(&[Primitive::ForceRestart]);
        assert_eq!(
            make(Operation::SoftRestart, Kind::Controller, PowerState::On, &bmc),
            Plan::Steps(vec![Step::Restart {
                primitive: Primitive::ForceRestart
            }])
        );
        assert_eq!(
            supported(Kind::Controller, &bmc),
            vec![Operation::SoftRestart, Operation::Reset]
        );
    }

    #[test]
    fn every_step_of_a_plan_has_a_primitive() {
        let sets: [&[Primitive]; 5] = [
            &[Primitive::On, Primitive::ForceOff],
            &[Primitive::ForceOn, Primitive::GracefulShutdown],
            &[
                Primitive::On,
                Primitive::ForceOff,
                Primitive::GracefulShutdown,
                Primitive::GracefulRestart,
            ],
            &[Primitive::ForceRestart],
            &[Primitive::PowerCycle, Primitive::FullPowerCycle, Primitive::Nmi],
        ];
        for set in sets {
            let abilities = abilities(set);
            for op in Operation::ALL {
                for state in [PowerState::On, PowerState::Off, PowerState::Unknown] {
                    if let Plan::Steps(steps) = make(op, Kind::Node, state, &abilities) {
                        assert!(!steps.is_empty());
                        assert!(
                            steps.iter().all(|s| s.primitive(&abilities).is_some()),
                            "{op} {state:?} {set:?}"
                        );
                    }
                }
            }
        }
    }
}
