//! Calls to real BMCs: the engine's [`Hardware`] over drivers and transport.

mod introduction;
mod redact;
mod resource;
mod selection;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use async_trait::async_trait;
use switchyard_core::configuration::Change;
use switchyard_core::machine::{Answer, TaskProgress};
use switchyard_core::{
    Ability, BootOverride, Cause, ControllerId, Delivery, Failure, Indicator, MeterReading, Observation,
    PowerLimit, Subject,
};
use switchyard_drivers::{
    Call, CallCaches, Choices, Driver, DriverName, Progress, Registry, Submitted, failure_of_fault,
};
use switchyard_transport::{Examination, Lane, LoginVersion, Permit, Reason, Scope, Transport};
use tokio_util::sync::CancellationToken;

use self::selection::{Endpoint, Purpose};
use crate::clock::Clock;
use crate::drivers::Drivers;
use crate::engine::{ConfigurationOrder, Findings, Found, Hardware, Order, Selection, Traffic, Urgency};
use crate::inventory::Inventory;
use crate::telemetry::metrics;

/// How long a survey may take: it is many readings.
const SURVEY_FACTOR: u32 = 3;

/// What calls are bounded by.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// One reading.
    pub read: Duration,
    /// One changing request, from the first byte to the end of the answer.
    pub change: Duration,
    /// Factor on the drivers' usual and longest times, in percent.
    pub patience_percent: u32,
}

impl Bounds {
    /// An ability with its times scaled by the operator's patience.
    fn patient(self, mut ability: Ability) -> Ability {
        let scale = |time: Duration| time * self.patience_percent.max(1) / 100;
        ability.usual = scale(ability.usual);
        ability.limit = scale(ability.limit);
        ability
    }

    /// What a driver found, in the engine's words.
    fn found(self, member: switchyard_drivers::Member) -> Found {
        let abilities = member.abilities.into_iter();
        Found {
            subject: member.subject,
            abilities: abilities.map(|ability| self.patient(ability)).collect(),
        }
    }
}

/// BMCs behind drivers.
pub struct DrivenHardware {
    /// Replaced as a whole when another inventory comes to hold.
    endpoints: ArcSwap<HashMap<ControllerId, Arc<Endpoint>>>,
    transport: Arc<Transport>,
    registry: Arc<Registry>,
    choices: Arc<Choices>,
    caches: CallCaches,
    bounds: Bounds,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for DrivenHardware {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DrivenHardware")
            .field("endpoints", &self.endpoints.load().len())
            .finish_non_exhaustive()
    }
}

impl DrivenHardware {
    /// The controllers of an inventory, reached through a transport.
    pub fn new(
        inventory: &Inventory,
        transport: &Arc<Transport>,
        drivers: &Drivers,
        bounds: Bounds,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let endpoints = inventory
            .controllers()
            .map(|entry| {
                let endpoint = Endpoint::succeeding(None, entry, transport);
                (entry.endpoint.id.clone(), endpoint)
            })
            .collect();
        Self {
            endpoints: ArcSwap::from_pointee(endpoints),
            transport: Arc::clone(transport),
            registry: Arc::clone(drivers.registry()),
            choices: Arc::clone(drivers.choices()),
            caches: CallCaches::default(),
            bounds,
            clock,
        }
    }

    async fn call(
        &self,
        controller: &ControllerId,
        urgency: Urgency,
        deadline: Duration,
        cancel: &CancellationToken,
    ) -> Result<(Arc<Driver>, Call), Failure> {
        let purpose = Purpose {
            urgency,
            deadline,
            survey: false,
        };
        self.call_for(controller, purpose, cancel).await
    }
}

/// Whether a survey failed as it does when the controller is not what its driver takes it for.
fn is_of_another_make(failure: &Failure) -> bool {
    matches!(
        failure.cause,
        Cause::NotFound | Cause::NotSupported | Cause::Malformed
    )
}

/// What a driver says of a change, in the engine's words.
fn submitted(driver: &Driver, submitted: Submitted) -> Answer {
    match submitted {
        Submitted::Accepted => Answer::Accepted,
        Submitted::Pending { handle, poll_after } => Answer::Pending {
            handle: selection::signed(driver, &handle),
            poll_after,
        },
        Submitted::Already => Answer::Already,
    }
}

