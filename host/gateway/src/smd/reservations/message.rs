//! The bodies of SMD's reservations (API version 2, `/locks/service/reservations`).

use serde::{Deserialize, Serialize};
use switchyard_core::ComponentId;
use switchyard_store::Key;

use super::TERM_MINUTES;
use crate::smd::ComponentIds;

/// Those that can be had are had; each of the others has its reason.
const FLEXIBLE: &str = "flexible";

/// POST `/locks/service/reservations`.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Create {
    #[serde(rename = "ComponentIDs")]
    ids: ComponentIds,
    processing_model: &'static str,
    reservation_duration: u32,
}

impl Create {
    pub(super) fn new(ids: ComponentIds) -> Self {
        Self {
            ids,
            processing_model: FLEXIBLE,
            reservation_duration: TERM_MINUTES,
        }
    }
}

/// A component with a key of its reservation.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Keyed<'a> {
    #[serde(rename = "ID")]
    pub(super) id: &'a ComponentId,
    #[serde(serialize_with = "exposed")]
    pub(super) key: &'a Key,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
fn exposed<S: serde::Serializer>(key: &&Key, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(key.expose())
}

/// POST `.../check`.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Check<'a> {
    pub(super) deputy_keys: &'a [Keyed<'a>],
}

/// POST `.../renew` and `.../release`.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Change<'a> {
    reservation_keys: &'a [Keyed<'a>],
    processing_model: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reservation_duration: Option<u32>,
}

impl<'a> Change<'a> {
    pub(super) fn renew(keys: &'a [Keyed<'a>]) -> Self {
        Self {
            reservation_keys: keys,
            processing_model: FLEXIBLE,
            reservation_duration: Some(TERM_MINUTES),
        }
    }

    pub(super) fn release(keys: &'a [Keyed<'a>]) -> Self {
        Self {
            reservation_duration: None,
            ..Self::renew(keys)
        }
    }
}

/// What could not be had, and why.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Refused {
    #[serde(rename = "ID")]
    pub(super) id: String,
    #[serde(default)]
    pub(super) reason: String,
}

/// The answer to a reservation.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Created {
    #[serde(default)]
    pub(super) success: Option<Vec<New>>,
    #[serde(default)]
    pub(super) failure: Option<Vec<Refused>>,
}

/// A new reservation.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct New {
    #[serde(rename = "ID")]
    pub(super) id: String,
    pub(super) deputy_key: String,
    pub(super) reservation_key: String,
}

/// The answer to a check.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Checked {
    #[serde(default)]
    pub(super) success: Option<Vec<Valid>>,
}

/// A deputy key that is valid. That of an administrator's reservation has no end.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Valid {
    #[serde(rename = "ID")]
    pub(super) id: String,
    #[serde(default)]
    pub(super) deputy_key: String,
    #[serde(default)]
    pub(super) expiration_time: Option<String>,
}

/// The answer to a renewal.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Changed {
    #[serde(default)]
    pub(super) success: Option<Done>,
}

/// The components for which it was done.
#[derive(Deserialize)]
pub(super) struct Done {
    #[serde(rename = "ComponentIDs", default)]
    pub(super) ids: Option<Vec<String>>,
}
