//! Bodies in chunks, followed to their end.

/// The longest line between chunks that is followed, in bytes.
const LINE_MAX_BYTES: usize = 256;

/// Where in a body of chunks the reader is.
#[derive(Debug, Default)]
pub(super) struct Chunks {
    place: Place,
    line: Vec<u8>,
}

#[derive(Debug, Default, Clone, Copy)]
enum Place {
    /// In the line that says how long the next chunk is.
    #[default]
    Size,
    /// In a chunk with so many bytes left.
    Data(u64),
    /// In the line end behind a chunk.
    DataEnd,
    /// In the lines behind the last chunk.
    Trailer,
}

/// What became of the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Followed {
    /// The body goes on.
    On,
    /// It has ended.
    Ended,
    /// It is not written as it should be: nobody can say where it ends.
    Lost,
}

impl Chunks {
    /// Reads on. Gives how many bytes belong to the body so far.
    pub(super) fn read(&mut self, input: &[u8]) -> (usize, Followed) {
        let mut used = 0;
        while let Some(rest) = input.get(used..).filter(|rest| !rest.is_empty()) {
            if let Place::Data(left) = self.place {
                let taken = usize::try_from(left).unwrap_or(usize::MAX).min(rest.len());
                used += taken;
                let left = left.saturating_sub(u64::try_from(taken).unwrap_or(u64::MAX));
                self.place = if left == 0 {
                    Place::DataEnd
                } else {
                    Place::Data(left)
                };
                continue;
            }
            let end = rest.iter().position(|byte| *byte == b'\n');
            let length = end.map_or(rest.len(), |end| end + 1);
            used += length;
            self.line.extend(rest.iter().take(length));
            if self.line.len() > LINE_MAX_BYTES {
                return (used, Followed::Lost);
            }
            if end.is_some() {
                match self.end_line() {
                    Followed::On => {}
                    ended => return (used, ended),
                }
            }
        }
        (used, Followed::On)
    }

    fn end_line(&mut self) -> Followed {
        let line = std::mem::take(&mut self.line);
        let Some(line) = line.strip_suffix(b"\r\n") else {
            return Followed::Lost;
        };
        self.place = match self.place {
            Place::Size => match size(line) {
                None => return Followed::Lost,
                Some(0) => Place::Trailer,
                Some(size) => Place::Data(size),
            },
            Place::DataEnd if line.is_empty() => Place::Size,
            Place::Trailer if line.is_empty() => return Followed::Ended,
            Place::Trailer => Place::Trailer,
            Place::DataEnd | Place::Data(_) => return Followed::Lost,
        };
        Followed::On
    }
}

/// The length of a chunk, which extensions may follow.
fn size(line: &[u8]) -> Option<u64> {
    let digits = line.split(|byte| *byte == b';').next()?;
    let is_hex = !digits.is_empty() && digits.iter().all(u8::is_ascii_hexdigit);
    let digits = std::str::from_utf8(digits).ok().filter(|_| is_hex)?;
    u64::from_str_radix(digits, 16).ok()
}
