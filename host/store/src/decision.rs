//! What a request does to the lines of its components, decided before anything is written. Engines read the lines, ask here, and store
//! the answer, all in one transaction.

use std::collections::{HashMap, HashSet};

use switchyard_core::admission::{self, Conflict, Disposition, IfBusy, InLine};
use switchyard_core::machine::{Machine, Phase};
use switchyard_core::{ComponentId, Operation, Outcome, Relation, TaskId, Timestamp, TransitionId};

use crate::dependency::{After, Dependency};
use crate::hold::HoldRecord;
use crate::record::{Displaced, How, MemberRecord, Part, Refusal, TaskRecord, TransitionRecord};
use crate::store::{NewMember, Want, Wanted};

/// A task in line, as an engine has read it.
#[derive(Debug, Clone)]
pub struct Standing {
    /// The task.
    pub record: TaskRecord,
    /// How many requests share it.
    pub joined: usize,
}

/// What an engine has read of the components that a request is about, and of those below them.
#[derive(Debug, Clone, Default)]
pub struct Situation {
    /// The unfinished tasks of each component that has any, the active one first.
    pub lines: HashMap<ComponentId, Vec<Standing>>,
    /// The holds on each component that has any.
    pub holds: HashMap<ComponentId, Vec<HoldRecord>>,
    /// The task that left each uncertain component so.
    pub uncertain: HashMap<ComponentId, TaskId>,
}

/// What is to be stored.
#[derive(Debug, Clone, Default)]
pub struct Decision {
    /// The members, in order.
    pub members: Vec<MemberRecord>,
    /// The new tasks, in order of their place.
    pub tasks: Vec<TaskRecord>,
    /// Waiting tasks that end, with their last state.
    pub ended: Vec<TaskRecord>,
    /// Tasks whose members move to another: from, to.
    pub moved: Vec<(TaskId, TaskId)>,
    /// Tasks that the request joins, with their components.
    pub joined: Vec<(TaskId, ComponentId)>,
    /// Active tasks that make way for a force-off, with their components.
    pub overtaken: Vec<(TaskId, ComponentId)>,
    /// Which tasks of the request wait for which.
    pub dependencies: Vec<Dependency>,
}

impl Decision {
    /// Whether any name of the request was refused.
    pub fn refuses_any(&self) -> bool {
        self.members
            .iter()
            .any(|member| matches!(member.part, Part::Refused { .. }))
    }
}

/// Decides on a request. New tasks are numbered and placed from `first` on, what others have to be off for first after those.
pub fn decide(
    transition: &TransitionRecord,
    members: Vec<NewMember>,
    if_busy: IfBusy,
    situation: Situation,
    first: i64,
) -> Decision {
    let mut deciding = Deciding {
        transition,
        if_busy,
        situation,
        gone: HashSet::new(),
        next: first,
        parts: HashMap::new(),
        waiting: Vec::new(),
        decision: Decision::default(),
    };
    let mut members: Vec<(usize, NewMember)> = members.into_iter().enumerate().collect();
    // Relatives of relatives are relatives, so whoever comes before another waits for fewer.
    members.sort_by_key(|(_, member)| blockers(member));
    let mut records: Vec<(usize, MemberRecord)> = members
        .into_iter()
        .map(|(position, member)| (position, deciding.member(member)))
        .collect();
    records.sort_by_key(|(position, _)| *position);
    deciding.decision.members = records.into_iter().map(|(_, record)| record).collect();
    deciding.depend();
    deciding.decision
}

/// How many components have to be off before this one.
fn blockers(member: &NewMember) -> usize {
    match &member.want {
        Want::Task(wanted) => {
            let after = wanted.after.iter();
            after.filter(|after| after.relation == Relation::OffFirst).count()
        }
        Want::Refused(_) => 0,
    }
}

/// What has become of a component within a request.
#[derive(Debug, Clone)]
enum PartOf {
    Task {
        task: TaskId,
        /// Whether that has begun, for others that wanted it before.
        begun: bool,
    },
    Refused {
        /// The component that is refused for a reason of its own.
        component: ComponentId,
    },
}

struct Deciding<'a> {
    transition: &'a TransitionRecord,
    if_busy: IfBusy,
    situation: Situation,
    /// Tasks that this request has ended already.
    gone: HashSet<TaskId>,
    next: i64,
    /// What has become of the components that were wanted.
    parts: HashMap<ComponentId, PartOf>,
    /// What waits for others of the request.
    waiting: Vec<(ComponentId, Vec<After>)>,
    decision: Decision,
}

