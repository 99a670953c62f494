//! Standard output and standard error.

use std::io::{self, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};
use serde::Serialize;

use crate::arguments::Color;
use crate::error::Error;
use crate::render::{self, Paint};

/// The narrowest terminal that lines are cut for, in columns.
const WIDTH_MIN: usize = 40;

/// How the command writes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    /// Whether to say more.
    pub(crate) verbose: bool,
    /// How to paint what goes to standard output.
    pub(crate) data: Paint,
    /// How to paint what goes to standard error.
    pub(crate) progress: Paint,
    /// Whether progress can be drawn in place.
    pub(crate) draws: bool,
    /// Whether somebody types what is read from standard input.
    pub(crate) typed: bool,
    /// Whether the operator can be asked on standard error.
    pub(crate) asks: bool,
}

impl Output {
    /// Looks at the terminal and the environment, once.
    pub(crate) fn new(color: Color, verbose: bool) -> Self {
        let draws = io::stderr().is_terminal();
        let typed = io::stdin().is_terminal();
        Self {
            verbose,
            data: paint(color, AutoStream::choice(&io::stdout())),
            progress: paint(color, AutoStream::choice(&io::stderr())),
            draws,
            typed,
            asks: draws && typed,
        }
    }

    /// Lines that fit a terminal; in files and pipes they are whole.
    pub(crate) fn clipped(self, lines: &str) -> String {
        if !self.draws {
            return lines.to_owned();
        }
        let width = usize::from(console::Term::stderr().size().1).max(WIDTH_MIN);
        let clipped: Vec<String> = lines.lines().map(|line| render::clip(line, width)).collect();
        clipped.join("\n")
    }

    /// Writes why the command ends. Where even that is impossible, the exit code has to do.
    pub(crate) fn error(self, error: &Error) {
        drop(note(&render::error(
            error,
            error.advice().as_deref(),
            self.progress,
        )));
        for line in render::obstacles(error.problems()) {
            drop(note(&line));
        }
    }
}

fn paint(color: Color, detected: ColorChoice) -> Paint {
    match color {
        Color::Never => Paint::PLAIN,
        Color::Auto if detected == ColorChoice::Never => Paint::PLAIN,
        Color::Auto | Color::Always => Paint::COLOURED,
    }
}

/// Whether somebody still reads what is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reader {
    /// As far as can be told.
    There,
    /// The other end is closed.
    Left,
}

/// Writes data. A reader that has left, such as `head`, has seen enough.
pub(crate) fn data(text: &str) -> Result<(), Error> {
    news(text).map(|_| ())
}

/// Writes data of which more is to come, and tells whether anybody reads it.
pub(crate) fn news(text: &str) -> Result<Reader, Error> {
    write(&mut io::stdout().lock(), text)
}

/// Writes one JSON document.
pub(crate) fn json(document: &impl Serialize) -> Result<(), Error> {
    data(&serde_json::to_string_pretty(document).map_err(Error::Json)?)
}

/// Writes one JSON document on one line, as [`news`].
pub(crate) fn json_line(document: &impl Serialize) -> Result<Reader, Error> {
    news(&serde_json::to_string(document).map_err(Error::Json)?)
}

/// Whether data goes to a terminal.
pub(crate) fn goes_to_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Writes a JSON document of somebody else: laid out for a reader, as it came for a program.
pub(crate) fn resource(text: &str) -> Result<(), Error> {
    match serde_json::from_str::<serde_json::Value>(text) {
        Ok(document) if goes_to_terminal() => json(&document),
        Ok(_) | Err(_) => data(text),
    }
}

/// Writes progress and hints.
pub(crate) fn note(text: &str) -> Result<(), Error> {
    write(&mut io::stderr().lock(), text).map(|_| ())
}

/// Writes lines.
fn write(stream: &mut impl Write, text: &str) -> Result<Reader, Error> {
    let end = if text.is_empty() || text.ends_with('\n') {
        ""
    } else {
        "\n"
    };
    match write!(stream, "{text}{end}").and_then(|()| stream.flush()) {
        Ok(()) => Ok(Reader::There),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Reader::Left),
        Err(error) => Err(Error::Terminal(error)),
    }
}
