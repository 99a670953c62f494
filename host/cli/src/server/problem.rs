//! What an answer that is no success says.

use serde::Deserialize;
use switchyard_wire::v2::Obstacle;

/// How much is shown of an error that is no problem document, in characters.
const PROBLEM_SHOWN_CHARS: usize = 200;

/// What the problem documents of both versions have in common.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Problem {
    pub(super) title: Option<String>,
    pub(super) detail: Option<String>,
    pub(super) hint: Option<String>,
    pub(super) code: Option<String>,
    pub(super) problems: Vec<Obstacle>,
}

impl Problem {
    pub(super) fn read(body: &[u8]) -> Self {
        serde_json::from_slice(body).unwrap_or_else(|_| {
            let text = String::from_utf8_lossy(body);
            let line: String = text
                .lines()
                .next()
                .unwrap_or_default()
                .chars()
                .take(PROBLEM_SHOWN_CHARS)
                .collect();
            Self {
                detail: Some(line.trim().to_owned()),
                ..Self::default()
            }
        })
    }
}
