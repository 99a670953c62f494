//! BMCs that live in memory.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use switchyard_core::machine::{Answer, TaskProgress};
use switchyard_core::observation::evidence;
use switchyard_core::{
    Ability, Cause, ControllerId, Delivery, Fact, Failure, Kind, Observation, PowerState, Primitive, Subject,
};
use switchyard_transport::Guard as _;
use tokio_util::sync::CancellationToken;

use crate::clock::{Clock, SystemClock};
use crate::engine::{Findings, Found, Hardware, Order, Urgency};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    Unreachable,
    IgnoreOnce,
    /// Requests are accepted, and what they ask for is done when the fault is healed.
    Slow,
    /// The next changing request is done, its answer gets lost, and from then on the BMC cannot be reached.
    LostThenUnreachable,
    /// A changing request waits for its slot until its call is ended, and asks the guard whether it may still leave.
    SlotTaken,
}

#[derive(Debug)]
struct Bmc {
    state: PowerState,
    boots: u32,
    fault: Option<Fault>,
    executed: Vec<Primitive>,
    /// The primitive that a slow BMC has accepted last.
    accepted: Option<Primitive>,
    received: usize,
    /// What it does not offer.
    left_out: Option<Primitive>,
    /// How often it was restarted itself.
    restarts: u32,
}

impl Bmc {
    fn execute(&mut self, primitive: Primitive) {
        self.executed.push(primitive);
        self.accepted = None;
        if primitive == Primitive::Nmi {
            return;
        }
        self.state = match primitive {
            Primitive::ForceOff | Primitive::GracefulShutdown => PowerState::Off,
            _ => PowerState::On,
        };
        if self.state == PowerState::On {
            self.boots += 1;
        }
    }
}

#[derive(Debug)]
pub(super) struct ModelHardware {
    bmcs: Vec<Mutex<Bmc>>,
    /// Whether all switch one machine.
    shared: bool,
}

impl ModelHardware {
    pub(super) fn new(count: usize, state: PowerState) -> Self {
        let bmc = || {
            Mutex::new(Bmc {
                state,
                boots: 0,
                fault: None,
                executed: Vec::new(),
                accepted: None,
                received: 0,
                left_out: None,
                restarts: 0,
            })
        };
        Self {
            bmcs: std::iter::repeat_with(bmc).take(count).collect(),
            shared: false,
        }
    }

    /// Two BMCs of one machine, each with evidence of its own.
    pub(super) fn twins(state: PowerState) -> Arc<Self> {
        let twins = Self {
            shared: true,
            ..Self::new(2, state)
        };
        twins.bmcs[1].lock().unwrap().boots = 100;
        Arc::new(twins)
    }

    pub(super) fn leave_out(&self, index: usize, primitive: Primitive) {
        self.bmcs[index].lock().unwrap().left_out = Some(primitive);
    }

    /// Lets the other BMCs of the same machine see what one has done.
    fn share(&self, state: PowerState) {
        if self.shared {
            for bmc in &self.bmcs {
                bmc.lock().unwrap().state = state;
            }
        }
    }

    pub(super) fn count(&self) -> usize {
        self.bmcs.len()
    }

    pub(super) fn fault(&self, index: usize, fault: Fault) {
        self.bmcs[index].lock().unwrap().fault = Some(fault);
    }

    pub(super) fn heal(&self, index: usize) {
        let mut bmc = self.bmcs[index].lock().unwrap();
        bmc.fault = None;
        if let Some(primitive) = bmc.accepted.take() {
            bmc.execute(primitive);
            let state = bmc.state;
            drop(bmc);
            self.share(state);
        }
    }

    pub(super) fn set(&self, index: usize, state: PowerState) {
        self.bmcs[index].lock().unwrap().state = state;
    }

    pub(super) fn executed(&self, index: usize) -> Vec<Primitive> {
        self.bmcs[index].lock().unwrap().executed.clone()
    }

    pub(super) fn received(&self, index: usize) -> usize {
        self.bmcs[index].lock().unwrap().received
    }

    fn bmc(&self, controller: &ControllerId) -> Result<std::sync::MutexGuard<'_, Bmc>, Failure> {
        let index: usize = controller.as_str()["x0c0s".len()..]
            .trim_end_matches("b0")
            .parse()
            .unwrap();
        let bmc = self.bmcs[index].lock().unwrap();
        if bmc.fault == Some(Fault::Unreachable) {
            return Err(Failure::new(Cause::Unreachable, "connection refused"));
        }
        Ok(bmc)
    }
}

