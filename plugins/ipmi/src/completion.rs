//! Completion codes, what they stand for, and what to do (IPMI 2.0, table 5-2).

use switchyard_driver_sdk::{Cause, Failure, Host, Message, Reply, failure};

/// Success.
pub(crate) const OK: u8 = 0x00;
/// Without data of its own: "not supported" or "none active", by command (table 5-2, command-specific codes).
pub(crate) const SPECIFIC: u8 = 0x80;
/// Unknown commands.
pub(crate) const UNKNOWN: u8 = 0xc1;
const UNKNOWN_FOR_LUN: u8 = 0xc2;
/// Wrong lengths and fields.
const WRONG_LENGTH: u8 = 0xc7;
const WRONG_FIELD: u8 = 0xcc;
/// How long a BMC that is busy is left alone, in milliseconds.
const BUSY_MS: u32 = 2_000;
/// How long a BMC that starts or updates itself is left alone, in milliseconds.
const STARTING_MS: u32 = 10_000;

/// Asks a command that only reads.
pub(crate) fn read(host: &dyn Host, message: &Message) -> Result<Reply, Failure> {
    Ok(host.ipmi_read(message)?)
}

/// The data of a command that only reads, when it succeeds with at least `least` bytes.
pub(crate) fn read_data(
    host: &dyn Host,
    name: &str,
    message: &Message,
    least: usize,
) -> Result<Vec<u8>, Failure> {
    data(name, read(host, message)?, least)
}

/// Sends a command that changes, and takes any code but success for a failure.
pub(crate) fn change(host: &dyn Host, name: &str, message: &Message) -> Result<(), Failure> {
    data(name, host.ipmi_change(message)?, 0).map(|_| ())
}

fn data(name: &str, reply: Reply, least: usize) -> Result<Vec<u8>, Failure> {
    match reply.completion {
        OK if reply.data.len() >= least => Ok(reply.data),
        OK => Err(failure(
            Cause::Malformed,
            format!(
                "{name} was answered with {} bytes, at least {least} were expected",
                reply.data.len()
            ),
        )),
        code => Err(refusal(name, code)),
    }
}

/// Whether a code says that the BMC does not have the command.
pub(crate) fn is_unknown(code: u8) -> bool {
    matches!(code, UNKNOWN | UNKNOWN_FOR_LUN)
}

/// Whether a code says that the BMC does not take the data as they were sent.
pub(crate) fn is_wrong_data(code: u8) -> bool {
    matches!(code, WRONG_LENGTH | WRONG_FIELD)
}

/// The failure that a completion code stands for.
pub(crate) fn refusal(name: &str, code: u8) -> Failure {
    let (cause, words, wait) = meaning(code);
    Failure {
        codes: vec![format!("{code:02X}h")],
        retry_after_ms: wait,
        ..failure(cause, format!("{name} was answered with {code:02X}h: {words}"))
    }
}

fn meaning(code: u8) -> (Cause, &'static str, Option<u32>) {
    match code {
        0xc0 => (Cause::Busy, "the BMC is busy", Some(BUSY_MS)),
        UNKNOWN | UNKNOWN_FOR_LUN => (Cause::NotSupported, "the BMC does not have this command", None),
        0xc3 => (
            Cause::Busy,
            "the BMC ran out of time over it; whether it was executed is for a reading to show",
            Some(BUSY_MS),
        ),
        0xc4 => (Cause::Busy, "the BMC has no space left for it", Some(BUSY_MS)),
        0xc6..=WRONG_LENGTH => (Cause::Invalid, "the BMC takes data of another length", None),
        0xc8 | 0xc9 | WRONG_FIELD => (Cause::Invalid, "the BMC does not take these data", None),
        0xcb => (Cause::NotFound, "the BMC does not have what was asked for", None),
        0xcd | 0xd6 => (
            Cause::NotSupported,
            "the command is switched off in the BMC: look into its set-up",
            None,
        ),
        0xce => (Cause::Busy, "the BMC could not make an answer", Some(BUSY_MS)),
        0xcf => (
            Cause::Busy,
            "the BMC took it for a repeat of an earlier one",
            Some(BUSY_MS),
        ),
        0xd0 => (Cause::Busy, "the BMC is updating its sensors", Some(STARTING_MS)),
        0xd1 => (Cause::Busy, "the BMC is updating its firmware", Some(STARTING_MS)),
        0xd2 => (Cause::Busy, "the BMC is starting", Some(STARTING_MS)),
        0xd3 => (
            Cause::Busy,
            "what it is for does not answer the BMC",
            Some(BUSY_MS),
        ),
        0xd4 => (
            Cause::Forbidden,
            "the user's privilege level is too low: give the user in the BMC, and `privilege` of the controller in the inventory, the level operator or administrator",
            None,
        ),
        0xd5 => (Cause::Conflict, "not in the present state of the machine", None),
        0xff => (
            Cause::Other("unspecified".to_owned()),
            "an error that the BMC does not name; whether it was executed is for a reading to show",
            None,
        ),
        0x80..=0xbe => (
            Cause::Other("command-specific".to_owned()),
            "a code of this command alone: see its page in the IPMI or DCMI specification",
            None,
        ),
        _ => (
            Cause::Other("unknown-code".to_owned()),
            "a code that the specification does not have",
            None,
        ),
    }
}
