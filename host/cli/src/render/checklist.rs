//! What was checked on the way to a component.

use std::time::Duration;

use super::text::{Paint, plain};

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Checked {
    /// It is well.
    Well,
    /// It works, and somebody should look at it.
    Warning,
    /// It does not work.
    Failed,
    /// It was not tried.
    Skipped,
}

impl Checked {
    /// The word, which is that of the API.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Well => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }

    /// Reads the word of the API. One that is not known is shown as something to look at.
    pub(crate) fn read(word: &str) -> Self {
        match word {
            "ok" => Self::Well,
            "failed" => Self::Failed,
            "skipped" => Self::Skipped,
            _ => Self::Warning,
        }
    }
}

/// One line of the list.
#[derive(Debug)]
pub(crate) struct Check {
    /// What was checked.
    pub(crate) step: String,
    /// How it ended.
    pub(crate) checked: Checked,
    /// What was found.
    pub(crate) text: String,
    /// The stable code of a failure.
    pub(crate) code: Option<String>,
    /// How long it took.
    pub(crate) took: Option<Duration>,
    /// What to do next.
    pub(crate) hint: Option<String>,
}

/// A line for each check: the word, the step, the time, what was found; below a failure, what to do next.
pub(crate) fn checklist(checks: &[Check], paint: Paint) -> String {
    let step = checks
        .iter()
        .map(|check| check.step.chars().count())
        .max()
        .unwrap_or(0);
    let mut lines = Vec::new();
    for check in checks {
        let word = format!("{:<7}", check.checked.word());
        let word = match check.checked {
            Checked::Well => paint.good(&word),
            Checked::Warning => paint.odd(&word),
            Checked::Failed => paint.bad(&word),
            Checked::Skipped => paint.dim(&word),
        };
        let took = check.took.map(milliseconds).unwrap_or_default();
        let code = check.code.as_deref().map(|code| format!("  ({})", plain(code)));
        let line = format!(
            "{word}  {:<step$}  {took:>8}  {}{}",
            plain(&check.step),
            plain(&check.text),
            code.unwrap_or_default()
        );
        lines.push(line.trim_end().to_owned());
        if let Some(hint) = &check.hint {
            lines.push(format!(
                "{:>width$}{}",
                "",
                plain(hint),
                width = 7 + 2 + step + 2 + 8 + 2
            ));
        }
    }
    lines.join("\n")
}

/// What a component met last.
pub(crate) fn last_failure(code: &str, text: &str, at: Option<&str>) -> String {
    let at = at.map(|at| format!(" at {}", plain(at))).unwrap_or_default();
    let code = if code.is_empty() {
        String::new()
    } else {
        format!(" ({})", plain(code))
    };
    format!("last failure{at}: {}{code}", plain(text))
}

fn milliseconds(span: Duration) -> String {
    match span.as_millis() {
        0 => "<1 ms".to_owned(),
        short @ 1..10_000 => format!("{short} ms"),
        _ => super::duration(span),
    }
}
