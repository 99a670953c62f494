//! The way to the controller: its name, the connection, the certificate.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use switchyard_core::{Cause, Failure, Timestamp};
use switchyard_drivers::failure_of_fault;
use switchyard_transport::{Address, Examination, LegacyTrust, Scheme, Stretch, Tls, TlsPolicy};
use switchyard_wire::v2::StepOutcome;
use tokio::time::{Instant, timeout_at};

use super::WITHIN;
use super::course::Course;
use crate::api::ApiState;
use crate::api::time::rfc3339;
use crate::discovery::Certificate;
use crate::engine::Endpoint;

/// A certificate that expires within this time is worth a word.
const EXPIRES_SOON: Duration = Duration::from_hours(30 * 24);
const PIN: &str = "compare the fingerprint with the controller's own, at its console; if it is right, pin it with POST /v2/endpoints/pin";

pub(super) async fn go(course: &mut Course, state: &ApiState, endpoint: &Endpoint, deadline: Instant) {
    let target = &endpoint.controller.endpoint;
    let examined = timeout_at(deadline, state.engine.examine(&target.id)).await;
    let examined = examined.unwrap_or_else(|_| {
        let text = format!(
            "The way to {} took longer than {} s.",
            target.address,
            WITHIN.as_secs()
        );
        Err(Failure::new(Cause::Timeout, text))
    });
    match examined {
        Ok(Some(found)) => show(
            course,
            &target.address,
            &target.tls,
            found,
            state.engine.clock().now(),
        ),
        Ok(None) => {
            for step in ["name", "connect", "tls"] {
                course.skip(step, "there is no network on the way to this controller");
            }
        }
        Err(failure) => {
            course.skip("name", "not looked up, since no connection could be tried");
            course.fail("connect", &failure);
            course.skip("tls", "not tried, since connect failed");
        }
    }
}

fn show(course: &mut Course, address: &Address, policy: &TlsPolicy, found: Examination, now: Timestamp) {
    name(course, address, &found.name);
    let named = course.is_sound();
    match &found.connection {
        Some(connection) => connect(course, address, connection),
        None if named => course.skip("connect", "IPMI goes over UDP, which has no connections"),
        None => course.skip("connect", "not tried, since name failed"),
    }
    match found.tls {
        Some(found) => tls(course, policy, &found, now),
        None if !course.is_sound() => {
            let failed = course.failed();
            course.skip("tls", format!("not tried, since {failed} failed"));
        }
        None if address.scheme == Scheme::Ipmi => {
            course.skip("tls", "IPMI has no TLS; its sessions have a cipher of their own");
        }
        None => course.skip(
            "tls",
            "the address is http://, so that nothing is encrypted on the way; https:// is better where the controller offers it",
        ),
    }
}

fn name(course: &mut Course, address: &Address, stretch: &Stretch<Vec<SocketAddr>>) {
    match &stretch.found {
        Ok(_) if address.host.parse::<IpAddr>().is_ok() => course.add(
            "name",
            StepOutcome::Ok,
            format!("{} is an address, not a name", address.host),
        ),
        Ok(found) => {
            let found: Vec<String> = found.iter().map(|socket| socket.ip().to_string()).collect();
            course.add(
                "name",
                StepOutcome::Ok,
                format!("{} stands for {}", address.host, found.join(", ")),
            )
        }
        Err(fault) => course
            .fail("name", &failure_of_fault(fault.clone()))
            .hint("look at the name service, and at the address of the controller in the inventory"),
    }
    .took(stretch.took);
}

fn connect(course: &mut Course, address: &Address, stretch: &Stretch<SocketAddr>) {
    match &stretch.found {
        Ok(peer) => course.add("connect", StepOutcome::Ok, format!("{peer} takes connections")),
        Err(fault) => course
            .fail("connect", &failure_of_fault(fault.clone()))
            .hint(format!(
                "see that the controller has power and network, that {} is its address, and that no firewall stands between",
                address.host
            )),
    }
    .took(stretch.took);
}

fn tls(course: &mut Course, policy: &TlsPolicy, found: &Tls, now: Timestamp) {
    let shown = found.certificate.as_deref().map(Certificate::of);
    let about = shown
        .as_ref()
        .map_or_else(|| "the certificate is not shown".to_owned(), describe);
    if let Err(fault) = &found.stretch.found {
        let mut failure = failure_of_fault(fault.clone());
        if let Some(certificate) = &shown {
            failure.text = format!("{}. It shows {}", failure.text, subject(certificate));
        }
        let is_refused = shown.is_some();
        let added = course.fail("tls", &failure).took(found.stretch.took);
        if is_refused {
            added.hint(PIN);
        }
        return;
    }
    let (outcome, text, hint) = match policy {
        TlsPolicy::Unverified | TlsPolicy::Legacy(LegacyTrust::Unverified) => (
            StepOutcome::Warning,
            format!("any certificate is accepted here: {about}"),
            Some("whoever is on the path can read the password; pin the certificate with POST /v2/endpoints/pin".to_owned()),
        ),
        _ => match shown.as_ref().and_then(|shown| lifetime(shown, now)) {
            Some((warning, hint)) => (StepOutcome::Warning, format!("{warning}: {about}"), Some(hint)),
            None => (StepOutcome::Ok, format!("{}: {about}", trusted(policy)), None),
        },
    };
    let added = course.add("tls", outcome, text).took(found.stretch.took);
    if let Some(hint) = hint {
        added.hint(hint);
    }
}

fn trusted(policy: &TlsPolicy) -> &'static str {
    match policy {
        TlsPolicy::System => "trusted by an authority of the operating system",
        TlsPolicy::Authority { .. } => "trusted by the authority that the inventory names",
        TlsPolicy::Pin { .. } | TlsPolicy::Legacy(LegacyTrust::Pin { .. }) => {
            "the certificate that is pinned"
        }
        TlsPolicy::Unverified | TlsPolicy::Legacy(LegacyTrust::Unverified) => "accepted without a check",
    }
}

/// The certificate in words.
fn describe(certificate: &Certificate) -> String {
    let expires = certificate
        .expires_at
        .map(|at| format!(", expires {}", rfc3339(at)))
        .unwrap_or_default();
    format!(
        "{}, SHA-256 {}{expires}",
        subject(certificate),
        certificate.fingerprint
    )
}

fn subject(certificate: &Certificate) -> &str {
    let subject = certificate
        .subject
        .as_deref()
        .filter(|subject| !subject.is_empty());
    subject.unwrap_or("a certificate without a subject")
}

/// What is to be said about the time of an accepted certificate. Only a pin accepts one whose time is over.
fn lifetime(certificate: &Certificate, now: Timestamp) -> Option<(&'static str, String)> {
    let expires = certificate.expires_at?;
    if expires <= now {
        let hint = "its pin makes it good all the same; give the controller a new certificate when it suits";
        return Some(("the certificate has expired", hint.to_owned()));
    }
    (expires <= now + EXPIRES_SOON).then(|| {
        let hint = "renew it before that, and pin the new one where certificates are pinned";
        ("the certificate expires soon", hint.to_owned())
    })
}
