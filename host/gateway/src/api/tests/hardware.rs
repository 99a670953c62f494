//! BMCs that live in memory: each has one system and itself.

pub(super) mod settings;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use switchyard_core::machine::{Answer, TaskProgress};
use switchyard_core::{
    Ability, BootOverride, Cause, ControllerId, Delivery, Failure, Indicator, Kind, MeterReading,
    Observation, PowerLimit, PowerState, Primitive, Subject,
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::clock::{Clock, SystemClock};
use crate::engine::{ConfigurationOrder, Findings, Found, Hardware, Order, Selection, Urgency};

use settings::Settings;

pub(super) const SYSTEM: &str = "/redfish/v1/Systems/1";
pub(super) const MANAGER: &str = "/redfish/v1/Managers/1";

/// Every system is on at first.
#[derive(Debug, Default)]
pub(super) struct MemoryBmcs {
    systems: Mutex<HashMap<ControllerId, PowerState>>,
    deaf: Mutex<HashSet<String>>,
    away: Mutex<HashSet<String>>,
    /// Whose readings are kept back.
    held: watch::Sender<HashSet<String>>,
    /// Who takes commands without carrying them out.
    slow: Mutex<HashSet<String>>,
    /// Whom no driver recognises.
    driverless: Mutex<HashSet<String>>,
    resets: Mutex<Vec<(ControllerId, Primitive)>>,
    pub(super) settings: Settings,
}

impl MemoryBmcs {
    /// From now on the BMC acknowledges everything and does nothing.
    pub(super) fn deafen(&self, controller: &str) {
        self.deaf.lock().unwrap().insert(controller.to_owned());
    }

    /// From now on the BMC answers nothing, until it comes back.
    pub(super) fn take_away(&self, controller: &str) {
        self.away.lock().unwrap().insert(controller.to_owned());
    }

    pub(super) fn bring_back(&self, controller: &str) {
        self.away.lock().unwrap().remove(controller);
    }

    /// From now on no driver speaks to the BMC.
    pub(super) fn lose_driver(&self, controller: &str) {
        self.driverless.lock().unwrap().insert(controller.to_owned());
    }

    /// From now on readings of these wait until [`Self::give_readings`].
    pub(super) fn hold_readings(&self, controllers: &[&str]) {
        let controllers = controllers.iter().map(|controller| (*controller).to_owned());
        self.held.send_modify(|held| held.extend(controllers));
    }

    pub(super) fn give_readings(&self, controller: &str) {
        self.held.send_modify(|held| {
            held.remove(controller);
        });
    }

    /// From now on the BMC accepts commands, and carries them out only by [`Self::set`].
    pub(super) fn hold_changes(&self, controller: &str) {
        self.slow.lock().unwrap().insert(controller.to_owned());
    }

    /// What the BMC was sent, in the words of Redfish.
    pub(super) fn resets(&self, controller: &str) -> Vec<String> {
        let resets = self.resets.lock().unwrap();
        resets
            .iter()
            .filter(|(other, _)| other.as_str() == controller)
            .map(|(_, primitive)| format!("{primitive:?}"))
            .collect()
    }

    /// The state of its system.
    pub(super) fn power(&self, controller: &str) -> PowerState {
        let controller = ControllerId::parse(controller).unwrap();
        let systems = self.systems.lock().unwrap();
        systems.get(&controller).copied().unwrap_or(PowerState::On)
    }

    fn is_away(&self, controller: &ControllerId) -> Result<(), Failure> {
        if self.away.lock().unwrap().contains(controller.as_str()) {
            return Err(Failure::new(Cause::Unreachable, "no route to host"));
        }
        Ok(())
    }

    fn is_on(&self, controller: &ControllerId) -> bool {
        let systems = self.systems.lock().unwrap();
        systems
            .get(controller)
            .is_none_or(|state| *state == PowerState::On)
    }

    pub(super) fn set(&self, controller: &str, state: PowerState) {
        self.systems
            .lock()
            .unwrap()
            .insert(ControllerId::parse(controller).unwrap(), state);
    }
}

fn found(kind: Kind, id: &str, primitives: &[Primitive]) -> Found {
    let ability = |what: &Primitive| Ability {
        what: *what,
        replay: what.replay_floor(),
        advertised: true,
        usual: Duration::from_millis(50),
        limit: what.limit(),
    };
    Found {
        subject: Subject {
            kind,
            id: id.to_owned(),
        },
        abilities: primitives.iter().map(ability).collect::<Arc<[_]>>(),
    }
}

#[async_trait]
impl Hardware for MemoryBmcs {
    async fn survey(&self, _: &ControllerId, _: Urgency, _: &CancellationToken) -> Result<Findings, Failure> {
        use Primitive::{ForceOff, ForceRestart, GracefulShutdown, On};
        Ok(Findings {
            members: vec![
                found(
                    Kind::Node,
                    SYSTEM,
                    &[On, ForceOff, GracefulShutdown, ForceRestart],
                ),
                found(Kind::Controller, MANAGER, &[ForceRestart]),
            ],
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
        let mut held = self.held.subscribe();
        let given = held.wait_for(|held| !held.contains(controller.as_str()));
        drop(given.await.unwrap());
        self.is_away(controller)?;
        let system = self
            .systems
            .lock()
            .unwrap()
            .get(controller)
            .copied()
            .unwrap_or(PowerState::On);
        let state = if subject.id == SYSTEM {
            system
        } else {
            PowerState::On
        };
        Ok(Observation {
            state,
            raw: format!("{state:?}"),
            evidence: Vec::new(),
            at: SystemClock.now(),
            controller: None,
        })
    }

    async fn act(&self, order: Order) -> (Delivery, Result<Answer, Failure>) {
        self.resets
            .lock()
            .unwrap()
            .push((order.controller.clone(), order.primitive));
        let ignores = |who: &Mutex<HashSet<String>>| who.lock().unwrap().contains(order.controller.as_str());
        if !ignores(&self.deaf) && !ignores(&self.slow) {
            let state = match order.primitive {
                Primitive::ForceOff | Primitive::GracefulShutdown => PowerState::Off,
                _ => PowerState::On,
            };
            self.systems.lock().unwrap().insert(order.controller, state);
        }
        (Delivery::of_http_status(204), Ok(Answer::Accepted))
    }

    async fn poll(&self, _: &ControllerId, _: &str, _: &CancellationToken) -> Result<TaskProgress, Failure> {
        Ok(TaskProgress::Gone)
    }

    async fn limits(
        &self,
        controller: &ControllerId,
        _: &Subject,
        _: Urgency,
        _: &CancellationToken,
    ) -> Result<Vec<PowerLimit>, Failure> {
        self.is_away(controller)?;
        self.settings.limits(controller, self.is_on(controller))
    }

    async fn boot(
        &self,
        controller: &ControllerId,
        _: &Subject,
        _: Urgency,
        _: &CancellationToken,
    ) -> Result<BootOverride, Failure> {
        self.is_away(controller)?;
        self.settings.boot(controller)
    }

    async fn indicator(
        &self,
        controller: &ControllerId,
        _: &Subject,
        _: Urgency,
        _: &CancellationToken,
    ) -> Result<Indicator, Failure> {
        self.is_away(controller)?;
        self.settings.indicator(controller)
    }

    async fn readings(
        &self,
        controller: &ControllerId,
        _: &Subject,
        _: Urgency,
        _: &CancellationToken,
    ) -> Result<Vec<MeterReading>, Failure> {
        self.is_away(controller)?;
        self.settings.readings(controller)
    }

    async fn configure(&self, order: ConfigurationOrder) -> (Delivery, Result<Answer, Failure>) {
        if let Err(failure) = self.is_away(&order.controller) {
            return (Delivery::NotSent, Err(failure));
        }
        self.settings.configure(&order.controller, &order.setting)
    }

    async fn resource(
        &self,
        controller: &ControllerId,
        path: &str,
        _: &CancellationToken,
    ) -> Result<serde_json::Value, Failure> {
        let failed = |cause| Err(Failure::new(cause, "no such thing"));
        match path {
            "/redfish/v1/" | "/redfish/v1/Systems?$top=1" => {
                Ok(serde_json::json!({ "at": path, "by": controller }))
            }
            "/redfish/v1/slow" => failed(Cause::Unreachable),
            "/redfish/v1/locked" => failed(Cause::Forbidden),
            "/ipmi" => failed(Cause::NotSupported),
            _ => failed(Cause::NotFound),
        }
    }

    fn selection(&self, controller: &ControllerId) -> Option<Selection> {
        let failure = Failure::new(Cause::NotSupported, "No driver recognises it.");
        let is_missing = self.driverless.lock().unwrap().contains(controller.as_str());
        is_missing.then_some(Selection::Missing(failure))
    }

    fn change_timeout(&self) -> Duration {
        Duration::from_secs(1)
    }
}
