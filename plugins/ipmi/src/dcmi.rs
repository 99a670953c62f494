//! DCMI's commands (DCMI 1.5, section 6).

use switchyard_driver_sdk::{Cause, Failure, Host, Message, Reply, command, failure};

use crate::completion::{OK, is_unknown, read};

const GROUP_EXTENSION: u8 = 0x2c;
const GROUP: u8 = 0xdc;
const GET_CAPABILITIES: u8 = 0x01;
/// Of the capabilities: the platform has power management.
const POWER_MANAGEMENT: u8 = 0x01;

/// A command of the group.
pub(crate) fn message(number: u8, data: &[u8]) -> Message {
    command(GROUP_EXTENSION, number, &[&[GROUP], data].concat())
}

/// What stands behind the group's byte of an answer, at least `least` bytes.
pub(crate) fn body(reply: &Reply, least: usize) -> Option<&[u8]> {
    let (group, body) = reply.data.split_first()?;
    (*group == GROUP && body.len() >= least).then_some(body)
}

/// Whether the BMC says that its platform has DCMI's power management; none when it does not say.
pub(crate) fn has_power_management(host: &dyn Host) -> Result<Option<bool>, Failure> {
    let reply = read(host, &message(GET_CAPABILITIES, &[1]))?;
    if is_unknown(reply.completion) {
        return Ok(Some(false));
    }
    // Version, revision of the parameter, and a reserved byte come first.
    let optional = body(&reply, 5).filter(|_| reply.completion == OK);
    Ok(optional
        .and_then(|body| body.get(4))
        .map(|byte| byte & POWER_MANAGEMENT != 0))
}

/// The failure of a BMC without power management.
pub(crate) fn absent(what: &str) -> Failure {
    let text = format!(
        "this BMC has no {what} by DCMI: it may need a licence, power supplies that measure, or Redfish"
    );
    failure(Cause::NotSupported, text)
}
