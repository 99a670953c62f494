//! `/v2/holds`.

pub(super) mod create;
pub(super) mod list;
pub(super) mod release;

use switchyard_store::HoldRecord;
use switchyard_wire::v2::Hold;

use super::selection::{count, fold};
use crate::api::time::rfc3339;

fn show(hold: &HoldRecord) -> Hold {
    Hold {
        id: hold.id.to_string(),
        components: fold(&hold.components),
        count: count(&hold.components),
        reason: hold.reason.clone(),
        by: hold.by.clone(),
        at: rfc3339(hold.at),
        until: rfc3339(hold.until),
        allow: hold.allow.clone(),
        goes_on: None,
    }
}