/// Measures a call.
async fn measured<T>(
    driver: &Driver,
    function: &'static str,
    call: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let begun = Instant::now();
    let answer = call.await;
    let cause = answer.as_ref().err().map(|failure| &failure.cause);
    if cause == Some(&Cause::Driver) {
        metrics::driver_trapped(&driver.manifest().id);
    }
    metrics::driver_call(
        &driver.manifest().id,
        function,
        cause.map_or("ok", Cause::code),
        begun.elapsed(),
    );
    answer
}

#[async_trait]
impl Hardware for DrivenHardware {
    async fn survey(
        &self,
        controller: &ControllerId,
        urgency: Urgency,
        cancel: &CancellationToken,
    ) -> Result<Findings, Failure> {
        let purpose = Purpose {
            urgency,
            deadline: self.bounds.read * SURVEY_FACTOR,
            survey: true,
        };
        let (driver, call) = self.call_for(controller, purpose, cancel).await?;
        let endpoint = Arc::clone(&call.controller);
        let findings = measured(&driver, "survey", driver.survey(call)).await;
        if findings.as_ref().is_err_and(is_of_another_make) {
            self.choices.doubt(controller);
        }
        let findings = findings?;
        endpoint.tighten(findings.pace);
        Ok(Findings {
            members: findings
                .members
                .into_iter()
                .map(|member| self.bounds.found(member))
                .collect(),
            pace: endpoint.pace(),
        })
    }

    async fn observe(
        &self,
        controller: &ControllerId,
        subject: &Subject,
        urgency: Urgency,
        cancel: &CancellationToken,
    ) -> Result<Observation, Failure> {
        let (driver, call) = self.call(controller, urgency, self.bounds.read, cancel).await?;
        measured(
            &driver,
            "observe",
            driver.observe(call, subject, self.clock.now()),
        )
        .await
    }

    async fn act(&self, order: Order) -> (Delivery, Result<Answer, Failure>) {
        let called = self.call(
            &order.controller,
            Urgency::Action,
            self.bounds.change,
            &order.cancel,
        );
        let (driver, call) = match called.await {
            Ok(found) => found,
            Err(failure) => return (Delivery::NotSent, Err(failure)),
        };
        let permit = Permit::new(order.permit, order.replay, order.guard);
        let acting = driver.act(call, &order.subject, order.primitive, Arc::clone(&permit));
        let answer = measured(&driver, "act", acting).await;
        let delivery = permit.settled().await;
        (delivery, answer.map(|answer| submitted(&driver, answer)))
    }

    async fn poll(
        &self,
        controller: &ControllerId,
        handle: &str,
        cancel: &CancellationToken,
    ) -> Result<TaskProgress, Failure> {
        let (giver, handle) = selection::giver(handle);
        let purpose = Purpose {
            urgency: Urgency::Action,
            deadline: self.bounds.read,
            survey: false,
        };
        let (driver, call) = match giver {
            None => self.call_for(controller, purpose, cancel).await?,
            Some((id, version)) => match self.registry.version(id, version) {
                Some(driver) => {
                    let endpoint = self.endpoint(controller)?;
                    let call = self.surroundings(&endpoint, &driver, purpose, cancel);
                    (driver, call)
                }
                // The version that knew of it was removed. Readings tell what became of it.
                None => return Ok(TaskProgress::Gone),
            },
        };
        let progress = measured(&driver, "poll", driver.poll(call, handle)).await?;
        Ok(match progress {
            Progress::Running { handle, poll_after } => TaskProgress::Running {
                handle: selection::signed(&driver, &handle),
                poll_after,
            },
            Progress::Done => TaskProgress::Done,
            Progress::Failed(failure) => TaskProgress::Failed(failure),
            Progress::Gone => TaskProgress::Gone,
        })
    }

    async fn limits(
        &self,
        controller: &ControllerId,
        subject: &Subject,
        urgency: Urgency,
        cancel: &CancellationToken,
    ) -> Result<Vec<PowerLimit>, Failure> {
        let (driver, call) = self.call(controller, urgency, self.bounds.read, cancel).await?;
        measured(&driver, "limits", driver.limits(call, subject)).await
    }

    async fn boot(
        &self,
        controller: &ControllerId,
        subject: &Subject,
        urgency: Urgency,
        cancel: &CancellationToken,
    ) -> Result<BootOverride, Failure> {
        let (driver, call) = self.call(controller, urgency, self.bounds.read, cancel).await?;
        measured(&driver, "boot", driver.boot(call, subject)).await
    }

    async fn indicator(
        &self,
        controller: &ControllerId,
        subject: &Subject,
        urgency: Urgency,
        cancel: &CancellationToken,
    ) -> Result<Indicator, Failure> {
        let (driver, call) = self.call(controller, urgency, self.bounds.read, cancel).await?;
        measured(&driver, "indicator", driver.indicator(call, subject)).await
    }

