//! Log lines of drivers: bounded in number and length, on one line each.

use switchyard_core::ControllerId;

use crate::driver::DriverName;
use crate::limits::LOG_LINE_MAX_BYTES;

/// How much a line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    Debug,
    Info,
    Warn,
    Error,
}

/// The log of one call.
#[derive(Debug)]
pub(crate) struct CallLog {
    driver: DriverName,
    controller: ControllerId,
    left: u32,
    last_error: Option<String>,
}

impl CallLog {
    pub(crate) fn new(driver: DriverName, controller: ControllerId, lines: u32) -> Self {
        Self {
            driver,
            controller,
            left: lines,
            last_error: None,
        }
    }

    /// Writes a line while the call has lines left, and says once when it has none.
    pub(crate) fn write(&mut self, level: Level, text: &str) {
        let line = one_line(text);
        if self.left == 0 {
            return;
        }
        self.left -= 1;
        let (driver, controller) = (&self.driver, &self.controller);
        match level {
            Level::Debug => tracing::debug!(target: "switchyard::driver", %driver, %controller, "{line}"),
            Level::Info => tracing::info!(target: "switchyard::driver", %driver, %controller, "{line}"),
            Level::Warn => tracing::warn!(target: "switchyard::driver", %driver, %controller, "{line}"),
            Level::Error => tracing::error!(target: "switchyard::driver", %driver, %controller, "{line}"),
        }
        if self.left == 0 {
            tracing::warn!(target: "switchyard::driver", %driver, %controller, "the driver has used up its log lines; further lines of this call are dropped");
        }
        if level == Level::Error {
            self.last_error = Some(line);
        }
    }

    /// The last line of level error: a panic's message.
    pub(crate) fn last_error(&self) -> Option<&str> {
        self.last_error.as_deref()
    }
}

/// The text without control characters, cut to [`LOG_LINE_MAX_BYTES`].
fn one_line(text: &str) -> String {
    let mut line = String::new();
    for c in text.chars() {
        let c = if c.is_control() { ' ' } else { c };
        if line.len() + c.len_utf8() > LOG_LINE_MAX_BYTES {
            break;
        }
        line.push(c);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_bounded() {
        assert_eq!(one_line("a\nb\u{1b}[31m"), "a b [31m");
        assert!(one_line(&"ä".repeat(4096)).len() <= LOG_LINE_MAX_BYTES);
    }
}
