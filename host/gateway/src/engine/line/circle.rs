//! Tasks that wait for each other in a circle.
//!
//! The order within a request follows the hierarchy, and lines follow the order in which requests came; but a task that was paused comes
//! after those that it was before, and others of its request do not. Who waits by the order of a request gives way.

use super::{Lines, Wait};
use switchyard_core::{ComponentId, TaskId};

/// The most waits that are followed.
const STEPS_MAX: usize = 256;

impl Lines {
    /// Lets tasks on these components look again that wait for this one by the order of a request. Until they have, they count as waiting
    /// for nobody.
    pub(in crate::engine) fn look_again_at_order(&self, on: TaskId, components: &[ComponentId]) {
        let mut lines = self.lock();
        for component in components {
            for entry in lines.get_mut(component).into_iter().flatten() {
                if matches!(&entry.wait, Some(Wait::Order { task, .. }) if *task == on) {
                    entry.wait = None;
                    entry.slot.wake();
                }
            }
        }
    }

    /// The task that has to give way, if this one waits for itself by way of others: the first on the way that waits by the order of a
    /// request, which may be this one.
    pub(in crate::engine) fn gives_way(
        &self,
        component: &ComponentId,
        task: TaskId,
    ) -> Option<(ComponentId, TaskId)> {
        let lines = self.lock();
        let mut gives_way = None;
        let mut at = (component.clone(), task);
        for _ in 0..STEPS_MAX {
            let line = lines.get(&at.0)?;
            let entry = line.iter().find(|entry| entry.task == at.1)?;
            if entry.slot.is_paused() {
                return None;
            }
            let next = match entry.wait.as_ref()? {
                Wait::Turn { behind } => (at.0.clone(), *behind),
                Wait::Order {
                    component,
                    task,
                    until: None,
                    ..
                } => {
                    gives_way.get_or_insert_with(|| at.clone());
                    (component.clone(), *task)
                }
                Wait::OffAbove { component, task }
                | Wait::WorkBelow { component, task }
                | Wait::ControllerDown { component, task }
                | Wait::ControllerBusy { component, task } => (component.clone(), *task),
                // These are over by themselves, or by somebody's hand.
                Wait::Order { .. } | Wait::Held { .. } | Wait::Staggered { .. } | Wait::Paused => {
                    return None;
                }
            };
            if next.1 == task {
                return gives_way;
            }
            at = next;
        }
        None
    }
}