    async fn readings(
        &self,
        controller: &ControllerId,
        subject: &Subject,
        urgency: Urgency,
        cancel: &CancellationToken,
    ) -> Result<Vec<MeterReading>, Failure> {
        let (driver, call) = self.call(controller, urgency, self.bounds.read, cancel).await?;
        measured(&driver, "readings", driver.readings(call, subject)).await
    }

    async fn configure(&self, order: ConfigurationOrder) -> (Delivery, Result<Answer, Failure>) {
        let called = self.call(
            &order.controller,
            Urgency::Action,
            self.bounds.change,
            &order.cancel,
        );
        let (driver, call) = match called.await {
            Ok(found) => found,
            Err(failure) => return (Delivery::NotSent, Err(failure)),
        };
        let permit = Permit::configuration(order.permit, order.guard);
        let (on, spent) = (&order.subject, Arc::clone(&permit));
        let answer = match order.setting {
            Change::Limits(wanted) => {
                measured(&driver, "set-limits", driver.set_limits(call, on, &wanted, spent)).await
            }
            Change::Boot(wanted) => {
                measured(&driver, "set-boot", driver.set_boot(call, on, wanted, spent)).await
            }
            Change::Indicator(wanted) => {
                let setting = driver.set_indicator(call, on, wanted, spent);
                measured(&driver, "set-indicator", setting).await
            }
        };
        (
            permit.settled().await,
            answer.map(|answer| submitted(&driver, answer)),
        )
    }

    async fn resource(
        &self,
        controller: &ControllerId,
        path: &str,
        cancel: &CancellationToken,
    ) -> Result<serde_json::Value, Failure> {
        let endpoint = self.endpoint(controller)?;
        resource::read(&endpoint.controller, path, self.bounds.read, cancel).await
    }

    async fn examine(
        &self,
        controller: &ControllerId,
        cancel: &CancellationToken,
    ) -> Result<Option<Examination>, Failure> {
        let endpoint = self.endpoint(controller)?;
        let deadline = tokio::time::Instant::now() + self.bounds.read;
        let scope = Scope::new(Lane::Action, deadline, cancel.clone());
        let examined = endpoint.controller.examine(&scope).await;
        examined.map(Some).map_err(failure_of_fault)
    }

    async fn login_version(&self, controller: &ControllerId) -> Result<Option<LoginVersion>, Failure> {
        let Ok(endpoint) = self.endpoint(controller) else {
            return Ok(None);
        };
        match endpoint.controller.login_version().await {
            Ok(version) => Ok(Some(version)),
            Err(fault) if fault.reason == Reason::NoLogin => Err(failure_of_fault(fault)),
            // What is wrong with the login is said by the call itself.
            Err(_) => Ok(None),
        }
    }

    fn login_refused(&self, controller: &ControllerId) {
        if let Ok(endpoint) = self.endpoint(controller) {
            endpoint.controller.login_refused();
        }
    }

    fn driver(&self, controller: &ControllerId) -> Option<DriverName> {
        Some(self.current_driver(controller)?.name().clone())
    }

    fn selection(&self, controller: &ControllerId) -> Option<Selection> {
        self.selection_of(controller)
    }

    fn traffic(&self, controller: &ControllerId) -> Option<Traffic> {
        let endpoint = self.endpoint(controller).ok()?;
        Some(Traffic {
            pace: endpoint.controller.pace(),
            load: endpoint.controller.load(),
        })
    }

    fn replace_controllers(&self, inventory: &Inventory) {
        let before = self.endpoints.load_full();
        let endpoints: HashMap<_, _> = inventory
            .controllers()
            .map(|entry| {
                let id = &entry.endpoint.id;
                let endpoint = Endpoint::succeeding(before.get(id), entry, &self.transport);
                (id.clone(), endpoint)
            })
            .collect();
        for (id, old) in before.iter() {
            let same = endpoints
                .get(id)
                .is_some_and(|new| Arc::ptr_eq(&new.controller, &old.controller));
            if !same {
                self.caches.forget(id);
            }
        }
        // What a source that was not read yet will bring is not forgotten.
        if inventory.is_complete() {
            self.choices
                .retain(|controller| endpoints.contains_key(controller));
        }
        self.endpoints.store(Arc::new(endpoints));
    }

    fn change_timeout(&self) -> Duration {
        self.bounds.change
    }
}
