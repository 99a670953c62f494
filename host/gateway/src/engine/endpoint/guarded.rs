//! The real hardware behind the breakers of its controllers.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use switchyard_core::breaker::{Event, Passage, Report};
use switchyard_core::machine::{Answer, TaskProgress};
use switchyard_core::{
    BootOverride, Cause, ControllerId, Delivery, Failure, Indicator, MeterReading, Observation, PowerLimit,
    Subject,
};
use switchyard_drivers::DriverName;
use switchyard_transport::{Examination, LoginVersion};
use tokio::sync::MutexGuard;
use tokio_util::sync::CancellationToken;

use super::known::Entry;
use super::{Endpoint, Endpoints, Outlook};
use crate::engine::hardware::{ConfigurationOrder, Findings, Hardware, Order, Traffic, Urgency};
use crate::engine::selection::Selection;
use crate::inventory::Inventory;

/// How long a call waits for the one that tries a login.
const TURN_WAIT: Duration = Duration::from_mins(2);

/// Hardware that is asked only where a breaker lets a call through. A call that is refused makes no traffic and fails at once.
#[derive(Debug)]
pub(in crate::engine) struct Guarded {
    inner: Arc<dyn Hardware>,
    endpoints: Arc<Endpoints>,
}

/// What a call ended with.
trait Ended {
    fn report(&self) -> Report;
    fn failure(&self) -> Option<&Failure>;
    /// The same of a call that was refused.
    fn refused(failure: Failure) -> Self;
    /// Whether nothing of it has left, since it was cancelled.
    fn is_cut_off(&self) -> bool;
}

impl<T> Ended for Result<T, Failure> {
    fn report(&self) -> Report {
        Report::of_read(self.as_ref().err())
    }

    fn failure(&self) -> Option<&Failure> {
        self.as_ref().err()
    }

    fn refused(failure: Failure) -> Self {
        Err(failure)
    }

    fn is_cut_off(&self) -> bool {
        self.failure()
            .is_some_and(|failure| failure.cause == Cause::Cancelled)
    }
}

impl Ended for (Delivery, Result<Answer, Failure>) {
    fn report(&self) -> Report {
        Report::of_change(self.0, self.failure())
    }

    fn failure(&self) -> Option<&Failure> {
        self.1.as_ref().err()
    }

    fn refused(failure: Failure) -> Self {
        (Delivery::NotSent, Err(failure))
    }

    fn is_cut_off(&self) -> bool {
        self.0 == Delivery::NotSent && self.1.is_cut_off()
    }
}

/// A call that has begun. When it is dropped before its end, the probe that it was is given back.
struct Begun<'a> {
    endpoints: &'a Endpoints,
    endpoint: &'a Endpoint,
    login: Option<LoginVersion>,
    probe: bool,
    /// Ends the call when the breaker opens.
    shut: Option<CancellationToken>,
    _turn: Option<MutexGuard<'a, ()>>,
    ended: bool,
}

impl Begun<'_> {
    /// Ends when the breaker opens.
    async fn shut(&self) {
        match &self.shut {
            Some(shut) => shut.cancelled().await,
            None => std::future::pending().await,
        }
    }

    /// Tells the breaker what became of the call.
    async fn end(mut self, ended: &impl Ended) {
        self.ended = true;
        let now = self.endpoints.clock.now();
        let (report, failure) = (self.endpoint.excuse(ended.report()), ended.failure());
        self.endpoint.known().told(report, failure, self.login, now);
        let event = Event::Ended {
            report,
            probe: self.probe,
        };
        let (before, after) = self.endpoint.step(event, now);
        self.endpoints.moved(before, after, now).await;
    }
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        if !self.ended && self.probe {
            let event = Event::Ended {
                report: Report::Nothing,
                probe: true,
            };
            self.endpoint.step(event, self.endpoints.clock.now());
        }
    }
}

impl Guarded {
    pub(in crate::engine) fn new(inner: Arc<dyn Hardware>, endpoints: Arc<Endpoints>) -> Self {
        Self { inner, endpoints }
    }

