//! Differences of single models.

use switchyard_driver_sdk::{Fact, Primitive};

/// A difference of the members of a survey whose facts hold certain texts.
#[derive(Debug, Clone, Copy)]
pub struct ModelRule {
    /// Names of facts, each with a part of its value in lower case. All must hold, of the member or of the BMC.
    pub when: &'static [(&'static str, &'static str)],
    /// What is different.
    pub then: &'static [Difference],
}

/// What is different.
#[derive(Debug, Clone, Copy)]
pub enum Difference {
    /// The primitive is listed and does not do what its name says: it is not offered.
    Drops(Primitive),
    /// What an operator should know: the fact `advice` of the member.
    Advises(&'static str),
    /// The BMC bears connections that are kept open, unlike others of its make.
    KeepsConnection,
    /// A reading says nothing until so many milliseconds after a change.
    Settles(u32),
}

impl ModelRule {
    /// Whether the rule is about what has these facts.
    pub(crate) fn holds(&self, facts: &[&Fact]) -> bool {
        self.when.iter().all(|(name, part)| {
            facts
                .iter()
                .any(|fact| fact.name == *name && fact.value.to_lowercase().contains(part))
        })
    }
}

/// The differences that hold for these facts.
pub(crate) fn differences<'f>(
    rules: &'static [ModelRule],
    facts: &'f [&'f Fact],
) -> impl Iterator<Item = Difference> + 'f {
    rules
        .iter()
        .filter(|rule| rule.holds(facts))
        .flat_map(|rule| rule.then.iter().copied())
}
