//! One connection's bytes, with over-long request lines made short. No I/O: the same bytes give the same result however they are split.

use super::chunks::{Chunks, Followed};
use super::head::{BodyEnd, Head};
use super::tickets::Ticket;
use super::{DISCARD_MAX_BYTES, LINE_MAX_BYTES, LongLine, LongLines, LongQuery, Refused, TARGET_MAX_BYTES};

use tokio::sync::OwnedSemaphorePermit;

/// What a line may hold beside its target, in bytes: the method, the version and spaces.
const BESIDE_TARGET_BYTES: usize = 64;
/// How much of the beginning of a refused line is kept, in bytes: method and path.
const BEGINNING_BYTES: usize = 1_024;
/// How much of the end of a refused line is kept, in bytes: the version.
const END_BYTES: usize = 16;
/// Tickets of one connection that nobody has asked for yet. Requests are answered one by one, so more are no client's.
const TICKETS_MAX: usize = 4;
const VERSIONS: [&[u8]; 2] = [b"HTTP/1.1", b"HTTP/1.0"];

/// Whoever sends this is cut off.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    /// A line that does not end.
    #[error("a request line is longer than {DISCARD_MAX_BYTES} bytes")]
    Endless,
    /// Long lines one after another, faster than they are answered.
    #[error("more than {TICKETS_MAX} over-long requests are sent at once")]
    TooMany,
    /// No ticket can be made.
    #[error("the system gives no random numbers")]
    NoTicket(#[from] getrandom::Error),
}

/// One connection.
#[derive(Debug)]
pub(super) struct Shortener {
    lines: LongLines,
    place: Place,
    tickets: Vec<Ticket>,
    /// Heads that have ended.
    heads: u64,
}

#[derive(Debug)]
enum Place {
    /// In a request line, or before one when it is empty; with the room for its query once it is an over-long one that is taken.
    Line {
        line: Vec<u8>,
        room: Option<OwnedSemaphorePermit>,
    },
    /// In a line that will be refused.
    Discarded(Discarded),
    /// In the headers.
    Head(Head),
    /// In a body with so many bytes left.
    Body(u64),
    /// In a body of chunks.
    Chunks(Chunks),
    /// Nothing is looked at any more: it cannot be said where requests begin, or this is no HTTP.
    Transparent,
    /// What was sent is no HTTP, as the library has been told; the rest is dropped.
    Ended,
}

/// A line that will be refused, of which only the beginning and the end are kept.
#[derive(Debug)]
struct Discarded {
    beginning: Vec<u8>,
    end: Vec<u8>,
    bytes: usize,
    why: Refused,
}

impl Place {
    const fn between_requests() -> Self {
        Self::Line {
            line: Vec::new(),
            room: None,
        }
    }
}

impl Shortener {
    pub(super) fn new(lines: LongLines) -> Self {
        Self {
            lines,
            place: Place::between_requests(),
            tickets: Vec::new(),
            heads: 0,
        }
    }

    /// Whether everything passes from now on.
    pub(super) fn is_transparent(&self) -> bool {
        matches!(self.place, Place::Transparent)
    }

    /// The number of the head that has begun and not ended.
    pub(super) fn head(&self) -> Option<u64> {
        let is_in_head = match &self.place {
            Place::Line { line, .. } => !line.is_empty(),
            Place::Discarded(_) | Place::Head(_) => true,
            Place::Body(_) | Place::Chunks(_) | Place::Transparent | Place::Ended => false,
        };
        is_in_head.then_some(self.heads)
    }

