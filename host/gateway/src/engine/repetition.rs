//! A request whose first try was cut off, and which may have been stored all the same.

use std::sync::Arc;

use switchyard_core::TransitionId;
use switchyard_store::{MemberRecord, Store, StoreError, Submission, SubmitAnswer, Submitted};

/// When a request was accepted.
pub(super) enum Accepted {
    /// By this call: its tasks are to be driven.
    Now(Box<Submitted>),
    /// By a call before, or before a restart: its tasks are driven already.
    Before(Box<Submitted>),
    /// Never: some name was refused, and the request wanted all or none.
    Refused(Vec<MemberRecord>),
}

/// Stores a request. The id of a transition is used once only, so that a first try that was still on its way to the table makes no
/// second one.
pub(super) async fn submit(store: &Arc<dyn Store>, submission: Submission) -> Result<Accepted, StoreError> {
    let id = submission.transition.id;
    match store.submit(submission).await {
        Ok(SubmitAnswer::Accepted(submitted)) => Ok(Accepted::Now(submitted)),
        Ok(SubmitAnswer::Refused(members)) => Ok(Accepted::Refused(members)),
        Err(conflict @ StoreError::Conflict { .. }) => match stored(store, id).await? {
            Some(stored) => Ok(Accepted::Before(Box::new(stored))),
            None => Err(conflict),
        },
        Err(error) => Err(error),
    }
}

/// What was accepted under this id, if anything was.
pub(super) async fn stored(
    store: &Arc<dyn Store>,
    id: TransitionId,
) -> Result<Option<Submitted>, StoreError> {
    Ok(store.transition(id).await?.map(Submitted::from))
}
