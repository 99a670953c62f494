//! What a driver made of a tree, as data and as text.

use std::fmt;

use serde::Serialize;
use switchyard_core::{Fact, Observation};
use switchyard_drivers::{Findings, Member};

/// Names of facts that tell of something that could not be read.
const PROBLEMS: [&str; 5] = ["dangling", "unreadable", "missing", "stray", "unknown-reset-type"];

/// What a driver made of one tree.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    /// The tree.
    pub tree: String,
    /// The driver.
    pub driver: String,
    /// What the driver was built from, when it says so.
    pub basis: Option<String>,
    /// What the probe recognised.
    pub probe: Vec<Fact>,
    /// What the survey says about the BMC as a whole.
    pub identity: Vec<Fact>,
    /// What is behind the BMC.
    pub members: Vec<MemberReport>,
    /// Oddities that the driver lived with.
    pub problems: Vec<String>,
    /// Calls that failed.
    pub errors: Vec<String>,
}

/// One subject.
#[derive(Debug, Clone, Serialize)]
pub struct MemberReport {
    /// Its kind.
    pub kind: switchyard_core::Kind,
    /// The driver's id of it.
    pub id: String,
    /// The id of its parent.
    pub parent: Option<String>,
    /// What is known about it.
    pub facts: Vec<Fact>,
    /// What it can be asked for.
    pub abilities: Vec<AbilityReport>,
    /// Its reading, when there is one.
    pub reading: Option<Reading>,
}

/// One primitive.
#[derive(Debug, Clone, Serialize)]
pub struct AbilityReport {
    /// The primitive.
    pub what: switchyard_core::Primitive,
    /// The replay class that holds.
    pub replay: switchyard_core::Replay,
    /// Whether the BMC advertises it.
    pub advertised: bool,
}

/// A reading.
#[derive(Debug, Clone, Serialize)]
pub struct Reading {
    /// The state.
    pub state: switchyard_core::PowerState,
    /// The BMC's word for it.
    pub raw: String,
    /// The evidence.
    pub evidence: Vec<Fact>,
}

impl From<Observation> for Reading {
    fn from(observation: Observation) -> Self {
        Self {
            state: observation.state,
            raw: observation.raw,
            evidence: observation.evidence,
        }
    }
}

impl From<Member> for MemberReport {
    fn from(member: Member) -> Self {
        let ability = |ability: switchyard_core::Ability| AbilityReport {
            replay: ability.effective_replay(),
            what: ability.what,
            advertised: ability.advertised,
        };
        Self {
            kind: member.subject.kind,
            id: member.subject.id,
            parent: member.parent.map(|parent| parent.id),
            facts: member.facts,
            abilities: member.abilities.into_iter().map(ability).collect(),
            reading: None,
        }
    }
}

impl Report {
    /// Takes a survey over: members, and oddities as problems.
    pub(crate) fn survey(&mut self, findings: Findings) {
        let (odd, identity): (Vec<Fact>, Vec<Fact>) = findings
            .identity
            .into_iter()
            .partition(|fact| PROBLEMS.contains(&fact.name.as_str()));
        self.identity = identity;
        self.problems
            .extend(odd.iter().map(|fact| format!("{}: {}", fact.name, fact.value)));
        self.members = findings.members.into_iter().map(Into::into).collect();
        for member in &self.members {
            let odd = member
                .facts
                .iter()
                .filter(|fact| PROBLEMS.contains(&fact.name.as_str()));
            self.problems
                .extend(odd.map(|fact| format!("{}: {} of {}", fact.name, fact.value, member.id)));
        }
        if self.members.is_empty() {
            self.errors
                .push("survey: nothing was found behind the BMC".to_owned());
        }
    }

    /// Whether every call went well.
    pub fn is_ok(&self) -> bool {
        self.errors.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.is_ok() { "ok" } else { "FAILED" };
        let basis = self.basis.as_deref().unwrap_or("unknown");
        writeln!(f, "{}: {verdict} ({}, basis {basis})", self.tree, self.driver)?;
        writeln!(f, "  probe      {}", facts(&self.probe))?;
        writeln!(f, "  identity   {}", facts(&self.identity))?;
        for member in &self.members {
            writeln!(f, "  {member}")?;
        }
        for problem in &self.problems {
            writeln!(f, "  problem    {problem}")?;
        }
        for error in &self.errors {
            writeln!(f, "  error      {error}")?;
        }
        Ok(())
    }
}

impl fmt::Display for MemberReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = format!("{:?}", self.kind).to_lowercase();
        write!(f, "{kind:<10} {}", self.id)?;
        if let Some(reading) = &self.reading {
            write!(f, " {:?}", reading.state)?;
            if !reading.evidence.is_empty() {
                write!(f, " [{}]", facts(&reading.evidence))?;
            }
        }
        let abilities: Vec<String> = self.abilities.iter().map(ToString::to_string).collect();
        let abilities = if abilities.is_empty() {
            "nothing".to_owned()
        } else {
            abilities.join(" ")
        };
        write!(f, ": {abilities}")?;
        if let Some(parent) = &self.parent {
            write!(f, ", in {parent}")?;
        }
        Ok(())
    }
}

impl fmt::Display for AbilityReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.what, if self.advertised { "" } else { "?" })
    }
}

fn facts(facts: &[Fact]) -> String {
    facts
        .iter()
        .map(|fact| format!("{}={}", fact.name, fact.value))
        .collect::<Vec<_>>()
        .join(", ")
}
