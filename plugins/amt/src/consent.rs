//! User consent: the code that the person at the machine reads out before its boot may be changed.

use switchyard_driver_sdk::{Cause, Failure, failure};

use crate::client::Client;
use crate::soap::{Class, ips};

/// The service for consent (AMT 6.2 and later).
const OPT_IN: Class = ips("IPS_OptInService");
/// `OptInRequired`: for every kind of redirection. 0 is for none, 1 for the remote screen only.
const REQUIRED_FOR_ALL: u32 = 0xffff_ffff;
/// `OptInState`: the code was given; a session that it allows is open.
const GIVEN: [u32; 2] = [3, 4];

/// Fails when a person has to agree first and has not. Nothing is changed by asking.
pub(crate) fn check(client: &Client<'_>) -> Result<(), Failure> {
    let Some(service) = client.get_if_there(OPT_IN, &[])? else {
        return Ok(());
    };
    let required = service.number("OptInRequired") == Some(REQUIRED_FOR_ALL);
    let given = service
        .number("OptInState")
        .is_some_and(|state| GIVEN.contains(&state));
    if !required || given {
        return Ok(());
    }
    Err(failure(
        Cause::NeedsConsent,
        "Intel AMT wants the consent of the person at the machine before its boot is changed: have the code read out and enter it, or provision the machine in admin control mode without consent",
    ))
}
