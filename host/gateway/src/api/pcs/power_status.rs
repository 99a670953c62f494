//! `/power-status`: one file for each verb, and what both do.

mod entry;
mod filter;
pub(super) mod get;
pub(super) mod post;

use std::collections::HashSet;

use switchyard_wire::pcs::{PowerStatus, PowerStatusList, PowerStatusRequest};
use switchyard_xname::Xname;

use self::filter::{ManagementFilter, PowerFilter};
use super::completeness;
use super::problem::Problem;
use crate::engine::Fleet;

/// Answers a request: the state filter is checked first, then the management filter, then whether the inventory can say, then the
/// names.
fn answer(request: &PowerStatusRequest, fleet: &Fleet) -> Result<PowerStatusList, Problem> {
    let power = PowerFilter::parse(&request.power_state_filter)?;
    let management = ManagementFilter::parse(&request.management_state_filter)?;
    if request.xname.is_empty() {
        completeness::check_all(fleet)?;
    }
    completeness::check_names(fleet, request.xname.iter().map(String::as_str))?;
    check_names(&request.xname, fleet)?;
    let wanted = |entry: &PowerStatus| {
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
                // An alias is answered under the name that was asked for, as in transitions.
                Some(row) => Some(PowerStatus {
                    xname: name.clone(),
                    ..entry::known(&row)
                })
                .filter(wanted),
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

#[cfg(test)]
mod tests {
    use switchyard_core::Timestamp;

    use super::*;
    use crate::inventory::Inventory;

    #[test]
    fn an_alias_is_answered_under_the_name_that_was_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("inventory.toml");
        let text = "[[controller]]\nid = \"x0c0s0b0\"\naddress = \"http://127.0.0.1:1\"\n\
                    [[component]]\nid = \"x0c0s0b0n0\"\naliases = [\"nid1\"]\n";
        std::fs::write(&file, text).unwrap();
        let inventory = Inventory::read(&file, switchyard_transport::Timeouts::default()).unwrap();
        let fleet = Fleet::new(inventory, Vec::new(), Timestamp::from_millis(0));
        let request = PowerStatusRequest {
            xname: vec!["nid1".to_owned(), "x0c0s0b0n0".to_owned()],
            ..PowerStatusRequest::default()
        };
        let status = answer(&request, &fleet).unwrap().status;
        let names: Vec<_> = status
            .iter()
            .map(|entry| (entry.xname.as_str(), entry.error.as_str()))
            .collect();
        assert_eq!(names, [("nid1", ""), ("x0c0s0b0n0", "")]);
    }
}
