//! Why somebody stops looking before the end.

use switchyard_wire::v2::Intervention;
use tokio::time::{Duration, Instant};

use super::screen::Screen;
use crate::arguments::OnInterrupt;
use crate::error::Error;
use crate::interrupt::Interrupts;
use crate::server::Server;

/// How long a first look may take, however short the time to follow.
const FIRST_LOOK: Duration = Duration::from_secs(5);

/// What the operator wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    /// Leave the work to itself.
    Leave,
    /// Have the rest of it cancelled.
    Cancel,
}

/// Ctrl-C, and the time after which nobody follows any more.
#[derive(Debug)]
pub(super) struct Leaving<'a> {
    interrupts: &'a mut Interrupts,
    until: Option<Instant>,
    /// Until when nobody leaves who has not seen anything yet.
    first_look: Instant,
    first: Wish,
}

impl<'a> Leaving<'a> {
    pub(super) fn new(
        interrupts: &'a mut Interrupts,
        at_most: Option<Duration>,
        on_interrupt: OnInterrupt,
    ) -> Self {
        let now = Instant::now();
        Self {
            interrupts,
            until: at_most.and_then(|at_most| now.checked_add(at_most)),
            first_look: now + FIRST_LOOK,
            first: match on_interrupt {
                OnInterrupt::Detach => Wish::Leave,
                OnInterrupt::Cancel => Wish::Cancel,
            },
        }
    }

    /// Waits until the operator wants something, or the time is over. Who has seen nothing yet has time for a first look.
    pub(super) async fn next(&mut self, seen: bool) -> Wish {
        let until = self
            .until
            .map(|until| if seen { until } else { until.max(self.first_look) });
        let over = async {
            match until {
                Some(until) => tokio::time::sleep_until(until).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = self.interrupts.next() => std::mem::replace(&mut self.first, Wish::Leave),
            () = over => Wish::Leave,
        }
    }

    /// Has the rest cancelled; the next Ctrl-C leaves. Tells whether that has come already.
    pub(super) async fn cancel(&mut self, server: &Server, id: &str, screen: &Screen) -> Result<bool, Error> {
        screen.say("cancelling the rest; Ctrl-C again ends at once")?;
        let request = Intervention::default();
        let cancelled = tokio::select! {
            biased;
            () = self.interrupts.next() => return Ok(true),
            cancelled = server.cancel_part(id, &request) => cancelled,
        };
        if let Err(error) = cancelled {
            screen.say(&format!(
                "not cancelled: {}",
                crate::render::plain(&error.to_string())
            ))?;
        }
        Ok(false)
    }
}
