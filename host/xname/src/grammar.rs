//! Which texts are xnames: the recognition table of `hms-xname`, as a walk from the cabinet down.
//!
//! Every prefix of an xname that ends behind a number is the xname of the component around it, so the
//! table needs one row for each step down instead of one expression for each type.

use crate::component_type::ComponentType as T;
use crate::natural::split_digits;

/// The digits that may follow a letter.
#[derive(Clone, Copy)]
enum Number {
    /// Any number of digits, leading zeros included.
    Any,
    /// One to four digits.
    UpToFourDigits,
    /// Exactly one digit within these bounds.
    Digit(u8, u8),
    /// Any number of digits that does not begin with zero.
    Positive,
}

impl Number {
    fn accepts(self, digits: &[u8]) -> bool {
        match (self, digits) {
            (_, []) => false,
            (Self::Any, _) => true,
            (Self::UpToFourDigits, _) => digits.len() <= 4,
            (Self::Digit(least, most), [digit]) => (least..=most).contains(digit),
            (Self::Digit(..), _) => false,
            (Self::Positive, [first, ..]) => *first != b'0',
        }
    }
}

/// The type of the component that `text` names, or the byte offset at which it stops being an xname.
pub(crate) fn recognise(text: &str) -> Result<T, usize> {
    if let Some(special) = special(text) {
        return Ok(special);
    }
    let mut rest = text.as_bytes();
    let mut place = None;
    while let [letter, after @ ..] = rest {
        let (digits, tail) = split_digits(after);
        let next = match place {
            None => top(*letter),
            Some(parent) => below(parent, *letter),
        };
        match next {
            Some((child, number)) if number.accepts(digits) => place = Some(child),
            _ => return Err(text.len() - rest.len()),
        }
        rest = tail;
    }
    place.ok_or(0)
}

/// Names outside the hierarchy of places.
fn special(text: &str) -> Option<T> {
    let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    match text {
        "s0" => return Some(T::System),
        "all" => return Some(T::All),
        "all_comp" => return Some(T::AllComp),
        "all_svc" => return Some(T::AllSvc),
        _ => {}
    }
    if let Some(digits) = text.strip_prefix("sms") {
        return is_number(digits).then_some(T::SmsBox);
    }
    let partition = text.strip_prefix('p')?;
    let (hard, soft) = partition.split_once('.').unwrap_or((partition, "0"));
    (is_number(hard) && is_number(soft)).then_some(T::Partition)
}

fn top(letter: u8) -> Option<(T, Number)> {
    match letter {
        b'x' => Some((T::Cabinet, Number::UpToFourDigits)),
        b'd' => Some((T::Cdu, Number::Any)),
        _ => None,
    }
}

fn below(parent: T, letter: u8) -> Option<(T, Number)> {
    use Number::{Any, Digit, Positive};
    Some(match (parent, letter) {
        (T::Cdu, b'w') => (T::CduMgmtSwitch, Any),

        (T::Cabinet, b'b') => (T::CabinetBmc, Digit(b'0', b'0')),
        (T::Cabinet, b'c') => (T::Chassis, Digit(b'0', b'7')),
        (T::Cabinet, b'd') => (T::CabinetCdu, Digit(b'0', b'1')),
        (T::Cabinet, b'e') => (T::Cec, Digit(b'0', b'1')),
        (T::Cabinet, b'm') => (T::CabinetPduController, Digit(b'0', b'3')),
        (T::CabinetPduController, b'i') => (T::CabinetPduNic, Digit(b'0', b'3')),
        (T::CabinetPduController, b'p') => (T::CabinetPdu, Digit(b'0', b'7')),
        (T::CabinetPdu, b'j') => (T::CabinetPduOutlet, Positive),
        (T::CabinetPdu, b'v') => (T::CabinetPduPowerConnector, Positive),

        (T::Chassis, b'b') => (T::ChassisBmc, Digit(b'0', b'0')),
        (T::Chassis, b'f') => (T::CmmFpga, Digit(b'0', b'0')),
        (T::Chassis, b'h') => (T::MgmtHlSwitchEnclosure, Positive),
        (T::Chassis, b'r') => (T::RouterModule, Any),
        (T::Chassis, b's') => (T::ComputeModule, Any),
        (T::Chassis, b't') => (T::CmmRectifier, Digit(b'0', b'9')),
        (T::Chassis, b'w') => (T::MgmtSwitch, Positive),
        (T::ChassisBmc, b'i') => (T::ChassisBmcNic, Digit(b'0', b'3')),
        (T::MgmtHlSwitchEnclosure, b's') => (T::MgmtHlSwitch, Digit(b'1', b'9')),
        (T::MgmtSwitch, b'j') => (T::MgmtSwitchConnector, Positive),

        (T::ComputeModule, b'b') => (T::NodeBmc, Any),
        (T::ComputeModule, b'e') => (T::NodeEnclosure, Any),
        (T::ComputeModule, b'j' | b'v') => (T::NodePowerConnector, Digit(b'1', b'2')),
        (T::NodeEnclosure, b't') => (T::NodeEnclosurePowerSupply, Any),
        (T::NodeBmc, b'f') => (T::NodeFpga, Digit(b'0', b'0')),
        (T::NodeBmc, b'i') => (T::NodeBmcNic, Digit(b'0', b'3')),
        (T::NodeBmc, b'n') => (T::Node, Any),
        (T::Node, b'a') => (T::NodeAccel, Any),
        (T::Node, b'd') => (T::Memory, Any),
        (T::Node, b'g') => (T::StorageGroup, Any),
        (T::Node, b'h') => (T::NodeHsnNic, Digit(b'0', b'3')),
        (T::Node, b'i') => (T::NodeNic, Digit(b'0', b'3')),
        (T::Node, b'p') => (T::Processor, Digit(b'0', b'3')),
        (T::Node, b'r') => (T::NodeAccelRiser, Digit(b'0', b'7')),
        (T::Node, b'v') => (T::VirtualNode, Any),
        (T::StorageGroup, b'k') => (T::Drive, Any),

        (T::RouterModule, b'a') => (T::HsnAsic, Digit(b'0', b'3')),
        (T::RouterModule, b'b') => (T::RouterBmc, Any),
        (T::RouterModule, b'e') => (T::HsnBoard, Any),
        (T::RouterModule, b'f') => (T::RouterFpga, Digit(b'0', b'1')),
        (T::RouterModule, b'j') => (T::HsnConnector, Positive),
        (T::RouterModule, b't') => (T::RouterTor, Any),
        (T::RouterModule, b'v') => (T::RouterPowerConnector, Digit(b'1', b'2')),
        (T::RouterBmc, b'i') => (T::RouterBmcNic, Digit(b'0', b'3')),
        (T::RouterTor, b'f') => (T::RouterTorFpga, Digit(b'0', b'1')),
        (T::HsnAsic, b'l') => (T::HsnLink, Any),
        (T::HsnConnector, b'p') => (T::HsnConnectorPort, Digit(b'0', b'2')),

        _ => return None,
    })
}