impl Deciding<'_> {
    fn member(&mut self, new: NewMember) -> MemberRecord {
        let NewMember { name, want, included } = new;
        let refused = |refusal| MemberRecord {
            name: name.clone(),
            part: Part::Refused { refusal },
            how: None,
            departure: None,
            included,
        };
        match want {
            Want::Refused(refusal) => refused(refusal),
            Want::Task(wanted) => {
                let component = wanted.component.clone();
                match self.wanted(*wanted) {
                    Ok((task, how)) => MemberRecord {
                        name,
                        part: Part::Task { task },
                        how,
                        departure: None,
                        included,
                    },
                    Err(refusal) => {
                        let root = match &refusal {
                            Refusal::Dependency { component } => component.clone(),
                            _ => component.clone(),
                        };
                        self.parts.insert(component, PartOf::Refused { component: root });
                        refused(refusal)
                    }
                }
            }
        }
    }

    fn wanted(&mut self, mut wanted: Wanted) -> Result<(TaskId, Option<How>), Refusal> {
        if let Some(refusal) = self.barred(&wanted.component, wanted.machine.operation) {
            return Err(refusal);
        }
        if let Some(refusal) = self.refused_first(&wanted.after) {
            return Err(refusal);
        }
        let line = self.line(&wanted.component);
        let in_line: Vec<InLine> = line.iter().map(in_line).collect();
        let admission = admission::admit(wanted.machine.operation, self.if_busy, &in_line);
        let task = match admission.disposition {
            Disposition::Refused { conflict } => return Err(Refusal::Conflict { conflict }),
            Disposition::Joins { task } => {
                self.decision.joined.push((task, wanted.component.clone()));
                task
            }
            Disposition::Starts | Disposition::Queues { .. } => wanted.id,
        };
        let begun = line
            .iter()
            .any(|standing| standing.record.id == task && standing.record.machine.phase != Phase::Queued);
        self.parts
            .insert(wanted.component.clone(), PartOf::Task { task, begun });
        let after = std::mem::take(&mut wanted.after);
        if !after.is_empty() {
            self.waiting.push((wanted.component.clone(), after));
        }
        let mut how = How {
            disposition: admission.disposition,
            superseded: Vec::new(),
            absorbed: Vec::new(),
            overtaken: None,
        };
        for id in &admission.superseded {
            how.superseded.extend(self.supersede(&line, *id));
        }
        for id in &admission.absorbed {
            how.absorbed.extend(self.absorb(&line, *id, task));
        }
        if let Some(id) = admission.overtaken {
            let overtaken = line.iter().find(|standing| standing.record.id == id);
            how.overtaken = overtaken.map(|standing| displaced(&standing.record));
            self.decision.overtaken.push((id, wanted.component.clone()));
        }
        for component in &wanted.below {
            how.superseded
                .extend(self.supersede_below(component, wanted.machine.operation));
        }
        if task == wanted.id {
            self.make(wanted.id, wanted.component, wanted.controller, wanted.machine);
        }
        let plain =
            how.disposition == Disposition::Starts && how.superseded.is_empty() && how.absorbed.is_empty();
        Ok((task, (!plain).then_some(how)))
    }

    /// Whether something is refused that has to be off first. To cut its power would do to it what was refused.
    fn refused_first(&self, after: &[After]) -> Option<Refusal> {
        let first = after.iter().filter(|after| after.relation == Relation::OffFirst);
        let mut refused = first.filter_map(|after| match self.parts.get(&after.component)? {
            PartOf::Refused { component } => Some(component.clone()),
            PartOf::Task { .. } => None,
        });
        let component = refused.next()?;
        Some(Refusal::Dependency { component })
    }

    /// Notes which tasks wait for which, now that all are known. What has begun for others waits no more.
    fn depend(&mut self) {
        for (component, after) in std::mem::take(&mut self.waiting) {
            let Some(PartOf::Task { task, begun }) = self.parts.get(&component).cloned() else {
                continue;
            };
            for After {
                component: other,
                relation,
            } in after
            {
                let Some(PartOf::Task {
                    task: on,
                    begun: on_begun,
                }) = self.parts.get(&other).cloned()
                else {
                    continue;
                };
                let relation = match relation {
                    // Its power goes whenever that task likes, so that it is better left alone until then.
                    Relation::Between if on_begun => Relation::EndFirst,
                    relation => relation,
                };
                if begun && relation.keeps_from_beginning() {
                    continue;
                }
                self.decision.dependencies.push(Dependency {
                    task,
                    component: component.clone(),
                    on,
                    on_component: other,
                    relation,
                });
            }
        }
    }

    /// What keeps the caller off the component, whatever its line.
    fn barred(&self, component: &ComponentId, operation: Operation) -> Option<Refusal> {
        if self.if_busy == IfBusy::Overtake {
            return None;
        }
        let (who, now) = (&self.transition.requested_by, self.transition.created_at);
        let holds = self.situation.holds.get(component).map_or(&[][..], Vec::as_slice);
        if let Some(hold) = holds.iter().find(|hold| hold.keeps_off(who, now)) {
            return Some(Refusal::OnHold {
                hold: hold.id,
                reason: hold.reason.clone(),
                by: hold.by.clone(),
                until: hold.until,
            });
        }
        let task = self.situation.uncertain.get(component)?;
        operation
            .needs_certainty()
            .then_some(Refusal::Uncertain { task: *task })
    }

    /// The line of a component as this request has left it so far.
    fn line(&self, component: &ComponentId) -> Vec<Standing> {
        let line = self.situation.lines.get(component).map_or(&[][..], Vec::as_slice);
        line.iter()
            .filter(|standing| !self.gone.contains(&standing.record.id))
            .cloned()
            .collect()
    }

    fn supersede(&mut self, line: &[Standing], id: TaskId) -> Option<Displaced> {
        let by = self.transition.id;
        self.end(line, id, Outcome::Superseded { by })
    }

    fn absorb(&mut self, line: &[Standing], id: TaskId, into: TaskId) -> Option<Displaced> {
        self.decision.moved.push((id, into));
        self.end(line, id, Outcome::Absorbed { into })
    }

    fn supersede_below(&mut self, component: &ComponentId, operation: Operation) -> Vec<Displaced> {
        let line = self.line(component);
        line.iter()
            .filter(|standing| is_unsent(standing))
            .filter(|standing| admission::supersedes_below(operation, standing.record.machine.operation))
            .filter_map(|standing| self.supersede(&line, standing.record.id))
            .collect()
    }

    /// Ends a task of which nothing was sent.
    fn end(&mut self, line: &[Standing], id: TaskId, outcome: Outcome) -> Option<Displaced> {
        let standing = line.iter().find(|standing| standing.record.id == id)?;
        self.gone.insert(id);
        let at = self.transition.created_at;
        let record = ended(standing.record.clone(), outcome, at);
        self.decision.ended.push(record);
        Some(displaced(&standing.record))
    }

    fn make(
        &mut self,
        id: TaskId,
        component: ComponentId,
        controller: switchyard_core::ControllerId,
        machine: Machine,
    ) {
        let at = self.transition.created_at;
        let record = TaskRecord {
            id,
            component: component.clone(),
            controller,
            transition: self.transition.id,
            seq: self.next,
            place: self.next,
            created_at: at,
            updated_at: at,
            cancel_asked: None,
            paused: false,
            machine,
        };
        self.next += 1;
        self.situation.lines.entry(component).or_default().push(Standing {
            record: record.clone(),
            joined: 1,
        });
        self.decision.tasks.push(record);
    }
}

