//! What a request does to the lines of its components, decided before anything is written.

use std::collections::{HashMap, HashSet};

use switchyard_core::admission::Conflict;
use switchyard_core::configuration::admission::{self, Disposition, InLine};
use switchyard_core::configuration::{Goal, Machine, Outcome, Phase, Tally, Track};
use switchyard_core::{ComponentId, TaskId};

use super::{
    ConfigurationHow, ConfigurationMember, ConfigurationRecord, ConfigurationTask, ConfigurationWant,
    Counted, NewConfigurationMember, NewConfigurationTask, Replaced,
};
use crate::hold::HoldRecord;
use crate::record::{Part, Refusal};

/// A task in line, as an engine has read it.
#[derive(Debug, Clone)]
pub struct Standing {
    /// The task.
    pub record: ConfigurationTask,
    /// How many requests share it.
    pub joined: usize,
}

/// What an engine has read of the components that a request is about.
#[derive(Debug, Clone, Default)]
pub struct Situation {
    /// The unfinished tasks of each component that has any on the track of the request, the active one first.
    pub lines: HashMap<ComponentId, Vec<Standing>>,
    /// The holds on each component that has any.
    pub holds: HashMap<ComponentId, Vec<HoldRecord>>,
}

/// What is to be stored.
#[derive(Debug, Clone, Default)]
pub struct Decision {
    /// The members, in order.
    pub members: Vec<ConfigurationMember>,
    /// The new tasks, in order.
    pub tasks: Vec<ConfigurationTask>,
    /// Waiting tasks that end, with their last state.
    pub ended: Vec<ConfigurationTask>,
    /// Tasks that the request joins, with their components.
    pub joined: Vec<(TaskId, ComponentId)>,
}

impl Decision {
    /// Whether any name of the request was refused.
    pub fn refuses_any(&self) -> bool {
        self.members
            .iter()
            .any(|member| matches!(member.part, Part::Refused { .. }))
    }
}

/// Decides on a request. New tasks are numbered from `first` on.
pub fn decide(
    configuration: &ConfigurationRecord,
    members: Vec<NewConfigurationMember>,
    situation: Situation,
    first: i64,
) -> Decision {
    let mut deciding = Deciding {
        configuration,
        situation,
        gone: HashSet::new(),
        next: first,
        decision: Decision::default(),
    };
    for NewConfigurationMember { name, want } in members {
        let record = match want {
            ConfigurationWant::Refused {
                refusal,
                standing,
                operations,
            } => refused(name, refusal, Counted { standing, operations }),
            ConfigurationWant::Task(wanted) => deciding.member(name, *wanted),
        };
        deciding.decision.members.push(record);
    }
    deciding.decision
}

fn refused(name: String, refusal: Refusal, counted: Counted) -> ConfigurationMember {
    ConfigurationMember {
        name,
        part: Part::Refused { refusal },
        how: None,
        departed_at: None,
        counted: Some(counted),
    }
}

struct Deciding<'a> {
    configuration: &'a ConfigurationRecord,
    situation: Situation,
    /// Tasks that this request has ended already.
    gone: HashSet<TaskId>,
    next: i64,
    decision: Decision,
}

impl Deciding<'_> {
    fn member(&mut self, name: String, wanted: NewConfigurationTask) -> ConfigurationMember {
        let refuse = |name, refusal: Refusal| {
            let counted = Counted {
                standing: refusal.standing(),
                operations: Tally::from(&wanted.machine).operations,
            };
            refused(name, refusal, counted)
        };
        if let Some(refusal) = self.barred(&wanted.component, &wanted.machine.goal) {
            return refuse(name, refusal);
        }
        let line = self.line(&wanted.component);
        let in_line: Vec<InLine<'_>> = line.iter().map(in_line).collect();
        let admission = admission::admit(&wanted.machine.goal, &in_line);
        let task = match admission.disposition {
            Disposition::TooManyJoined { task } => {
                let conflict = Conflict::TooManyJoined { task };
                return refuse(name, Refusal::Conflict { conflict });
            }
            Disposition::Joins { task } => {
                self.decision.joined.push((task, wanted.component.clone()));
                task
            }
            Disposition::Starts | Disposition::Queues { .. } => wanted.id,
        };
        let superseded: Vec<Replaced> = admission
            .superseded
            .iter()
            .filter_map(|id| self.supersede(&line, *id))
            .collect();
        let how = ConfigurationHow {
            disposition: admission.disposition,
            superseded,
        };
        if task == wanted.id {
            self.make(wanted);
        }
        let plain = how.disposition == Disposition::Starts && how.superseded.is_empty();
        ConfigurationMember {
            name,
            part: Part::Task { task },
            how: (!plain).then_some(how),
            departed_at: None,
            counted: None,
        }
    }

    /// What keeps the caller from setting anything on the component; reading is nobody's business.
    fn barred(&self, component: &ComponentId, goal: &Goal) -> Option<Refusal> {
        if goal.track() == Track::Snapshot {
            return None;
        }
        let (who, now) = (&self.configuration.requested_by, self.configuration.created_at);
        let holds = self.situation.holds.get(component)?;
        let hold = holds.iter().find(|hold| hold.keeps_off(who, now))?;
        Some(Refusal::OnHold {
            hold: hold.id,
            reason: hold.reason.clone(),
            by: hold.by.clone(),
            until: hold.until,
        })
    }

    /// The line of a component as this request has left it so far.
    fn line(&self, component: &ComponentId) -> Vec<Standing> {
        let line = self.situation.lines.get(component).map_or(&[][..], Vec::as_slice);
        line.iter()
            .filter(|standing| !self.gone.contains(&standing.record.id))
            .cloned()
            .collect()
    }

    /// Ends a task of which nothing was sent.
    fn supersede(&mut self, line: &[Standing], id: TaskId) -> Option<Replaced> {
        let standing = line.iter().find(|standing| standing.record.id == id)?;
        self.gone.insert(id);
        let (by, at) = (self.configuration.id, self.configuration.created_at);
        let mut record = standing.record.clone();
        let outcome = Outcome::Superseded { by };
        record.machine.phase = Phase::Done { outcome, at };
        record.updated_at = at;
        let replaced = Replaced {
            task: id,
            configuration: record.configuration,
        };
        self.decision.ended.push(record);
        Some(replaced)
    }

    fn make(&mut self, wanted: NewConfigurationTask) {
        let NewConfigurationTask {
            id,
            component,
            controller,
            machine,
        } = wanted;
        let at = self.configuration.created_at;
        let record = ConfigurationTask {
            id,
            component: component.clone(),
            controller,
            configuration: self.configuration.id,
            seq: self.next,
            created_at: at,
            updated_at: at,
            cancel_asked: false,
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

fn in_line(standing: &Standing) -> InLine<'_> {
    let record = &standing.record;
    InLine {
        task: record.id,
        goal: &record.machine.goal,
        progress: progress(&record.machine, record.cancel_asked),
        joined: standing.joined,
    }
}

fn progress(machine: &Machine, cancel_asked: bool) -> admission::Progress {
    if cancel_asked {
        admission::Progress::Leaving
    } else {
        machine.progress()
    }
}
