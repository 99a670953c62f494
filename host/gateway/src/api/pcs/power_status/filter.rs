//! The two filters of `/power-status`.

use switchyard_wire::pcs::PowerStatus;

use super::entry::{AVAILABLE, OFF, ON, UNAVAILABLE, UNDEFINED};
use crate::api::pcs::problem::Problem;

/// Which power state is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PowerFilter(&'static str);

impl PowerFilter {
    /// Reads the filter in any letter case; nothing when it is empty. A component on its way counts as what it leaves.
    pub(super) fn parse(text: &str) -> Result<Option<Self>, Problem> {
        match text.to_lowercase().as_str() {
            "" => Ok(None),
            "on" | "poweringoff" => Ok(Some(Self(ON))),
            "off" | "poweringon" => Ok(Some(Self(OFF))),
            "undefined" => Ok(Some(Self(UNDEFINED))),
            _ => Err(Problem::bad_request(format!(
                "invalid powerStateFilter type: {text}"
            ))),
        }
    }

    pub(super) fn admits(self, entry: &PowerStatus) -> bool {
        entry.power_state == self.0
    }
}

/// Which management state is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ManagementFilter(&'static str);

impl ManagementFilter {
    /// Reads the filter in any letter case; nothing when it is empty.
    pub(super) fn parse(text: &str) -> Result<Option<Self>, Problem> {
        match text.to_lowercase().as_str() {
            "" => Ok(None),
            "available" => Ok(Some(Self(AVAILABLE))),
            "unavailable" => Ok(Some(Self(UNAVAILABLE))),
            _ => Err(Problem::bad_request(format!(
                "invalid ManagementStateFilter type: {text}"
            ))),
        }
    }

    pub(super) fn admits(self, entry: &PowerStatus) -> bool {
        entry.management_state == self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_on_its_way_counts_as_what_it_leaves() {
        assert_eq!(PowerFilter::parse("PoweringOff"), Ok(Some(PowerFilter(ON))));
        assert_eq!(PowerFilter::parse("poweringon"), Ok(Some(PowerFilter(OFF))));
        assert_eq!(PowerFilter::parse("ON"), Ok(Some(PowerFilter(ON))));
        assert_eq!(PowerFilter::parse("Undefined"), Ok(Some(PowerFilter(UNDEFINED))));
        assert_eq!(PowerFilter::parse(""), Ok(None));
        assert_eq!(
            PowerFilter::parse("banana"),
            Err(Problem::bad_request("invalid powerStateFilter type: banana"))
        );
        assert_eq!(
            ManagementFilter::parse("Unavailable"),
            Ok(Some(ManagementFilter(UNAVAILABLE)))
        );
        assert_eq!(
            ManagementFilter::parse("undefined"),
            Err(Problem::bad_request(
                "invalid ManagementStateFilter type: undefined"
            ))
        );
    }
}
