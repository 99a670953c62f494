//! Server-sent events, read frame by frame.

use std::time::Duration;

use reqwest::Response;

use super::error::Error;

/// How long a stream may say nothing: three times the pause after which the service sends a comment.
const SILENCE_MAX: Duration = Duration::from_secs(45);
/// The longest frame: a snapshot of 100,000 components.
const FRAME_MAX_BYTES: usize = 64 << 20;

/// One frame.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Frame {
    /// Where to go on after it.
    pub(crate) id: Option<String>,
    /// What it is.
    pub(crate) event: String,
    /// What it holds.
    pub(crate) data: String,
}

/// The frames of a stream.
#[derive(Debug)]
pub(crate) struct Frames {
    response: Response,
    server: String,
    parser: Parser,
}

impl Frames {
    pub(super) fn new(response: Response, server: String) -> Self {
        Self {
            response,
            server,
            parser: Parser::default(),
        }
    }

    /// The next frame; none when the stream has ended.
    pub(crate) async fn next(&mut self) -> Result<Option<Frame>, Error> {
        loop {
            if let Some(frame) = self.parser.take() {
                return Ok(Some(frame));
            }
            let chunk = tokio::time::timeout(SILENCE_MAX, self.response.chunk())
                .await
                .map_err(|_| Error::Silent {
                    server: self.server.clone(),
                    seconds: SILENCE_MAX.as_secs(),
                })?
                .map_err(|error| Error::Unreachable {
                    server: self.server.clone(),
                    error: Box::new(error.without_url()),
                })?;
            let Some(chunk) = chunk else {
                return Ok(None);
            };
            self.parser.feed(&chunk);
            if self.parser.held() > FRAME_MAX_BYTES {
                return Err(Error::TooLong {
                    server: self.server.clone(),
                    max: FRAME_MAX_BYTES,
                });
            }
        }
    }
}

/// What has come and is not yet a frame.
#[derive(Debug, Default)]
struct Parser {
    bytes: Vec<u8>,
    /// Up to where there is no end of a line.
    looked: usize,
    frame: Frame,
    begun: bool,
}

impl Parser {
    fn feed(&mut self, chunk: &[u8]) {
        self.bytes.extend_from_slice(chunk);
    }

    /// How much is kept of a frame that has not ended.
    fn held(&self) -> usize {
        self.bytes.len() + self.frame.data.len()
    }

    /// The next frame, if its end has come.
    fn take(&mut self) -> Option<Frame> {
        let mut from = 0;
        let mut ended = None;
        while ended.is_none() {
            let start = from.max(self.looked);
            let Some(at) = self.bytes.get(start..)?.iter().position(|byte| *byte == b'\n') else {
                break;
            };
            let end = start + at;
            let line = String::from_utf8_lossy(self.bytes.get(from..end)?).into_owned();
            from = end + 1;
            self.looked = from;
            ended = self.line(line.trim_end_matches('\r'));
        }
        self.bytes.drain(..from);
        self.looked = if ended.is_some() { 0 } else { self.bytes.len() };
        ended
    }

    /// Reads a line; an empty one ends a frame.
    fn line(&mut self, line: &str) -> Option<Frame> {
        if line.is_empty() {
            return std::mem::take(&mut self.begun).then(|| std::mem::take(&mut self.frame));
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "id" => self.frame.id = Some(value.to_owned()),
            "event" => value.clone_into(&mut self.frame.event),
            "data" => {
                if !self.frame.data.is_empty() {
                    self.frame.data.push('\n');
                }
                self.frame.data.push_str(value);
            }
            _ => return None,
        }
        self.begun = true;
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_whole_however_they_are_cut() {
        let text = b"retry: 2000\n\n: still here\n\nid: a.1\n\nid: a.2\r\nevent: task.ended\r\ndata: {\"a\":1}\r\n\r\ndata: x\ndata: y\n\n";
        for size in 1..text.len() {
            let (mut parser, mut frames) = (Parser::default(), Vec::new());
            for chunk in text.chunks(size) {
                parser.feed(chunk);
                while let Some(frame) = parser.take() {
                    frames.push(frame);
                }
            }
            let shown: Vec<_> = frames
                .iter()
                .map(|frame| (frame.id.as_deref(), frame.event.as_str(), frame.data.as_str()))
                .collect();
            let wanted = [
                (Some("a.1"), "", ""),
                (Some("a.2"), "task.ended", "{\"a\":1}"),
                (None, "", "x\ny"),
            ];
            assert_eq!(shown, wanted, "in pieces of {size}");
        }
    }
}
