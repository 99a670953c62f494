//! Sessions by which a person works at the machine from afar. While one is open, AMT refuses to switch the machine off.

use switchyard_driver_sdk::{Cause, Failure};

use crate::client::Client;
use crate::soap::{Class, cim};

/// The access point of remote keyboard, video and mouse.
const KVM: Class = cim("CIM_KVMRedirectionSAP");
/// `EnabledState`: in use. Without a session it is 6, enabled but offline (Intel AMT, KVM configuration).
const IN_USE: u32 = 2;

/// Explains a refusal by a session that is open, or may be. AMT tells of the remote screen only.
pub(crate) fn explain(client: &Client<'_>, refusal: Failure) -> Failure {
    if refusal.cause == Cause::NotSupported {
        return refusal;
    }
    let screen = client
        .get(KVM, &[])
        .is_ok_and(|access| access.number("EnabledState") == Some(IN_USE));
    let (cause, why) = match (screen, &refusal.cause) {
        (true, _) => (
            Cause::Conflict,
            "A redirection session (the remote screen) is open, and AMT switches no machine under one: close it and try again",
        ),
        (false, Cause::Conflict | Cause::Invalid) => (
            Cause::Conflict,
            "If a redirection session is open (serial console or remote drive, of which AMT does not tell), close it and try again",
        ),
        (false, _) => return refusal,
    };
    Failure {
        cause,
        text: format!("{}. {why}", refusal.text),
        ..refusal
    }
}
