//! Which driver a call is made with, in which version.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use switchyard_core::{Cause, ControllerId, Failure};
use switchyard_drivers::{Call, Chosen, Driver, Registry, Version};
use switchyard_transport::{Controller, Lane, Transport};
use tokio_util::sync::CancellationToken;

use super::DrivenHardware;
use crate::engine::{Selection, Urgency};
use crate::inventory::{self, NamedDriver};

/// A controller with what the inventory says of its driver.
#[derive(Debug)]
pub(super) struct Endpoint {
    pub(super) controller: Arc<Controller>,
    named: Option<NamedDriver>,
    settings: Arc<BTreeMap<String, String>>,
}

/// What a call is made for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Purpose {
    pub(super) urgency: Urgency,
    pub(super) deadline: Duration,
    /// Whether it is a survey: doubts about the driver are settled then.
    pub(super) survey: bool,
}

impl Endpoint {
    /// The endpoint of an inventory's entry. What has not changed since `before` is kept: two controllers of one BMC would know nothing of
    /// each other's requests.
    pub(super) fn succeeding(
        before: Option<&Arc<Self>>,
        entry: &inventory::Controller,
        transport: &Arc<Transport>,
    ) -> Arc<Self> {
        let (named, settings) = (&entry.driver, &entry.settings);
        let controller = match before {
            None => transport.controller(entry.endpoint.clone()),
            Some(before) if *before.controller.endpoint() != entry.endpoint => {
                transport.succeed(&before.controller, entry.endpoint.clone())
            }
            Some(before) if before.named == *named && before.settings == *settings => {
                return Arc::clone(before);
            }
            Some(before) => Arc::clone(&before.controller),
        };
        Arc::new(Self {
            controller,
            named: named.clone(),
            settings: Arc::clone(settings),
        })
    }
}

impl DrivenHardware {
    pub(super) fn endpoint(&self, controller: &ControllerId) -> Result<Arc<Endpoint>, Failure> {
        self.endpoints.load().get(controller).cloned().ok_or_else(|| {
            Failure::new(
                Cause::NotFound,
                format!("The inventory no longer holds the controller {controller}."),
            )
        })
    }

    /// The driver that speaks to a controller, with the surroundings of one call. A controller of which nothing is known is probed.
    pub(super) async fn call_for(
        &self,
        controller: &ControllerId,
        purpose: Purpose,
        cancel: &CancellationToken,
    ) -> Result<(Arc<Driver>, Call), Failure> {
        let endpoint = self.endpoint(controller)?;
        self.call_at(&endpoint, purpose, cancel).await
    }

    /// The same for an endpoint that the inventory need not hold.
    pub(super) async fn call_at(
        &self,
        endpoint: &Endpoint,
        purpose: Purpose,
        cancel: &CancellationToken,
    ) -> Result<(Arc<Driver>, Call), Failure> {
        let controller = &endpoint.controller.endpoint().id;
        let driver = if let Some(named) = &endpoint.named {
            named_driver(&self.registry, named, controller).ok_or_else(|| no_driver(&named.to_string()))?
        } else {
            let probe = Purpose {
                deadline: self.bounds.read,
                ..purpose
            };
            let call = |driver: &Driver| self.surroundings(endpoint, driver, probe, cancel);
            let chosen = self
                .choices
                .driver(&endpoint.controller, purpose.survey, cancel, call);
            chosen.await?
        };
        let call = self.surroundings(endpoint, &driver, purpose, cancel);
        Ok((driver, call))
    }

    /// The surroundings of one call.
    pub(super) fn surroundings(
        &self,
        endpoint: &Endpoint,
        driver: &Driver,
        purpose: Purpose,
        cancel: &CancellationToken,
    ) -> Call {
        Call {
            controller: Arc::clone(&endpoint.controller),
            lane: match purpose.urgency {
                Urgency::Action => Lane::Action,
                Urgency::Poll => Lane::Poll,
            },
            deadline: purpose.deadline,
            cancel: cancel.clone(),
            settings: self.settings(endpoint, driver),
            cache: self.caches.of(&endpoint.controller.endpoint().id, driver),
        }
    }

    /// What the operator tells a driver: of what is said of the driver and of the controller, the latter is stronger.
    fn settings(&self, endpoint: &Endpoint, driver: &Driver) -> Arc<BTreeMap<String, String>> {
        let of_driver = self.registry.policy().settings_of(&driver.manifest().id);
        if of_driver.is_empty() {
            return Arc::clone(&endpoint.settings);
        }
        if endpoint.settings.is_empty() {
            return of_driver;
        }
        let mut settings = (*of_driver).clone();
        settings.extend(
            endpoint
                .settings
                .iter()
                .map(|(name, value)| (name.clone(), value.clone())),
        );
        Arc::new(settings)
    }

    /// The driver that speaks to a controller, where that is known.
    pub(super) fn current_driver(&self, controller: &ControllerId) -> Option<Arc<Driver>> {
        match &self.endpoint(controller).ok()?.named {
            Some(named) => named_driver(&self.registry, named, controller),
            None => self.choices.current(controller),
        }
    }

    /// What is known of the driver of a controller.
    pub(super) fn selection_of(&self, controller: &ControllerId) -> Option<Selection> {
        let endpoint = self.endpoint(controller).ok()?;
        Some(match &endpoint.named {
            Some(named) => match named_driver(&self.registry, named, controller) {
                Some(driver) => Selection::Named(driver.name().clone()),
                None => Selection::Missing(no_driver(&named.to_string())),
            },
            None => match self.choices.look(controller) {
                Chosen::Unknown => Selection::Unknown,
                Chosen::Unrecognised(failure) => Selection::Missing(failure),
                Chosen::Found(choice) => match self.registry.for_controller(&choice.driver, controller) {
                    Some(driver) => Selection::Probed {
                        driver: driver.name().clone(),
                        choice,
                    },
                    None => Selection::Unknown,
                },
            },
        })
    }
}

fn named_driver(registry: &Registry, named: &NamedDriver, controller: &ControllerId) -> Option<Arc<Driver>> {
    match named.version {
        Some(version) => registry.version(&named.id, version),
        None => registry.for_controller(&named.id, controller),
    }
}

/// Says why a driver is not there, and what to do.
fn no_driver(name: &str) -> Failure {
    let text = match switchyard_builtin_drivers::missing() {
        Some(how) => format!("The driver {name} is not loaded: {how}"),
        None => {
            format!("No driver {name} is loaded; correct the name in the inventory, or install the driver.")
        }
    };
    Failure::new(Cause::NotSupported, text)
}

/// A handle of a BMC's task with the driver that gave it: no other version knows what it means.
pub(super) fn signed(driver: &Driver, handle: &str) -> String {
    format!("{} {handle}", driver.name())
}

/// The driver and version that gave a handle, and the handle. One that an earlier release of the service stored names no driver.
pub(super) fn giver(handle: &str) -> (Option<(&str, Version)>, &str) {
    let split = handle.split_once(' ').and_then(|(name, handle)| {
        let (id, version) = name.split_once('@')?;
        Some(((id, version.parse().ok()?), handle))
    });
    match split {
        Some((giver, handle)) => (Some(giver), handle),
        None => (None, handle),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_names_who_gave_it() {
        let task = "/redfish/v1/TaskService/Tasks/5";
        let named = format!("acme@1.2.3 {task} x");
        assert_eq!(
            giver(&named),
            (
                Some(("acme", Version::new(1, 2, 3))),
                format!("{task} x").as_str()
            )
        );
        for plain in [task, "job 5", "a@b c", ""] {
            assert_eq!(giver(plain), (None, plain));
        }
    }
}