    /// Makes a call where the breaker lets it through.
    async fn call<T: Ended, F: Future<Output = T> + Send>(
        &self,
        controller: &ControllerId,
        passage: Passage,
        cancel: &CancellationToken,
        call: impl FnOnce(CancellationToken) -> F + Send,
    ) -> T {
        let Some(endpoint) = self.endpoints.get(controller.as_str()) else {
            return call(cancel.clone()).await;
        };
        let begun = match self.begin(&endpoint, passage, cancel).await {
            Ok(begun) => begun,
            Err(failure) => return T::refused(failure),
        };
        let token = cancel.child_token();
        let mut calling = std::pin::pin!(call(token.clone()));
        let ended = tokio::select! {
            biased;
            ended = &mut calling => ended,
            () = begun.shut() => {
                token.cancel();
                calling.await
            }
        };
        let shut_out = token.is_cancelled() && !cancel.is_cancelled() && ended.is_cut_off();
        if ended.report() == Report::AuthRefused {
            self.inner.login_refused(controller);
        }
        begun.end(&ended).await;
        match self.endpoints.outlook(controller) {
            Outlook::LeftAlone(failure) if shut_out => T::refused(failure),
            Outlook::Called | Outlook::ProbeDue | Outlook::LeftAlone(_) => ended,
        }
    }

    /// Reads where the breaker lets it through. A login that is refused is looked up anew, and when it has changed since, the reading
    /// is made once more: a password that was rotated costs nobody a task.
    async fn read<T: Send, F: Future<Output = Result<T, Failure>> + Send>(
        &self,
        controller: &ControllerId,
        cancel: &CancellationToken,
        call: impl Fn(CancellationToken) -> F + Send + Sync,
    ) -> Result<T, Failure> {
        let before = self.inner.login_version(controller).await.ok().flatten();
        let read = self.call(controller, Passage::Ordinary, cancel, &call).await;
        match &read {
            Err(failure) if Report::of_read(Some(failure)) == Report::AuthRefused => {}
            _ => return read,
        }
        match self.inner.login_version(controller).await {
            Ok(now) if now.is_some() && now != before => {
                tracing::info!(%controller, "the login was refused and has changed; it is read again with the new one");
                self.call(controller, Passage::Ordinary, cancel, &call).await
            }
            Ok(_) | Err(_) => read,
        }
    }

    /// Gets a call past its breaker, or says why not.
    async fn begin<'a>(
        &'a self,
        endpoint: &'a Endpoint,
        passage: Passage,
        cancel: &CancellationToken,
    ) -> Result<Begun<'a>, Failure> {
        let clock = &self.endpoints.clock;
        let mut turn = None;
        loop {
            // A call that has no login would tell the breaker of a controller that was not asked.
            let login = self.inner.login_version(&endpoint.controller.endpoint.id).await?;
            if endpoint.known().login_changed(login) {
                let now = clock.now();
                let (before, after) = endpoint.step(Event::SecretChanged, now);
                self.endpoints.moved(before, after, now).await;
            }
            let entry = endpoint
                .known()
                .enter(passage, login, turn.is_some(), clock.now());
            let (probe, shut) = match entry {
                Entry::Begins { shut } => (false, Some(shut)),
                Entry::Unguarded { probe } => (probe, None),
                Entry::Refused(failure) => return Err(failure),
                Entry::Waits => {
                    turn = Some(take_turn(endpoint, cancel).await?);
                    continue;
                }
            };
            return Ok(Begun {
                endpoints: &self.endpoints,
                endpoint,
                login,
                probe,
                shut,
                _turn: turn,
                ended: false,
            });
        }
    }
}

async fn take_turn<'a>(
    endpoint: &'a Endpoint,
    cancel: &CancellationToken,
) -> Result<MutexGuard<'a, ()>, Failure> {
    tokio::select! {
        biased;
        () = cancel.cancelled() => Err(Failure::new(
            Cause::Cancelled,
            "The call was cancelled while another one tried the controller.",
        )),
        turn = endpoint.turn.lock() => Ok(turn),
        () = tokio::time::sleep(TURN_WAIT) => Err(Failure::new(
            Cause::Timeout,
            format!("Other calls have kept the controller busy for {} s.", TURN_WAIT.as_secs()),
        )),
    }
}

#[async_trait]
impl Hardware for Guarded {
    async fn survey(
        &self,
        controller: &ControllerId,
        urgency: Urgency,
        cancel: &CancellationToken,
    ) -> Result<Findings, Failure> {
        self.read(controller, cancel, |cancel| async move {
            self.inner.survey(controller, urgency, &cancel).await
        })
        .await
    }

