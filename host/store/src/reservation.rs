//! Reservations in the state manager (SMD), kept so that a killed service leaves none behind.

use std::fmt;

use async_trait::async_trait;
use switchyard_core::{ComponentId, TaskId, Timestamp};
use zeroize::Zeroizing;

use crate::error::StoreError;
use crate::journal::{Applied, Lease};

/// The longest key that is kept, in bytes; those of SMD have fewer than 100.
pub const KEY_MAX_BYTES: usize = 512;

/// The key of a reservation: of whoever holds it, or of a deputy. A secret, wiped from memory when dropped and never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(Zeroizing<String>);

impl Key {
    /// Takes the text over.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text itself. Keep what is made of it as short-lived as possible.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(redacted)")
    }
}

/// What is known of the reservation of a component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReservationRecord {
    /// The component.
    pub component: ComponentId,
    /// When SMD was last asked for it.
    pub asked_at: Timestamp,
    /// What SMD gave; nothing while its answer is not known.
    pub grip: Option<Grip>,
}

/// A reservation that SMD gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grip {
    /// Renews and releases it.
    pub key: Key,
    /// Shows that it still holds.
    pub deputy_key: Key,
    /// When it ends at the earliest unless it is renewed, by the clock of this service.
    pub expires_at: Timestamp,
}

/// What is kept of reservations and deputy keys. One method is one transaction.
#[async_trait]
pub trait ReservationStore: Send + Sync + fmt::Debug {
    /// Stores what is known of reservations, in place of what was known of the same components.
    async fn keep_reservations(
        &self,
        lease: &Lease,
        records: &[ReservationRecord],
    ) -> Result<Applied, StoreError>;

    /// Forgets the reservations of components.
    async fn forget_reservations(
        &self,
        lease: &Lease,
        components: &[ComponentId],
    ) -> Result<Applied, StoreError>;

    /// Everything known of reservations, in order of the component.
    async fn reservations(&self) -> Result<Vec<ReservationRecord>, StoreError>;

    /// The deputy keys that requests came with, of those who share the tasks now. They are forgotten when the request ends.
    async fn deputy_keys(&self, tasks: &[TaskId]) -> Result<Vec<(TaskId, Key)>, StoreError>;
}
