//! What v1 answers while the inventory has not been read in full: PCS's words for a single name would be wrong then, and clients take
//! them for the state of the machine.

use std::time::Duration;

use http::StatusCode;

use super::problem::Problem;
use crate::api::refusal::Refusal;
use crate::engine::Fleet;
use crate::inventory::Source;

/// How long a caller is asked to wait for the rest of the inventory.
const RETRY_AFTER: Duration = Duration::from_secs(10);
/// The most unknown names that are told.
const TOLD_MAX: usize = 3;

/// Refuses these names when one of them may be in a part of the inventory that has not been read.
pub(super) fn check_names<'a>(
    fleet: &Fleet,
    names: impl IntoIterator<Item = &'a str>,
) -> Result<(), Problem> {
    if is_all_read(fleet) {
        return Ok(());
    }
    let unknown: Vec<&str> = names
        .into_iter()
        .filter(|name| matches!(fleet.find(name), Ok(None)))
        .collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let told: Vec<_> = unknown.iter().take(TOLD_MAX).copied().collect();
    let more = match unknown.len() - told.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Err(not_read(&format!(
        "so that it is not known whether it holds {}{more}",
        told.join(", ")
    )))
}

/// Refuses to tell of all components when not all are known.
pub(super) fn check_all(fleet: &Fleet) -> Result<(), Problem> {
    if is_all_read(fleet) {
        return Ok(());
    }
    Err(not_read("so that not all components are known"))
}

/// Whether nothing is to come any more. What is on disk was read at the start; if that failed, asking again does not help.
fn is_all_read(fleet: &Fleet) -> bool {
    !fleet.inventory().awaited().contains(&Source::Smd)
}

fn not_read(so: &str) -> Problem {
    let detail = format!(
        "the inventory has not been read in full yet (still to come: {}), {so}; nothing was done, ask again",
        Source::Smd.name()
    );
    Problem::from(
        Refusal::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "component.inventory-not-read",
            detail,
        )
        .retry_after(RETRY_AFTER),
    )
}
