//! From the errors of the database to those of the store.

use std::fmt::Display;

use sqlx::error::ErrorKind;
use switchyard_store::StoreError;

/// What was to be changed is not there.
#[derive(Debug, thiserror::Error)]
#[error("no {what} {which} is known")]
pub(crate) struct Unknown {
    pub(crate) what: &'static str,
    pub(crate) which: String,
}

/// What was to be begun belongs to a task that has ended or is paused, or that nobody knows.
#[derive(Debug, thiserror::Error)]
#[error("task {which} has ended, is paused or is not known, so that nothing may be sent for it")]
pub(crate) struct NotOpen {
    pub(crate) which: String,
}

/// The error of a step.
pub(crate) fn failed(step: &'static str) -> impl Fn(sqlx::Error) -> StoreError {
    move |error| match error {
        sqlx::Error::PoolTimedOut => StoreError::Overloaded,
        sqlx::Error::PoolClosed => StoreError::Closed,
        error if contradicts(&error) => StoreError::Conflict {
            step,
            source: error.into(),
        },
        error => StoreError::Engine {
            step,
            source: error.into(),
        },
    }
}

/// What was to be written contradicts what is stored.
pub(crate) fn conflict<E>(step: &'static str, error: E) -> StoreError
where
    E: std::error::Error + Send + Sync + 'static,
{
    StoreError::Conflict {
        step,
        source: error.into(),
    }
}

fn contradicts(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .is_some_and(|error| !matches!(error.kind(), ErrorKind::Other))
}

/// The error of a row that cannot be understood.
pub(crate) fn inconsistent<E>(what: &'static str, which: impl Display) -> impl FnOnce(E) -> StoreError
where
    E: std::error::Error + Send + Sync + 'static,
{
    move |source| StoreError::Inconsistent {
        what,
        which: which.to_string(),
        source: source.into(),
    }
}
