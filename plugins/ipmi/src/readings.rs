//! What the machine draws: DCMI Get Power Reading (DCMI 1.5, section 6.6.1).

use switchyard_driver_sdk::{Cause, Failure, Host, Reading, Subject, fact, failure};

use crate::completion::{OK, SPECIFIC, is_unknown, read, refusal};
use crate::dcmi::{absent, body, message};
use crate::subject::machine;

const GET_POWER_READING: u8 = 0x02;
/// System power statistics, without attributes.
const SYSTEM: [u8; 3] = [1, 0, 0];
const NAME: &str = "Get Power Reading";
/// The statistics are being measured.
const MEASURES: u8 = 0x40;
const BODY_BYTES: usize = 17;

/// Reads the machine's meter.
pub(crate) fn readings(host: &dyn Host, of: &Subject) -> Result<Vec<Reading>, Failure> {
    machine(of, "power readings")?;
    let reply = read(host, &message(GET_POWER_READING, &SYSTEM))?;
    match reply.completion {
        OK => {}
        code if is_unknown(code) || code == SPECIFIC => return Err(absent("power readings")),
        code => return Err(refusal(NAME, code)),
    }
    let Some(body) = body(&reply, BODY_BYTES) else {
        return Err(failure(Cause::Malformed, "the power reading is too short"));
    };
    let measures = body.get(16).is_some_and(|state| state & MEASURES != 0);
    let watts = |at: usize| measures.then(|| f64::from(number(body, at)));
    let at = u32::from(number(body, 8)) | (u32::from(number(body, 10)) << 16);
    let window_ms = u32::from(number(body, 12)) | (u32::from(number(body, 14)) << 16);
    let mut facts = vec![fact("at", at.to_string())];
    if !measures {
        facts.push(fact("status", "the BMC does not measure at present"));
    }
    Ok(vec![Reading {
        id: "dcmi".to_owned(),
        name: "DCMI system power".to_owned(),
        watts: watts(0),
        min: watts(2),
        max: watts(4),
        average: watts(6),
        window_ms: measures.then_some(window_ms),
        facts,
    }])
}

fn number(body: &[u8], at: usize) -> u16 {
    let bytes = body.get(at..).and_then(|rest| rest.first_chunk::<2>());
    bytes.copied().map_or(0, u16::from_le_bytes)
}
