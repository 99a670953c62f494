//! The key of somebody who holds a component in SMD and lends it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A deputy key. A secret: it is read, sent to SMD, and never shown.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String))]
#[serde(transparent)]
pub struct DeputyKey(String);

impl DeputyKey {
    /// Takes the text over.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// Gives the text.
    pub fn into_text(self) -> String {
        self.0
    }
}

impl fmt::Debug for DeputyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeputyKey(redacted)")
    }
}
