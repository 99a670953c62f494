//! What is known of one endpoint, and who may call it.

use std::time::Duration;

use switchyard_core::breaker::{Admission, Breaker, Event, Passage, Reason, Report};
use switchyard_core::{Cause, Failure, Timestamp};
use switchyard_store::ControllerRecord;
use switchyard_transport::LoginVersion;
use tokio_util::sync::CancellationToken;

/// Whether the controller takes a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trust {
    /// Nobody knows.
    Unknown,
    /// It took this one.
    Accepted(Option<LoginVersion>),
    /// It refused this one.
    Refused(Option<LoginVersion>),
}

/// What is known of one endpoint.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) record: ControllerRecord,
    trust: Trust,
    /// Cancelled when the breaker opens: what waits for the controller then waits in vain.
    shut: CancellationToken,
}

/// What becomes of a call that is about to begin.
#[derive(Debug)]
pub(super) enum Entry {
    /// It begins. The token ends it when the breaker opens meanwhile.
    Begins { shut: CancellationToken },
    /// It begins as the probe, or passes the breaker.
    Unguarded { probe: bool },
    /// It waits until the one call that tries the login has ended.
    Waits,
    /// It does not begin.
    Refused(Failure),
}

impl Known {
    pub(super) fn new(record: ControllerRecord) -> Self {
        Self {
            record,
            trust: Trust::Unknown,
            shut: CancellationToken::new(),
        }
    }

    /// Moves the breaker, and gives what it was.
    pub(super) fn step(&mut self, event: Event, now: Timestamp, chance: u16) -> Breaker {
        let before = self.record.breaker;
        self.record.breaker = before.step(event, now, chance);
        match (before.trip(), self.record.breaker.trip()) {
            (None, Some(_)) => self.shut.cancel(),
            (Some(_), None) => self.shut = CancellationToken::new(),
            (None, None) | (Some(_), Some(_)) => {}
        }
        before
    }

    /// Compares the login with the one that opened the breaker. Of one that a former process tried only the present is known.
    pub(super) fn login_changed(&mut self, login: Option<LoginVersion>) -> bool {
        let refused = self
            .record
            .breaker
            .trip()
            .is_some_and(|trip| trip.reason == Reason::Auth);
        match self.trust {
            Trust::Refused(other) if refused && other != login => {
                self.trust = Trust::Unknown;
                true
            }
            Trust::Unknown | Trust::Accepted(_) if refused => {
                self.trust = Trust::Refused(login);
                false
            }
            Trust::Unknown | Trust::Accepted(_) | Trust::Refused(_) => false,
        }
    }

    /// What becomes of a call. One that holds the turn tries a login alone, so that a wrong one is not sent by many at once.
    pub(super) fn enter(
        &mut self,
        passage: Passage,
        login: Option<LoginVersion>,
        has_turn: bool,
        now: Timestamp,
    ) -> Entry {
        match self.record.breaker.admission(passage, now) {
            Admission::Refused { reason, retry_after } => {
                Entry::Refused(refusal(reason, self.record.failure.as_ref(), retry_after))
            }
            Admission::Probe => {
                // A probe takes no part in jitter.
                self.step(Event::ProbeBegan, now, 0);
                Entry::Unguarded { probe: true }
            }
            Admission::Go if passage != Passage::Ordinary => Entry::Unguarded { probe: false },
            Admission::Go if has_turn || self.trust == Trust::Accepted(login) => Entry::Begins {
                shut: self.shut.clone(),
            },
            Admission::Go => Entry::Waits,
        }
    }

    /// Takes in what a call says.
    pub(super) fn told(
        &mut self,
        report: Report,
        failure: Option<&Failure>,
        login: Option<LoginVersion>,
        now: Timestamp,
    ) {
        match report {
            Report::Answered { .. } => {
                self.record.answered_at = Some(now);
                if failure.is_none() {
                    self.trust = Trust::Accepted(login);
                }
            }
            Report::AuthRefused => self.trust = Trust::Refused(login),
            Report::Silent | Report::Unanswered | Report::SessionsFull | Report::Nothing => {}
        }
        if let Some(failure) = failure
            && is_of_endpoint(report, failure)
        {
            self.record.failure = Some(failure.clone());
            self.record.failed_at = Some(now);
        }
    }
}

/// Whether a failure is one of the controller as a whole, and not of what was asked of it.
fn is_of_endpoint(report: Report, failure: &Failure) -> bool {
    match report {
        Report::Silent | Report::Unanswered | Report::AuthRefused | Report::SessionsFull => true,
        Report::Answered { .. } => failure.status.is_none_or(|status| status >= 500),
        Report::Nothing => failure.cause == Cause::Tls,
    }
}

/// What a call meets that is refused by a breaker: the reason, and the last words of the controller.
pub(super) fn refusal(reason: Reason, last: Option<&Failure>, retry_after: Duration) -> Failure {
    let (cause, why) = match reason {
        Reason::Unreachable => (Cause::BreakerOpen, "since it does not answer"),
        Reason::Unanswered => (Cause::BreakerOpen, "since it does not answer changes"),
        Reason::SessionsFull => (Cause::BreakerOpen, "since it has no room for another session"),
        Reason::Auth => (
            Cause::Auth,
            "since it refused the credentials; correct them, or try it now with `POST /v2/endpoints/{id}/try`",
        ),
    };
    let words = last
        .map(|failure| format!(" Its last failure: {failure}"))
        .unwrap_or_default();
    Failure {
        codes: last.map(|failure| failure.codes.clone()).unwrap_or_default(),
        retry_after: Some(retry_after),
        ..Failure::new(
            cause,
            format!("The controller is left alone for a while, {why}.{words}"),
        )
    }
}
