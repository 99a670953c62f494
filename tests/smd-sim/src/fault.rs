//! What goes wrong on purpose.

use std::str::FromStr;
use std::time::Duration;

/// A way in which every request goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// 401 with a problem body.
    Unauthorized,
    /// 500 with a problem body.
    Broken,
    /// Answers come late.
    Slow(Duration),
    /// Answers are cut in the middle of their body.
    Half,
}

impl FromStr for Fault {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "401" => Ok(Self::Unauthorized),
            "500" => Ok(Self::Broken),
            "half" => Ok(Self::Half),
            slow => slow
                .strip_prefix("slow:")
                .and_then(|ms| ms.parse().ok())
                .map(|ms| Self::Slow(Duration::from_millis(ms)))
                .ok_or("a fault is one of 401, 500, half and slow:MILLISECONDS"),
        }
    }
}

/// The fault that holds, for every path or for those that hold a word.
#[derive(Debug, Clone, Default)]
pub(crate) struct Faults {
    pub(crate) set: Option<(String, Fault)>,
}

impl Faults {
    pub(crate) fn at(&self, path: &str) -> Option<Fault> {
        self.set
            .as_ref()
            .filter(|(word, _)| path.contains(word.as_str()))
            .map(|(_, fault)| *fault)
    }
}
