//! The right to send one changing request, and the truth about what became of it.
//!
//! A permit is claimed before a change waits for its slot, opened right before the first byte may leave, and settled by whoever owns
//! the request. The caller may go away at any time; what it left behind is either taken back (nothing had left) or awaited.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use switchyard_core::delivery::{completion_gives_the_send_back, gives_the_send_back};
use switchyard_core::{Delivery, Executed, PermitId, Replay};
use tokio::sync::watch;

use crate::fault::{Fault, FaultDelivery, Reason};
use crate::limits::{CONFIGURATION_SENDS, SENDS_BACK_MAX};

/// Whether a change may leave right now: the lease of the controller, in the end.
pub trait Guard: Send + Sync {
    /// Asked right before the first byte. `needed` is the longest time that writing the request takes: the right to send must
    /// outlast it. The error says why nothing may be sent.
    fn may_send(&self, needed: Duration) -> Result<(), String>;
}

/// One *executed-or-unknown* send. See the module's text and [`Permit::delivery`].
pub struct Permit {
    id: PermitId,
    replay: Replay,
    guard: Arc<dyn Guard>,
    state: watch::Sender<State>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct State {
    delivery: Delivery,
    phase: Phase,
    /// Whether the answer gives the send back.
    gives_back: bool,
    /// How often the send was given back.
    returned: u8,
    /// How many requests may still be executed.
    sends: u8,
    /// Whether an earlier request may have been executed.
    executed_before: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// No request is in flight and one may be sent.
    Free,
    /// A request waits for its slot or its connection.
    Claimed,
    /// The caller of a claimed request has gone; it will not be sent.
    Revoked,
    /// Bytes may be leaving.
    Open,
    /// No request is in flight and none may be sent any more.
    Spent,
}

impl Permit {
    /// A fresh permit of which nothing was sent.
    pub fn new(id: PermitId, replay: Replay, guard: Arc<dyn Guard>) -> Arc<Self> {
        Self::of(id, replay, 1, guard)
    }

    /// A fresh permit for a change of settings, which may take [`CONFIGURATION_SENDS`] requests. It ends at the first request of which
    /// it is not known what became of it.
    pub fn configuration(id: PermitId, guard: Arc<dyn Guard>) -> Arc<Self> {
        Self::of(id, Replay::Safe, CONFIGURATION_SENDS, guard)
    }

    fn of(id: PermitId, replay: Replay, sends: u8, guard: Arc<dyn Guard>) -> Arc<Self> {
        let (state, _) = watch::channel(State {
            delivery: Delivery::NotSent,
            phase: Phase::Free,
            gives_back: false,
            returned: 0,
            sends,
            executed_before: false,
        });
        Arc::new(Self {
            id,
            replay,
            guard,
            state,
        })
    }

    /// The id under which the intent was committed.
    pub fn id(&self) -> PermitId {
        self.id
    }

    /// The replay class of the primitive.
    pub fn replay(&self) -> Replay {
        self.replay
    }

    /// What is known now: `NotSent` at first, `MaybeSent` from the moment the first byte may leave, then what the answer says. While
    /// a change is in flight this may still change; [`Permit::settled`] waits.
    pub fn delivery(&self) -> Delivery {
        self.state.borrow().delivery
    }

    /// Waits until no change of this permit is in flight any more, and tells the delivery.
    pub async fn settled(&self) -> Delivery {
        let mut changes = self.state.subscribe();
        // The sender lives in `self`, so waiting cannot fail before the condition holds.
        match changes
            .wait_for(|state| matches!(state.phase, Phase::Free | Phase::Spent))
            .await
        {
            Ok(state) => state.delivery,
            Err(_) => self.delivery(),
        }
    }

    /// Whether the send was used up.
    pub fn is_spent(&self) -> bool {
        self.state.borrow().phase == Phase::Spent
    }

    /// Takes the right to send. Refused while another change is in flight, and once the send was used up.
    pub(crate) fn claim(self: &Arc<Self>) -> Result<Claim, Fault> {
        let mut before = Phase::Spent;
        self.state.send_if_modified(|state| {
            before = state.phase;
            if before == Phase::Free {
                state.phase = Phase::Claimed;
            }
            before == Phase::Free
        });
        match before {
            Phase::Free => Ok(Claim {
                permit: Arc::clone(self),
                before: self.delivery(),
            }),
            Phase::Spent => Err(Fault::refused(
                "the permit of this call is spent: one change was sent already, whatever became of it",
            )),
            Phase::Claimed | Phase::Revoked | Phase::Open => Err(Fault::refused(
                "a change of this call is still in flight: wait for its answer",
            )),
        }
    }

