//! What v2 asks to be confirmed, and what is protected.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::layers::Layers;

/// The role that is protected unless the configuration says otherwise.
const PROTECTED_DEFAULT: &str = "Management";
/// Components that a request of v2 may name without a confirmation, unless the configuration says otherwise.
const CONFIRM_ABOVE_DEFAULT: usize = 500;

/// What keeps callers from what they did not mean.
#[derive(Debug, Clone)]
pub struct Guards {
    /// Components that a request of v2 may name without a confirmation or a plan.
    pub confirm_above: usize,
    /// Components of these roles are protected, and so are BMCs, unless there are none.
    pub protected_roles: Arc<[String]>,
    /// Whether they are protected on v1 too.
    pub protect_v1: bool,
}

pub(super) fn read(layers: &mut Layers<'_>) -> Guards {
    let default = Roles(vec![PROTECTED_DEFAULT.to_owned()]);
    Guards {
        confirm_above: layers.number("limits.confirm_above", CONFIRM_ABOVE_DEFAULT, 1..=100_000),
        protected_roles: layers.parsed("protect.roles", default).0.into(),
        protect_v1: layers.parsed("protect.v1", false),
    }
}

/// Roles with commas between them.
struct Roles(Vec<String>);

impl FromStr for Roles {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        let roles = text.split(',').map(str::trim).filter(|role| !role.is_empty());
        Ok(Self(roles.map(str::to_owned).collect()))
    }
}

impl fmt::Display for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(", "))
    }
}
