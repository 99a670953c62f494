//! The versions of the contract that this host speaks, side by side.
//!
//! A component tells its version by the name under which it exports `power`. Each version has a variant here, a module of bindings, and
//! its frozen WIT; within a version only interfaces are added, so that a component built against an earlier patch runs unchanged.

use std::fmt;

/// A version of the contract. Patches of one version are one: they only add interfaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Contract {
    /// `wit/driver-0.1`.
    V0_1,
}

impl Contract {
    /// Every version, oldest first.
    pub const ALL: [Self; 1] = [Self::V0_1];

    /// The name in manifests.
    pub const fn name(self) -> &'static str {
        match self {
            Self::V0_1 => "0.1",
        }
    }

    /// The version of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }

    /// The version that an interface belongs to, by what follows the `@` in its name.
    pub fn of_version(version: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| {
            version
                .strip_prefix(known.name())
                .is_some_and(|rest| rest.starts_with('.'))
        })
    }

    /// All names, for people.
    pub(crate) fn names() -> String {
        Self::ALL.map(Self::name).join(", ")
    }
}

impl fmt::Display for Contract {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
