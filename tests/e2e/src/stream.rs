//! Server-Sent Events as a tool author would read them, from the specification in the HTML standard.

use std::collections::VecDeque;

/// One frame of a stream. A frame without data is not given to the reader, as the specification has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frame {
    /// The id of the last frame that had one, this one included.
    pub id: Option<String>,
    /// Its name; empty when it has none.
    pub event: String,
    /// Its data.
    pub data: String,
}

/// A stream that is being read.
#[derive(Debug)]
pub struct Stream {
    response: reqwest::Response,
    unread: Vec<u8>,
    /// The frame whose lines are being read.
    open: Frame,
    /// Frames that were read and not yet given.
    ready: VecDeque<Frame>,
    first_id: Option<String>,
    last_id: Option<String>,
}

impl Stream {
    /// The stream in an answer.
    pub fn new(response: reqwest::Response) -> Self {
        Self {
            response,
            unread: Vec::new(),
            open: Frame::default(),
            ready: VecDeque::new(),
            first_id: None,
            last_id: None,
        }
    }

    /// The first id of the stream.
    pub fn first_id(&self) -> Option<&str> {
        self.first_id.as_deref()
    }

    /// What a client sends when it comes back: the last id up to what was given. A frame without data can set it too.
    pub fn last_id(&self) -> Option<&str> {
        self.last_id.as_deref()
    }

    /// The next frame; nothing when the stream has ended, by whatever means.
    pub async fn next(&mut self) -> Option<Frame> {
        loop {
            while let Some(frame) = self.ready.pop_front() {
                self.last_id.clone_from(&frame.id);
                if self.first_id.is_none() {
                    self.first_id.clone_from(&frame.id);
                }
                if !frame.data.is_empty() {
                    return Some(frame);
                }
            }
            let chunk = self.response.chunk().await.ok()??;
            self.unread.extend_from_slice(&chunk);
            // What stands behind the last line end is a line that has not come to its end.
            while let Some(end) = self.unread.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.unread.drain(..=end).collect();
                let line = String::from_utf8_lossy(&line).into_owned();
                self.line(line.trim_end_matches(['\r', '\n']));
            }
        }
    }

    fn line(&mut self, line: &str) {
        if line.is_empty() {
            let next = Frame {
                id: self.open.id.clone(),
                ..Frame::default()
            };
            self.ready.push_back(std::mem::replace(&mut self.open, next));
            return;
        }
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "id" => self.open.id = Some(value.to_owned()),
            "event" => value.clone_into(&mut self.open.event),
            "data" if self.open.data.is_empty() => value.clone_into(&mut self.open.data),
            "data" => {
                self.open.data.push('\n');
                self.open.data.push_str(value);
            }
            _ => {}
        }
    }
}
