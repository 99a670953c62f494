//! Errors of the command, in one line.

use std::error::Error;

use switchyard_wire::v2::Obstacle;

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

/// What stands in the way of a request, one line each.
pub(crate) fn obstacles(obstacles: &[Obstacle]) -> Vec<String> {
    obstacles
        .iter()
        .map(|obstacle| {
            let names = obstacle
                .components
                .as_deref()
                .map(|names| format!("{}: ", plain(names)))
                .unwrap_or_default();
            format!("  {}  {names}{}", plain(&obstacle.code), plain(&obstacle.detail))
        })
        .collect()
}

/// `switchyard: <what should be looked at>`.
pub(crate) fn warning(text: &str, paint: Paint) -> String {
    format!("{} {text}", paint.odd("switchyard:"))
}
