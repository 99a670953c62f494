//! Following a transition to its end.
//!
//! The service does the work; this only looks. Leaving changes nothing.

mod contact;
mod events;
mod leaving;
mod pace;
mod screen;
mod slow;

use switchyard_wire::v2::Transition;
use tokio::time::{Duration, Instant};

pub(crate) use self::contact::Contact;
use self::leaving::{Leaving, Wish};
use self::pace::Pace;
use self::screen::Screen;
use self::slow::SlowWatch;
use crate::account::{Tally, groups};
use crate::arguments::OnInterrupt;
use crate::error::Error;
use crate::interrupt::Interrupts;
use crate::output::{self, Output};
use crate::render::Frame;
use crate::server::{self, Server};

/// The time between the first two looks.
const POLL_FIRST: Duration = Duration::from_millis(200);
/// The longest time between two looks at a transition that is answered quickly.
const POLL_LAST: Duration = Duration::from_secs(1);
/// How many times as long as an answer took is waited at least, so that looking costs the service little.
const POLL_REST: u32 = 5;
/// The longest time between two looks.
const POLL_MAX: Duration = Duration::from_secs(10);

/// How following ended.
#[derive(Debug)]
pub(crate) enum Ending {
    /// The transition ended.
    Finished(Box<Transition>),
    /// The operator left; what was seen last, if anything.
    Detached(Option<Box<Transition>>),
}

/// One transition that is followed.
#[derive(Debug)]
pub(crate) struct Follow<'a> {
    /// The service.
    pub(crate) server: &'a Server,
    /// The transition.
    pub(crate) id: &'a str,
    /// The command with which to go on.
    pub(crate) watch: String,
    /// How long to try again when the service goes away.
    pub(crate) patience: Duration,
    /// How long to follow at most.
    pub(crate) at_most: Option<Duration>,
    /// What the first Ctrl-C does.
    pub(crate) on_interrupt: OnInterrupt,
    /// Whether the events are printed as they happen.
    pub(crate) events: bool,
    /// Where progress goes.
    pub(crate) output: Output,
}

impl Follow<'_> {
    /// Looks until the transition has ended, the operator leaves or the service stays away.
    pub(crate) async fn run(self, interrupts: &mut Interrupts) -> Result<Ending, Error> {
        let beside_lines = self.events && output::goes_to_terminal();
        let mut screen = Screen::new(self.output, beside_lines);
        let look = self.look_until_end(interrupts, &mut screen);
        let ending = if self.events {
            events::beside(self.server, self.id, look).await
        } else {
            look.await
        };
        screen.finish();
        ending
    }

    async fn look_until_end(
        &self,
        interrupts: &mut Interrupts,
        screen: &mut Screen,
    ) -> Result<Ending, Error> {
        let mut sight = Sight::new(Instant::now());
        let mut contact = Contact::new(self.patience);
        let mut leaving = Leaving::new(interrupts, self.at_most, self.on_interrupt);
        let mut rest = POLL_FIRST;
        loop {
            let asked = Instant::now();
            let looked = tokio::select! {
                biased;
                wish = leaving.next(sight.last.is_some()) => Err(wish),
                looked = self.server.transition(self.id) => Ok(looked),
            };
            let wait = match looked {
                Err(Wish::Leave) => return Ok(Ending::Detached(sight.last)),
                Err(Wish::Cancel) => {
                    if leaving.cancel(self.server, self.id, screen).await? {
                        return Ok(Ending::Detached(sight.last));
                    }
                    continue;
                }
                Ok(Ok(transition)) => {
                    contact.restored();
                    let frame = sight.see(transition, Instant::now());
                    screen.draw(&frame)?;
                    if let Some(ended) = sight.take_ended() {
                        return Ok(Ending::Finished(ended));
                    }
                    let wait = rest.max(asked.elapsed() * POLL_REST).min(POLL_MAX);
                    rest = (rest * 3 / 2).min(POLL_LAST);
                    wait
                }
                Ok(Err(error)) => self.lost(error, &mut contact, &sight, screen)?,
            };
            let wish = tokio::select! {
                biased;
                wish = leaving.next(sight.last.is_some()) => wish,
                () = tokio::time::sleep(wait) => continue,
            };
            if wish == Wish::Leave || leaving.cancel(self.server, self.id, screen).await? {
                return Ok(Ending::Detached(sight.last));
            }
        }
    }

    /// How long to wait before the next try, unless the service has been away for too long.
    fn lost(
        &self,
        error: server::Error,
        contact: &mut Contact,
        sight: &Sight,
        screen: &mut Screen,
    ) -> Result<Duration, Error> {
        if !error.is_transient() {
            return Err(error.into());
        }
        let now = Instant::now();
        match contact.lost(now) {
            Some(wait) => {
                screen.reconnecting(sight.frame(now), &error, contact.lasted(now))?;
                Ok(wait)
            }
            None => Err(Error::LostContact {
                lasted: contact.lasted(now),
                watch: self.watch.clone(),
                source: Box::new(error),
            }),
        }
    }
}

/// What has been seen so far.
#[derive(Debug)]
struct Sight {
    since: Instant,
    pace: Pace,
    slow: SlowWatch,
    last: Option<Box<Transition>>,
}

impl Sight {
    fn new(since: Instant) -> Self {
        Self {
            since,
            pace: Pace::default(),
            slow: SlowWatch::default(),
            last: None,
        }
    }

    fn see(&mut self, transition: Transition, now: Instant) -> Frame {
        self.pace.see(now, Tally::of(&transition.members));
        self.slow.see(now, &transition.members);
        let transition = self.last.insert(Box::new(transition));
        frame_of(transition, self.since, &self.pace, &self.slow, now)
    }

    fn frame(&self, now: Instant) -> Option<Frame> {
        self.last
            .as_deref()
            .map(|last| frame_of(last, self.since, &self.pace, &self.slow, now))
    }

    fn take_ended(&mut self) -> Option<Box<Transition>> {
        self.last.take_if(|last| last.status.is_final())
    }
}

fn frame_of(transition: &Transition, since: Instant, pace: &Pace, slow: &SlowWatch, now: Instant) -> Frame {
    let tally = Tally::of(&transition.members);
    Frame {
        operation: transition.operation.clone(),
        tally,
        elapsed: now.duration_since(since),
        rate: pace.rate(),
        remaining: pace.remaining(&tally),
        slow: slow.slowest(now, &transition.members),
        groups: groups(&transition.members),
        banner: None,
    }
}

#[cfg(test)]
mod tests;
