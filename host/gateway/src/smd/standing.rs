//! How SMD stands, and what of it holds.

use switchyard_core::Timestamp;

use super::error::Error;

/// Whether SMD answers, as it was found out last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Liveness {
    /// It does.
    Responsive,
    /// It can be reached, and does not answer as it should.
    NotResponsive,
    /// It cannot be reached, or was not asked yet.
    #[default]
    NotConnected,
}

impl Liveness {
    /// What the end of a request says.
    pub(super) fn of<T>(ended: &Result<T, Error>) -> Self {
        match ended {
            Ok(_) => Self::Responsive,
            Err(Error::Unreachable { .. }) => Self::NotConnected,
            Err(_) => Self::NotResponsive,
        }
    }
}

/// How SMD stands, and what of it holds.
#[derive(Debug, Clone, Default)]
pub struct Standing {
    /// Whether it answers.
    pub liveness: Liveness,
    /// When what holds was read; nothing holds before that.
    pub read_at: Option<Timestamp>,
    /// Whether that was read by an earlier process, and comes from the cache.
    pub from_cache: bool,
    /// Why the last reading came to nothing, if it did.
    pub failure: Option<String>,
    /// Components that it gives.
    pub components: usize,
    /// What of it could not be taken over.
    pub remarks: Vec<String>,
}