#[async_trait]
impl Hardware for ModelHardware {
    async fn survey(
        &self,
        controller: &ControllerId,
        _: Urgency,
        _: &CancellationToken,
    ) -> Result<Findings, Failure> {
        let left_out = self.bmc(controller)?.left_out;
        let abilities: Arc<[Ability]> = [
            Primitive::On,
            Primitive::ForceOff,
            Primitive::GracefulShutdown,
            Primitive::GracefulRestart,
            Primitive::ForceRestart,
            Primitive::PowerCycle,
            Primitive::FullPowerCycle,
            Primitive::Nmi,
        ]
        .into_iter()
        .filter(|what| left_out != Some(*what))
        .map(|what| Ability {
            what,
            replay: what.replay_floor(),
            advertised: true,
            usual: Duration::from_millis(150),
            limit: what.limit(),
        })
        .collect();
        let node = Found {
            subject: Subject {
                kind: Kind::Node,
                id: "/redfish/v1/Systems/1".to_owned(),
            },
            abilities: Arc::clone(&abilities),
        };
        let own = abilities
            .iter()
            .filter(|ability| ability.what == Primitive::ForceRestart);
        let manager = Found {
            subject: Subject {
                kind: Kind::Controller,
                id: "/redfish/v1/Managers/1".to_owned(),
            },
            abilities: own.cloned().collect(),
        };
        Ok(Findings {
            members: vec![node, manager],
            ..Findings::default()
        })
    }

    async fn observe(
        &self,
        controller: &ControllerId,
        subject: &Subject,
        _: Urgency,
        _: &CancellationToken,
    ) -> Result<Observation, Failure> {
        let bmc = self.bmc(controller)?;
        let is_own = subject.kind == Kind::Controller;
        let (state, boots) = if is_own {
            (PowerState::On, bmc.restarts)
        } else {
            (bmc.state, bmc.boots)
        };
        let boots = Fact {
            name: evidence::BOOT_COUNT.to_owned(),
            value: boots.to_string(),
        };
        Ok(Observation {
            state,
            raw: String::new(),
            evidence: vec![boots],
            at: SystemClock.now(),
            controller: None,
        })
    }

    async fn act(&self, order: Order) -> (Delivery, Result<Answer, Failure>) {
        let fault = self.bmc(&order.controller).map(|bmc| bmc.fault);
        if fault == Ok(Some(Fault::SlotTaken)) {
            order.cancel.cancelled().await;
            let refused = order.guard.may_send(Duration::ZERO).unwrap_err();
            return (
                Delivery::NotSent,
                Err(Failure::new(Cause::RefusedByHost, refused)),
            );
        }
        let mut bmc = match self.bmc(&order.controller) {
            Ok(bmc) => bmc,
            Err(failure) => return (Delivery::NotSent, Err(failure)),
        };
        bmc.received += 1;
        if order.subject.kind == Kind::Controller {
            // It is away until it is healed.
            bmc.restarts += 1;
            bmc.fault = Some(Fault::Unreachable);
            return (Delivery::of_http_status(204), Ok(Answer::Accepted));
        }
        if bmc.fault == Some(Fault::IgnoreOnce) {
            bmc.fault = None;
        } else if bmc.fault == Some(Fault::Slow) && order.primitive != Primitive::ForceOff {
            bmc.accepted = Some(order.primitive);
        } else {
            bmc.execute(order.primitive);
        }
        let (state, lost) = (bmc.state, bmc.fault == Some(Fault::LostThenUnreachable));
        if lost {
            bmc.fault = Some(Fault::Unreachable);
        }
        drop(bmc);
        self.share(state);
        if lost {
            let cut = Failure::new(Cause::Unreachable, "the connection was cut");
            return (Delivery::MaybeSent, Err(cut));
        }
        (Delivery::of_http_status(204), Ok(Answer::Accepted))
    }

    async fn poll(&self, _: &ControllerId, _: &str, _: &CancellationToken) -> Result<TaskProgress, Failure> {
        Ok(TaskProgress::Gone)
    }

    fn change_timeout(&self) -> Duration {
        Duration::from_secs(1)
    }
}
