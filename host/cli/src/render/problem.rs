//! Errors of the command, in one line.

use std::error::Error;

use super::text::{Paint, plain};

/// `switchyard: <what>: <why>; <what to do>`.
pub(crate) fn error(error: &dyn Error, advice: Option<&str>, paint: Paint) -> String {
    let mut parts = vec![plain(&error.to_string())];
    let mut cause = error.source();
    while let Some(inner) = cause {
        parts.push(plain(&inner.to_string()));
        cause = inner.source();
    }
    let advice = advice
        .map(|advice| format!("; {}", plain(advice)))
        .unwrap_or_default();
    format!("{} {}{advice}", paint.bad("switchyard:"), parts.join(": "))
}