/// A task with its end.
pub fn ended(mut record: TaskRecord, outcome: Outcome, at: Timestamp) -> TaskRecord {
    record.machine.phase = Phase::Done { outcome, at };
    record.updated_at = at;
    record
}

/// A task as admission sees it.
pub fn in_line(standing: &Standing) -> InLine {
    let record = &standing.record;
    InLine {
        task: record.id,
        operation: record.machine.operation,
        progress: match record.cancel_asked {
            Some(_) => admission::Progress::Leaving,
            None => record.machine.progress(record.paused),
        },
        joined: standing.joined,
    }
}

fn is_unsent(standing: &Standing) -> bool {
    let progress = standing.record.machine.progress(standing.record.paused);
    progress != admission::Progress::Sent && standing.record.cancel_asked.is_none()
}

fn displaced(record: &TaskRecord) -> Displaced {
    Displaced {
        task: record.id,
        component: record.component.clone(),
        transition: record.transition,
    }
}

/// What a paused task meets when it gets in line again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resumption {
    /// It gets in line at the end.
    InLine,
    /// Its requests move to a task that leads there already.
    Absorbed {
        /// That task.
        into: TaskId,
    },
    /// The line does not take it; it stays paused.
    Refused {
        /// Why.
        conflict: Conflict,
    },
}

/// Decides on a paused task that is to go on, given the rest of its line. Nothing that waits is superseded by it: it is older.
pub fn resume(task: &TaskRecord, others: &[Standing]) -> Resumption {
    let others: Vec<InLine> = others.iter().map(in_line).collect();
    let admission = admission::admit(task.machine.operation, IfBusy::Queue, &others);
    match admission.disposition {
        Disposition::Joins { task: into } => Resumption::Absorbed { into },
        Disposition::Refused { conflict } => Resumption::Refused { conflict },
        Disposition::Starts | Disposition::Queues { .. } => Resumption::InLine,
    }
}

/// The requests that a cancelled request leaves behind on a shared task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detached {
    /// The task.
    pub task: TaskId,
    /// Its component.
    pub component: ComponentId,
    /// Who still wants it.
    pub goes_on_for: Vec<TransitionId>,
}
