//! Waiting for others of the same request.

use std::time::Duration;

use switchyard_core::machine::Event;
use switchyard_core::outcome::Fault;

use super::turn::look_again;
use super::{Done, Left, Runner};
use crate::engine::dependency::Gate;
use crate::engine::line::Wait;

impl Runner<'_> {
    /// Whether the order within its requests lets the task begin. What kept it from that does not use up its time to start.
    pub(super) fn ordered_to_begin(&mut self) -> Result<Result<(), Wait>, Event> {
        let inner = self.inner;
        let task = self.record.id;
        if self.place.slot.is_paused() || self.record.machine.emergency {
            return Ok(Ok(()));
        }
        match inner.dependencies.to_begin(
            task,
            &self.place.slot.demands(),
            &inner.fleet(),
            inner.clock.now(),
        ) {
            Gate::Open { since } => {
                let machine = &mut self.record.machine;
                if let Some(since) = since
                    && machine.resumed_at.is_none_or(|resumed| resumed < since)
                {
                    machine.resume(since);
                }
                Ok(Ok(()))
            }
            Gate::Waits(wait) => {
                let component = &self.record.component;
                inner.lines.note_wait(component, task, Some(wait.clone()));
                Ok(Err(wait))
            }
            Gate::Blocked { transition, fault } => Err(Event::Blocked { transition, fault }),
        }
    }

    /// Whether something that has to come first was asked for since the task began to prepare, before anything was sent.
    pub(super) fn is_to_wait_again(&self) -> bool {
        let machine = &self.record.machine;
        let (inner, task) = (self.inner, self.record.id);
        !machine.ever_sent
            && !machine.emergency
            && matches!(
                inner.dependencies.to_begin(
                    task,
                    &self.place.slot.demands(),
                    &inner.fleet(),
                    inner.clock.now()
                ),
                Gate::Waits(_)
            )
    }

    /// Whether what is above keeps the task from being turned on.
    pub(super) fn awaits_power(&self) -> bool {
        let inner = self.inner;
        let gate = inner.dependencies.to_be_on(
            self.record.id,
            &self.place.slot.demands(),
            &inner.fleet(),
            inner.clock.now(),
        );
        !matches!(gate, Gate::Open { .. })
    }

    /// Gives way if the task waits for itself by way of others.
    pub(super) fn gives_way(&self, wait: &Wait) -> Option<Event> {
        let (lines, component) = (&self.inner.lines, &self.record.component);
        let (at, task) = lines.gives_way(component, self.record.id)?;
        if task != self.record.id {
            lines.wake([&at]);
            return None;
        }
        in_vain(wait, "waits for this component in turn")
    }

    /// Waits, while the component is off, for what is above it to be turned off and on. It does so for as long as
    /// its record is kept.
    pub(super) async fn await_power(&mut self) -> Done {
        self.pass.leave();
        let inner = self.inner;
        let (component, task) = (self.record.component.clone(), self.record.id);
        let waiting = inner.dependencies.is_off_now(task, inner.clock.now());
        inner.wake_waiting(task, &waiting);
        loop {
            if let Some(done) = self.ordered() {
                inner.lines.note_wait(&component, task, None);
                return done;
            }
            let now = inner.clock.now();
            let wait =
                match inner
                    .dependencies
                    .to_be_on(task, &self.place.slot.demands(), &inner.fleet(), now)
                {
                    Gate::Open { .. } => {
                        inner.lines.note_wait(&component, task, None);
                        return Ok(Event::PowerAbove);
                    }
                    Gate::Blocked { transition, fault } => {
                        inner.lines.note_wait(&component, task, None);
                        return Ok(Event::Blocked { transition, fault });
                    }
                    Gate::Waits(wait) => wait,
                };
            inner.lines.note_wait(&component, task, Some(wait.clone()));
            inner.pulse.touch(&component);
            let limit = self.limit(&wait);
            let given_up = (now >= limit).then(|| in_vain(&wait, "was waited for until the record expired"));
            if let Some(event) = given_up.flatten().or_else(|| self.gives_way(&wait)) {
                inner.lines.note_wait(&component, task, None);
                return Ok(event);
            }
            let until = look_again(&wait).map_or(limit, |at| at.min(limit));
            let sleep = until.since(now).max(Duration::from_millis(1));
            tokio::select! {
                biased;
                () = inner.stop.cancelled() => return Err(Left::Stopping),
                () = self.place.slot.changed() => {}
                () = tokio::time::sleep(sleep) => {}
            }
        }
    }
}

/// What ends a task that waits for another in vain.
fn in_vain(wait: &Wait, why: &str) -> Option<Event> {
    let Wait::Order {
        component,
        task,
        transition,
        ..
    } = wait
    else {
        return None;
    };
    Some(Event::Blocked {
        transition: *transition,
        fault: Fault::Dependency {
            component: component.clone(),
            task: Some(*task),
            end: "unfinished".to_owned(),
            text: format!("Dependency, {component}, {why}"),
        },
    })
}
