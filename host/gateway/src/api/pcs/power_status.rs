//! `/power-status`: one file for each verb, and what both do.

mod entry;
mod filter;
pub(super) mod get;
pub(super) mod post;

use std::collections::HashSet;

use switchyard_wire::pcs::{PowerStatusList, PowerStatusRequest};
use switchyard_xname::Xname;

use self::filter::{ManagementFilter, PowerFilter};
use super::problem::Problem;
use crate::engine::Fleet;

/// Answers a request: the state filter is checked first, then the management filter, then the names.
fn answer(request: &PowerStatusRequest, fleet: &Fleet) -> Result<PowerStatusList, Problem> {
    let power = PowerFilter::parse(&request.power_state_filter)?;
    let management = ManagementFilter::parse(&request.management_state_filter)?;
    check_names(&request.xname, fleet)?;
    let wanted = |entry: &switchyard_wire::pcs::PowerStatus| {
        power.is_none_or(|power| power.admits(entry))
            && management.is_none_or(|management| management.admits(entry))
    };
    let status = if request.xname.is_empty() {
        fleet.rows().map(|row| entry::known(row)).filter(wanted).collect()
    } else {
        let mut seen = HashSet::with_capacity(request.xname.len());
        request
            .xname
            .iter()
            .filter(|name| seen.insert(name.as_str()))
            .filter_map(|name| match fleet.get(name) {
                Some(row) => Some(entry::known(row)).filter(wanted),
                None => Some(entry::unknown(name)),
            })
            .collect()
    };
    Ok(PowerStatusList { status })
}

/// Names are xnames, spelt as they are, or plain names that the inventory holds.
fn check_names(names: &[String], fleet: &Fleet) -> Result<(), Problem> {
    let bad: String = names
        .iter()
        .filter(|name| fleet.get(name).is_none() && Xname::parse(name).is_err())
        .flat_map(|name| [" ", name.as_str()])
        .collect();
    if bad.is_empty() {
        Ok(())
    } else {
        Err(Problem::bad_request(format!("invalid xnames detected:{bad}")))
    }
}