    /// The caller goes away. A request of which nothing left is not sent any more; the answer tells which of the two it is.
    pub(crate) fn revoke(&self) -> FaultDelivery {
        let mut delivery = FaultDelivery::NotSent;
        self.state.send_if_modified(|state| {
            if state.phase == Phase::Claimed {
                state.phase = Phase::Revoked;
            }
            delivery = match (state.phase, state.delivery) {
                (Phase::Claimed | Phase::Revoked | Phase::Free, _) | (_, Delivery::NotSent) => {
                    FaultDelivery::NotSent
                }
                (Phase::Open | Phase::Spent, _) => FaultDelivery::MaybeSent,
            };
            false
        });
        delivery
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit")
            .field("id", &self.id)
            .field("replay", &self.replay)
            .field("state", &*self.state.borrow())
            .finish_non_exhaustive()
    }
}

/// A claimed permit, owned by the task that sends. Dropped without an answer it settles by what is known.
#[derive(Debug)]
pub(crate) struct Claim {
    permit: Arc<Permit>,
    /// The delivery that stands again when this request turns out not to have left.
    before: Delivery,
}

impl Claim {
    pub(crate) fn replay(&self) -> Replay {
        self.permit.replay
    }

    /// Opens the way for the first byte, when the guard consents and the caller is still there. From now on it may have left.
    pub(crate) fn open(&self, needed: Duration) -> Result<(), Fault> {
        self.permit.guard.may_send(needed).map_err(Fault::refused)?;
        let opened = self.permit.state.send_if_modified(|state| {
            let claimed = state.phase == Phase::Claimed;
            if claimed {
                state.phase = Phase::Open;
                state.delivery = Delivery::MaybeSent;
            }
            claimed
        });
        if opened {
            Ok(())
        } else {
            Err(Fault::not_sent(
                Reason::Cancelled,
                "the call ended before the change was sent",
            ))
        }
    }

    /// Records the status of the answer. The body may still break; the answer stands.
    pub(crate) fn answered(&self, status: u16) {
        self.permit.state.send_modify(|state| {
            state.answered(Delivery::of_http_status(status), gives_the_send_back(status));
        });
    }

    /// Records the completion code of an IPMI answer.
    pub(crate) fn completed(&self, completion: u8) {
        let delivery = Delivery::of_ipmi_completion(completion);
        let gives_back = completion_gives_the_send_back(completion);
        self.permit
            .state
            .send_modify(|state| state.answered(delivery, gives_back));
    }

    /// Records what the answer's body says, beyond its status.
    pub(crate) fn explained(&self, status: u16, executed: Executed) {
        self.permit.state.send_modify(|state| {
            let delivery = Delivery::Answered { status, executed };
            state.answered(
                delivery,
                gives_the_send_back(status) && delivery.proves_not_executed(),
            );
        });
    }

    /// The answer proves that nothing was executed and asks for other credentials: the send is given back, and the same claim waits for
    /// a connection again. False when it was given back too often; the claim then stands as it was.
    pub(crate) fn send_back(&self) -> bool {
        self.permit.state.send_if_modified(|state| {
            let again = state.gives_back && state.phase == Phase::Open && state.returned < SENDS_BACK_MAX;
            if again {
                state.returned += 1;
                state.phase = Phase::Claimed;
                state.delivery = self.before;
            }
            again
        })
    }

    /// The request is over, by what [`Claim::answered`] recorded. Some refusals give the send back.
    pub(crate) fn settle(self) {
        self.permit.state.send_modify(|state| state.end(state.gives_back));
    }

    /// The request is over: it is proven that nothing left, for want of a connection. Counts among the sends given back.
    pub(crate) fn settle_unconnected(self) {
        let before = self.before;
        self.permit.state.send_modify(|state| {
            state.delivery = before;
            state.end(true);
        });
    }
}

impl State {
    fn end(&mut self, give_back: bool) {
        if give_back && self.returned < SENDS_BACK_MAX {
            self.returned += 1;
            self.phase = Phase::Free;
            return;
        }
        self.sends = self.sends.saturating_sub(1);
        let answered = matches!(self.delivery, Delivery::Answered { .. });
        self.phase = if self.sends > 0 && answered {
            Phase::Free
        } else {
            Phase::Spent
        };
        self.executed_before |= !self.delivery.proves_not_executed();
    }

    /// An answer that refuses one request says nothing about those before it.
    fn answered(&mut self, answer: Delivery, gives_back: bool) {
        self.gives_back = gives_back;
        self.delivery = match answer {
            Delivery::Answered {
                status,
                executed: Executed::No,
            } if self.executed_before => Delivery::Answered {
                status,
                executed: Executed::Unknown,
            },
            other => other,
        };
    }
}

impl Drop for Claim {
    /// A claim that nobody settled: before it was opened it costs nothing, afterwards what is known stands.
    fn drop(&mut self) {
        self.permit.state.send_if_modified(|state| {
            match (state.phase, state.delivery) {
                (Phase::Claimed | Phase::Revoked, _) => state.phase = Phase::Free,
                (Phase::Open, Delivery::Answered { .. }) => state.end(state.gives_back),
                (Phase::Open, _) => state.phase = Phase::Spent,
                (Phase::Free | Phase::Spent, _) => return false,
            }
            true
        });
    }
}

#[cfg(test)]
mod tests;
