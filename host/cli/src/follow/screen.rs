//! Where progress is shown: in place on a terminal, else line by line.

use std::collections::HashSet;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::time::Duration;

use crate::account::{Group, shape};
use crate::error::Error;
use crate::output::{self, Output};
use crate::render::{self, Frame, Paint};
use crate::server;

/// The longest time without a line.
const LINE_EVERY: Duration = Duration::from_secs(5);
/// How much more must have ended for a line before that time, in percent.
const LINE_EVERY_PERCENT: usize = 5;
/// The narrowest block that is drawn, in columns.
const WIDTH_MIN: usize = 20;

/// Where progress goes.
#[derive(Debug)]
pub(super) enum Screen {
    /// A block that is drawn again and again.
    Block {
        /// What draws.
        bar: ProgressBar,
        /// How.
        paint: Paint,
    },
    /// Lines.
    Lines(Lines),
}

impl Screen {
    /// What draws in place leaves the lines of others on the same terminal no room.
    pub(super) fn new(output: Output, beside_lines: bool) -> Self {
        let paint = output.progress;
        if !output.draws || beside_lines {
            return Self::Lines(Lines::new(paint));
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{msg}") {
            bar.set_style(style);
        }
        Self::Block { bar, paint }
    }

    /// Shows what was seen.
    pub(super) fn draw(&mut self, frame: &Frame) -> Result<(), Error> {
        match self {
            Self::Block { bar, paint } => {
                bar.set_message(render::block(frame, width(), *paint));
                bar.tick();
                Ok(())
            }
            Self::Lines(lines) => lines.draw(frame),
        }
    }

    /// Shows that the service does not answer.
    pub(super) fn reconnecting(
        &mut self,
        frame: Option<Frame>,
        error: &server::Error,
        lasted: Duration,
    ) -> Result<(), Error> {
        let banner = format!("reconnecting for {}: {error}", render::duration(lasted));
        match self {
            Self::Block { bar, paint } => {
                let message = match frame {
                    Some(frame) => render::block(
                        &Frame {
                            banner: Some(banner),
                            ..frame
                        },
                        width(),
                        *paint,
                    ),
                    None => render::clip(&render::plain(&banner), width()),
                };
                bar.set_message(message);
                bar.tick();
                Ok(())
            }
            Self::Lines(lines) => lines.reconnecting(error),
        }
    }

    /// Says something above the progress.
    pub(super) fn say(&self, text: &str) -> Result<(), Error> {
        match self {
            Self::Block { bar, .. } => bar.suspend(|| output::note(text)),
            Self::Lines(_) => output::note(text),
        }
    }

    /// Takes the block away.
    pub(super) fn finish(self) {
        if let Self::Block { bar, .. } = self {
            bar.finish_and_clear();
        }
    }
}

fn width() -> usize {
    usize::from(console::Term::stderr().size().1).max(WIDTH_MIN)
}

/// Lines, and what they have said.
#[derive(Debug)]
pub(super) struct Lines {
    paint: Paint,
    due: Due,
    told: HashSet<(String, String)>,
    away: bool,
}

impl Lines {
    fn new(paint: Paint) -> Self {
        Self {
            paint,
            due: Due::default(),
            told: HashSet::new(),
            away: false,
        }
    }

    fn draw(&mut self, frame: &Frame) -> Result<(), Error> {
        if std::mem::take(&mut self.away) {
            output::note("the service answers again")?;
        }
        let fresh: Vec<Group> = frame
            .groups
            .iter()
            .filter(|group| self.told.insert((group.code.clone(), shape(&group.text))))
            .cloned()
            .collect();
        for line in render::failures(&fresh, self.paint) {
            output::note(&line)?;
        }
        if self.due.is_due(frame.elapsed, frame.tally.percent()) {
            output::note(&render::line(frame, self.paint))?;
        }
        Ok(())
    }

    fn reconnecting(&mut self, error: &server::Error) -> Result<(), Error> {
        if std::mem::replace(&mut self.away, true) {
            return Ok(());
        }
        output::note(&self.paint.odd(&render::plain(&format!("reconnecting: {error}"))))
    }
}

/// When the next line is due.
#[derive(Debug, Default)]
pub(super) struct Due {
    last: Option<(Duration, usize)>,
}

impl Due {
    /// Whether a line is due now; if so, it counts as written.
    pub(super) fn is_due(&mut self, elapsed: Duration, percent: usize) -> bool {
        let due = match self.last {
            None => true,
            Some((at, then)) => elapsed >= at + LINE_EVERY || percent >= then + LINE_EVERY_PERCENT,
        };
        if due {
            self.last = Some((elapsed, percent));
        }
        due
    }
}
