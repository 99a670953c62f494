//! The bodies of answers, which are read up to a limit.

use bytes::{Bytes, BytesMut};
use serde::Deserialize;

/// How much of the body of a refusal is read, in bytes.
const REFUSAL_MAX_BYTES: usize = 4_096;
/// How much of a refusal that is no problem body is shown, in characters.
const WORDS_MAX: usize = 200;

/// Why a body could not be read.
#[derive(Debug)]
pub(super) enum BodyError {
    /// It is larger than the limit.
    TooLarge,
    /// It broke off.
    Cut(reqwest::Error),
}

/// What SMD says when it refuses (RFC 7807).
#[derive(Deserialize)]
struct Problem {
    detail: String,
}

/// The whole body, up to `max` bytes.
pub(super) async fn read(mut answer: reqwest::Response, max: usize) -> Result<Bytes, BodyError> {
    let mut body = BytesMut::new();
    while let Some(chunk) = answer.chunk().await.map_err(BodyError::Cut)? {
        if body.len() + chunk.len() > max {
            return Err(BodyError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// What a refusal says, on one line.
pub(super) async fn detail(mut answer: reqwest::Response) -> String {
    let mut body = Vec::new();
    while body.len() < REFUSAL_MAX_BYTES
        && let Ok(Some(chunk)) = answer.chunk().await
    {
        body.extend_from_slice(&chunk);
    }
    body.truncate(REFUSAL_MAX_BYTES);
    let said = match serde_json::from_slice::<Problem>(&body) {
        Ok(problem) => problem.detail,
        Err(_) => String::from_utf8_lossy(&body).into_owned(),
    };
    let words: String = said
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .filter(|character| !character.is_control())
        .take(WORDS_MAX)
        .collect();
    if words.is_empty() {
        "it gave no reason".to_owned()
    } else {
        words
    }
}