    /// Takes bytes from the client, and adds to `output` what is for the library.
    pub(super) fn take(&mut self, mut input: &[u8], output: &mut Vec<u8>) -> Result<(), Error> {
        while !input.is_empty() {
            let place = std::mem::replace(&mut self.place, Place::Ended);
            let (used, next) = match place {
                Place::Line { line, room } => self.in_line(line, room, input, output)?,
                Place::Discarded(discarded) => self.in_discarded(discarded, input, output)?,
                Place::Head(mut head) => {
                    let (used, end) = head.read(input);
                    pass(input, used, output);
                    self.heads += u64::from(end.is_some());
                    let next = match end {
                        None => Place::Head(head),
                        Some(BodyEnd::Length(0)) => Place::between_requests(),
                        Some(BodyEnd::Length(left)) => Place::Body(left),
                        Some(BodyEnd::Chunks) => Place::Chunks(Chunks::default()),
                        Some(BodyEnd::Unknown) => Place::Transparent,
                    };
                    (used, next)
                }
                Place::Body(left) => {
                    let used = usize::try_from(left).unwrap_or(usize::MAX).min(input.len());
                    pass(input, used, output);
                    match left.saturating_sub(u64::try_from(used).unwrap_or(u64::MAX)) {
                        0 => (used, Place::between_requests()),
                        left => (used, Place::Body(left)),
                    }
                }
                Place::Chunks(mut chunks) => {
                    let (used, followed) = chunks.read(input);
                    pass(input, used, output);
                    let next = match followed {
                        Followed::On => Place::Chunks(chunks),
                        Followed::Ended => Place::between_requests(),
                        Followed::Lost => Place::Transparent,
                    };
                    (used, next)
                }
                Place::Transparent => {
                    output.extend(input);
                    (input.len(), Place::Transparent)
                }
                Place::Ended => (input.len(), Place::Ended),
            };
            self.place = next;
            input = input.get(used..).unwrap_or_default();
        }
        Ok(())
    }

    /// The client sends no more. What was held back is passed on when it is no over-long line.
    pub(super) fn end(&mut self, output: &mut Vec<u8>) {
        let place = std::mem::replace(&mut self.place, Place::Ended);
        if let Place::Line { line, room: None } = place {
            output.extend(line);
        }
    }

    fn in_line(
        &mut self,
        mut line: Vec<u8>,
        mut room: Option<OwnedSemaphorePermit>,
        input: &[u8],
        output: &mut Vec<u8>,
    ) -> Result<(usize, Place), Error> {
        if line.is_empty() {
            // Empty lines before a request are skipped by every reader.
            let ends = input
                .iter()
                .take_while(|byte| matches!(byte, b'\r' | b'\n'))
                .count();
            if ends > 0 {
                pass(input, ends, output);
                return Ok((ends, Place::Line { line, room }));
            }
        }
        // A line is looked at anew at the two lengths that decide something, so that the pieces in which it comes do not matter.
        let limit = if room.is_some() {
            LINE_MAX_BYTES
        } else {
            TARGET_MAX_BYTES + BESIDE_TARGET_BYTES
        };
        let free = limit.saturating_sub(line.len());
        let window = input.get(..free).unwrap_or(input);
        if let Some(end) = window.iter().position(|byte| *byte == b'\n') {
            line.extend(window.iter().take(end + 1));
            return Ok((end + 1, self.end_line(line, room, output)?));
        }
        line.extend(window);
        let used = window.len();
        if line.len() < limit {
            return Ok((used, Place::Line { line, room }));
        }
        let why = match room {
            None if self.is_wanted(&line) => {
                room = self.lines.room();
                if room.is_some() {
                    return Ok((used, Place::Line { line, room }));
                }
                Refused::Busy
            }
            Some(_) | None => Refused::TooLong,
        };
        Ok((used, Place::Discarded(Discarded::of(&line, why))))
    }

    /// Whether a line is one whose query is taken, as far as it has come.
    fn is_wanted(&self, line: &[u8]) -> bool {
        let target = line.strip_prefix(b"GET ").unwrap_or_default();
        let mut parts = target.splitn(2, |byte| *byte == b'?');
        match (parts.next(), parts.next()) {
            (Some(path), Some(_)) => self.lines.takes(path),
            _ => false,
        }
    }

    fn end_line(
        &mut self,
        line: Vec<u8>,
        room: Option<OwnedSemaphorePermit>,
        output: &mut Vec<u8>,
    ) -> Result<Place, Error> {
        let Some([method, target, version]) = parts(&line) else {
            output.extend(line);
            return Ok(Place::Transparent);
        };
        let head = Head::of(method, version);
        if target.len() <= TARGET_MAX_BYTES {
            output.extend(&line);
            return Ok(Place::Head(head));
        }
        let room = match room {
            // It ended just behind the length at which room would have been made for it.
            None if self.is_wanted(&line) => self.lines.room().ok_or(Refused::Busy),
            None => Err(Refused::TooLong),
            Some(room) => Ok(room),
        };
        let mut halves = target.splitn(2, |byte| *byte == b'?');
        let path = halves.next().unwrap_or_default();
        let query = halves.next().unwrap_or_default();
        let kept = match (room, std::str::from_utf8(query)) {
            (Err(why), _) => LongLine::Refused(why),
            (Ok(room), Ok(query)) if query.bytes().all(|byte| byte.is_ascii_graphic()) => {
                LongLine::Query(LongQuery::new(query.to_owned(), room))
            }
            (Ok(_), _) => LongLine::Refused(Refused::Malformed),
        };
        self.replace(kept, method, path, version, output)?;
        Ok(Place::Head(head))
    }