    async fn observe(
        &self,
        controller: &ControllerId,
        subject: &Subject,
        urgency: Urgency,
        cancel: &CancellationToken,
    ) -> Result<Observation, Failure> {
        self.read(controller, cancel, |cancel| async move {
            self.inner.observe(controller, subject, urgency, &cancel).await
        })
        .await
    }

    async fn act(&self, order: Order) -> (Delivery, Result<Answer, Failure>) {
        let (controller, passage, cancel) = (order.controller.clone(), order.passage, order.cancel.clone());
        self.call(&controller, passage, &cancel, |cancel| {
            self.inner.act(Order { cancel, ..order })
        })
        .await
    }

    async fn poll(
        &self,
        controller: &ControllerId,
        handle: &str,
        cancel: &CancellationToken,
    ) -> Result<TaskProgress, Failure> {
        self.read(controller, cancel, |cancel| async move {
            self.inner.poll(controller, handle, &cancel).await
        })
        .await
    }

    async fn limits(
        &self,
        controller: &ControllerId,
        subject: &Subject,
        urgency: Urgency,
        cancel: &CancellationToken,
    ) -> Result<Vec<PowerLimit>, Failure> {
        self.read(controller, cancel, |cancel| async move {
            self.inner.limits(controller, subject, urgency, &cancel).await
        })
        .await
    }

    async fn boot(
        &self,
        controller: &ControllerId,
        subject: &Subject,
        urgency: Urgency,
        cancel: &CancellationToken,
    ) -> Result<BootOverride, Failure> {
        self.read(controller, cancel, |cancel| async move {
            self.inner.boot(controller, subject, urgency, &cancel).await
        })
        .await
    }

    async fn indicator(
        &self,
        controller: &ControllerId,
        subject: &Subject,
        urgency: Urgency,
        cancel: &CancellationToken,
    ) -> Result<Indicator, Failure> {
        self.read(controller, cancel, |cancel| async move {
            self.inner.indicator(controller, subject, urgency, &cancel).await
        })
        .await
    }

    async fn readings(
        &self,
        controller: &ControllerId,
        subject: &Subject,
        urgency: Urgency,
        cancel: &CancellationToken,
    ) -> Result<Vec<MeterReading>, Failure> {
        self.read(controller, cancel, |cancel| async move {
            self.inner.readings(controller, subject, urgency, &cancel).await
        })
        .await
    }

    async fn configure(&self, order: ConfigurationOrder) -> (Delivery, Result<Answer, Failure>) {
        let (controller, cancel) = (order.controller.clone(), order.cancel.clone());
        self.call(&controller, Passage::Ordinary, &cancel, |cancel| {
            self.inner.configure(ConfigurationOrder { cancel, ..order })
        })
        .await
    }

    async fn resource(
        &self,
        controller: &ControllerId,
        path: &str,
        cancel: &CancellationToken,
    ) -> Result<serde_json::Value, Failure> {
        self.read(controller, cancel, |cancel| async move {
            self.inner.resource(controller, path, &cancel).await
        })
        .await
    }

    async fn examine(
        &self,
        controller: &ControllerId,
        cancel: &CancellationToken,
    ) -> Result<Option<Examination>, Failure> {
        // Nothing is asked, so that there is nothing to guard; who examines wants to see what the breaker keeps others from.
        self.inner.examine(controller, cancel).await
    }

    async fn login_version(&self, controller: &ControllerId) -> Result<Option<LoginVersion>, Failure> {
        self.inner.login_version(controller).await
    }

    fn login_refused(&self, controller: &ControllerId) {
        self.inner.login_refused(controller);
    }

    fn driver(&self, controller: &ControllerId) -> Option<DriverName> {
        self.inner.driver(controller)
    }

    fn selection(&self, controller: &ControllerId) -> Option<Selection> {
        self.inner.selection(controller)
    }

    fn traffic(&self, controller: &ControllerId) -> Option<Traffic> {
        self.inner.traffic(controller)
    }

    fn replace_controllers(&self, inventory: &Inventory) {
        self.inner.replace_controllers(inventory);
    }

    fn change_timeout(&self) -> Duration {
        self.inner.change_timeout()
    }
}
