//! The return values of methods (DSP1027, `RequestPowerStateChange`; the boot services use the same).

use switchyard_driver_sdk::{Cause, Failure, failure};

use crate::client::malformed;
use crate::xml::Element;

/// How a method ended that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// It did its work.
    Done,
    /// It works on.
    Started,
}

/// Judges the output of a method.
pub(crate) fn judge(output: &Element) -> Result<Ended, Failure> {
    let value = output
        .number("ReturnValue")
        .ok_or_else(|| malformed("the answer holds no return value"))?;
    let (cause, text) = match value {
        0 => return Ok(Ended::Done),
        4096 => return Ok(Ended::Started),
        1 => (Cause::NotSupported, "not supported"),
        2 => (Cause::Other("unspecified-error".to_owned()), "unspecified error"),
        3 => (Cause::Busy, "cannot complete within the time"),
        4 => (Cause::Other("failed".to_owned()), "failed"),
        5 => (Cause::Invalid, "invalid parameter"),
        6 => (Cause::Busy, "in use"),
        4097 => (Cause::Conflict, "invalid state transition"),
        4098 => (Cause::Invalid, "use of a time-out parameter is not supported"),
        4099 => (Cause::Busy, "busy"),
        _ => (
            Cause::Other(format!("return-value-{value}")),
            "a return value of its own",
        ),
    };
    Err(Failure {
        codes: vec![format!("ReturnValue.{value}")],
        ..failure(
            cause,
            format!("Intel AMT refused with return value {value}: {text}"),
        )
    })
}