    fn in_discarded(
        &mut self,
        mut discarded: Discarded,
        input: &[u8],
        output: &mut Vec<u8>,
    ) -> Result<(usize, Place), Error> {
        let end = input.iter().position(|byte| *byte == b'\n');
        let used = end.map_or(input.len(), |end| end + 1);
        discarded.add(input.get(..used).unwrap_or(input));
        if discarded.bytes > DISCARD_MAX_BYTES {
            return Err(Error::Endless);
        }
        if end.is_none() {
            return Ok((used, Place::Discarded(discarded)));
        }
        let Some((method, path, version)) = discarded.parts() else {
            // No request: the library says so to what it is given of it.
            output.extend(&discarded.beginning);
            output.extend(b"\r\n\r\n");
            return Ok((used, Place::Ended));
        };
        self.replace(LongLine::Refused(discarded.why), method, path, version, output)?;
        Ok((used, Place::Head(Head::of(method, version))))
    }

    /// Writes the line with a ticket in place of its query.
    fn replace(
        &mut self,
        kept: LongLine,
        method: &[u8],
        path: &[u8],
        version: &[u8],
        output: &mut Vec<u8>,
    ) -> Result<(), Error> {
        self.tickets.retain(|ticket| !ticket.is_used());
        if self.tickets.len() == TICKETS_MAX {
            return Err(Error::TooMany);
        }
        let ticket = self.lines.keep(kept)?;
        let is_short = path.len() <= BEGINNING_BYTES && path.starts_with(b"/");
        let path = if is_short { path } else { b"/" };
        for part in [
            method,
            b" ",
            path,
            b"?",
            ticket.query().as_bytes(),
            b" ",
            version,
            b"\r\n",
        ] {
            output.extend(part);
        }
        self.tickets.push(ticket);
        Ok(())
    }
}

impl Discarded {
    fn of(line: &[u8], why: Refused) -> Self {
        let mut discarded = Self {
            beginning: line.iter().take(BEGINNING_BYTES).copied().collect(),
            end: Vec::new(),
            bytes: 0,
            why,
        };
        discarded.add(line);
        discarded
    }

    fn add(&mut self, piece: &[u8]) {
        self.bytes = self.bytes.saturating_add(piece.len());
        let from = piece.len().saturating_sub(END_BYTES);
        self.end.extend(piece.iter().skip(from));
        let from = self.end.len().saturating_sub(END_BYTES);
        self.end.drain(..from);
    }

    /// Method, path and version; nothing when this is no request line.
    fn parts(&self) -> Option<(&[u8], &[u8], &[u8])> {
        let mut words = self.beginning.splitn(3, |byte| *byte == b' ');
        let method = words.next().filter(|method| is_token(method))?;
        let target = words.next().filter(|target| target.starts_with(b"/"))?;
        let path = target.split(|byte| *byte == b'?').next()?;
        let last = self.end.trim_ascii_end().rsplit(|byte| *byte == b' ').next()?;
        let version = VERSIONS.into_iter().find(|version| *version == last)?;
        // A path that goes on behind what was kept is left out.
        let is_whole = path.len() < target.len() && path.iter().all(u8::is_ascii_graphic);
        Some((method, if is_whole { path } else { b"/" }, version))
    }
}

fn is_token(method: &[u8]) -> bool {
    !method.is_empty() && method.iter().all(u8::is_ascii_alphanumeric)
}

/// Method, target and version of a line; nothing when it is written in any other way than every reader takes it.
fn parts(line: &[u8]) -> Option<[&[u8]; 3]> {
    let line = line.strip_suffix(b"\n")?;
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let mut words = line.split(|byte| *byte == b' ');
    let found = [words.next()?, words.next()?, words.next()?];
    let [method, target, version] = found;
    let is_plain = is_token(method) && !target.is_empty() && VERSIONS.contains(&version);
    (is_plain && words.next().is_none()).then_some(found)
}

fn pass(input: &[u8], used: usize, output: &mut Vec<u8>) {
    output.extend(input.get(..used).unwrap_or(input));
}
