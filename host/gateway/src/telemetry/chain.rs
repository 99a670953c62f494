//! Errors with their causes.

use std::error::Error;
use std::fmt;

/// Shows an error and every source below it, joined by `: `. A JSON log line holds no more of an error than its `Display`, and the
/// errors of this project leave their sources out of that.
#[derive(Debug, Clone, Copy)]
pub struct Chain<'a>(pub &'a (dyn Error + 'a));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut source = self.0.source();
        while let Some(cause) = source {
            write!(f, ": {cause}")?;
            source = cause.source();
        }
        Ok(())
    }
}
