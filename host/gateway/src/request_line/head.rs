//! What the head of a request says about where its body ends.

/// The longest header that is looked at, in bytes; those that matter here are short.
const LOOKED_AT_BYTES: usize = 256;

/// Where a body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyEnd {
    /// After so many bytes.
    Length(u64),
    /// Where its chunks say.
    Chunks,
    /// It cannot be said for certain, or the connection will speak another protocol.
    Unknown,
}

/// Reads headers one by one. Only what every reader of HTTP understands alike counts, all else is [`BodyEnd::Unknown`]: whoever is behind
/// this one must never see another end.
#[derive(Debug, Default)]
pub(super) struct Head {
    line: Vec<u8>,
    is_cut: bool,
    length: Option<u64>,
    is_chunked: bool,
    is_unclear: bool,
}

impl Head {
    /// The head behind a request line.
    pub(super) fn of(method: &[u8], version: &[u8]) -> Self {
        Self {
            // With HTTP/1.0 there are no chunks, and what follows depends on headers that are not looked at.
            is_unclear: method == b"CONNECT" || version != b"HTTP/1.1",
            ..Self::default()
        }
    }

    /// Reads on. Gives how many bytes belong to the head, and the end of the body when the head has ended.
    pub(super) fn read(&mut self, input: &[u8]) -> (usize, Option<BodyEnd>) {
        let mut used = 0;
        while let Some(rest) = input.get(used..).filter(|rest| !rest.is_empty()) {
            let end = rest.iter().position(|byte| *byte == b'\n');
            let length = end.map_or(rest.len(), |end| end + 1);
            let piece = rest.get(..end.unwrap_or(length)).unwrap_or(rest);
            let room = LOOKED_AT_BYTES - self.line.len().min(LOOKED_AT_BYTES);
            self.is_cut |= piece.len() > room;
            self.line.extend(piece.iter().take(room));
            used += length;
            if end.is_some() && self.end_line() {
                return (used, Some(self.body_end()));
            }
        }
        (used, None)
    }

    /// Reads the line that has ended. Whether it was the last.
    fn end_line(&mut self) -> bool {
        let line = std::mem::take(&mut self.line);
        let is_cut = std::mem::take(&mut self.is_cut);
        let line = line.strip_suffix(b"\r").unwrap_or(&line);
        if line.is_empty() && !is_cut {
            return true;
        }
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            self.is_unclear = true;
            return false;
        };
        let (name, value) = line.split_at(colon);
        let value = value.get(1..).unwrap_or_default().trim_ascii();
        self.header(name, value, is_cut);
        false
    }

    fn header(&mut self, name: &[u8], value: &[u8], is_cut: bool) {
        // A name with white space is a continuation or a trick.
        let is_odd = name.is_empty() || name.iter().any(|byte| !byte.is_ascii_graphic());
        if is_odd || name.eq_ignore_ascii_case(b"upgrade") {
            self.is_unclear = true;
        } else if name.eq_ignore_ascii_case(b"content-length") {
            let digits = !value.is_empty() && value.iter().all(u8::is_ascii_digit) && !is_cut;
            let number = std::str::from_utf8(value)
                .ok()
                .filter(|_| digits)
                .and_then(|text| text.parse().ok());
            self.is_unclear |= number.is_none() || self.length.is_some();
            self.length = number;
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            self.is_unclear |= self.is_chunked || is_cut || !value.eq_ignore_ascii_case(b"chunked");
            self.is_chunked = true;
        }
    }

    fn body_end(&self) -> BodyEnd {
        match (self.is_unclear, self.is_chunked, self.length) {
            (true, ..) | (false, true, Some(_)) => BodyEnd::Unknown,
            (false, true, None) => BodyEnd::Chunks,
            (false, false, length) => BodyEnd::Length(length.unwrap_or_default()),
        }
    }
}
