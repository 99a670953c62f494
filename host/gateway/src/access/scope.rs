//! Which components somebody may change.

use std::collections::HashSet;
use std::sync::Arc;

use switchyard_core::ComponentId;
use switchyard_xname::NameSet;

use crate::engine::Fleet;

/// The most expressions in one scope.
pub const EXPRESSIONS_MAX: usize = 64;
/// The longest expression, in bytes.
pub const EXPRESSION_MAX_BYTES: usize = 4_096;

/// A set of components, as it is written: groups in it are those of the inventory when somebody asks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Scope {
    /// All components.
    #[default]
    All,
    /// Those that these set expressions stand for.
    Only(Arc<[String]>),
}

/// Why a scope cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScopeError {
    /// It has too many expressions, or too long ones.
    #[error("a scope has at most {EXPRESSIONS_MAX} expressions of at most {EXPRESSION_MAX_BYTES} bytes")]
    TooLarge,
    /// An expression cannot be read.
    #[error("{expression:?}: {why}")]
    Invalid {
        /// The expression.
        expression: String,
        /// What is wrong with it.
        why: String,
    },
}

impl Scope {
    /// A scope of these expressions. That they name groups which do not exist yet is no mistake.
    pub fn only(expressions: Vec<String>) -> Result<Self, ScopeError> {
        let too_long = |text: &String| text.len() > EXPRESSION_MAX_BYTES;
        if expressions.len() > EXPRESSIONS_MAX || expressions.iter().any(too_long) {
            return Err(ScopeError::TooLarge);
        }
        for expression in &expressions {
            NameSet::parse(expression, |_| Some(NameSet::new())).map_err(|error| ScopeError::Invalid {
                expression: expression.clone(),
                why: error.to_string(),
            })?;
        }
        Ok(Self::Only(expressions.into()))
    }

    /// The expressions; `None`: all components.
    pub fn expressions(&self) -> Option<&[String]> {
        match self {
            Self::All => None,
            Self::Only(expressions) => Some(expressions),
        }
    }

    /// The components of a fleet that are in it; `None`: all. An expression that cannot be read now, because a group in it is gone, stands
    /// for nothing.
    pub fn components(&self, fleet: &Fleet) -> Option<HashSet<ComponentId>> {
        let expressions = self.expressions()?;
        let sets = expressions
            .iter()
            .filter_map(|text| NameSet::parse(text, |group| fleet.inventory().members(group)).ok());
        let ids = sets.flatten().filter_map(|name| {
            let row = fleet.get(name.as_str())?;
            Some(row.component.id.clone())
        });
        Some(ids.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_bounded_and_can_be_read() {
        let scope = Scope::only(vec!["x0c0s[0-1]b0n0".to_owned(), "@rack!@spare".to_owned()]).unwrap();
        assert_eq!(scope.expressions().unwrap().len(), 2);
        assert_eq!(Scope::All.expressions(), None);
        assert!(matches!(
            Scope::only(vec!["x0c0s[0-".to_owned()]),
            Err(ScopeError::Invalid { .. })
        ));
        let many = vec!["n1".to_owned(); EXPRESSIONS_MAX + 1];
        assert_eq!(Scope::only(many), Err(ScopeError::TooLarge));
    }
}
