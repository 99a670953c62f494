//! What a service asks for: reservations that it makes, checks, renews and releases.

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Locks, Reservation, written};
use crate::App;
use crate::answer::{bad_request, decode, ok};

/// The longest reservation, in minutes.
const DURATION_MAX: i64 = 15;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Create {
    #[serde(rename = "ComponentIDs", default)]
    ids: Vec<String>,
    #[serde(default)]
    processing_model: String,
    #[serde(default)]
    reservation_duration: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Keyed {
    #[serde(rename = "ID", default)]
    id: String,
    #[serde(default)]
    key: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Check {
    #[serde(default)]
    deputy_keys: Vec<Keyed>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Change {
    #[serde(default)]
    reservation_keys: Vec<Keyed>,
    #[serde(default)]
    processing_model: String,
    #[serde(default)]
    reservation_duration: i64,
}

/// Whether every component is had or none.
#[expect(clippy::result_large_err, reason = "the error is the answer")]
pub(super) fn is_rigid(model: &str) -> Result<bool, Response> {
    match model {
        "rigid" => Ok(true),
        "flexible" => Ok(false),
        _ => Err(bad_request("Invalid Processing Model")),
    }
}

#[expect(clippy::result_large_err, reason = "the error is the answer")]
fn minutes(duration: i64) -> Result<u32, Response> {
    if duration <= 0 {
        return Err(bad_request("ReservationDuration must be greater than 0"));
    }
    u32::try_from(duration)
        .ok()
        .filter(|_| duration <= DURATION_MAX)
        .ok_or_else(|| bad_request("Invalid Reservation Duration"))
}

/// Whether the text can be an xname.
pub(super) fn is_xname(text: &str) -> bool {
    text.strip_prefix('x')
        .is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
}

pub(super) fn failure(id: &str, reason: &str) -> Value {
    json!({ "ID": id, "Reason": reason })
}

pub(super) fn reserved(id: &str, reservation: &Reservation) -> Value {
    let mut shown = json!({
        "ID": id,
        "DeputyKey": reservation.deputy_key,
        "ReservationKey": reservation.key,
    });
    if let Some(expires) = reservation.expires {
        shown["ExpirationTime"] = written(expires).into();
    }
    shown
}

/// Why a service cannot have a component.
fn obstacle(locks: &Locks, id: &str) -> Option<&'static str> {
    let entry = locks.entries.get(id)?;
    if entry.disabled {
        Some("Disabled")
    } else if entry.locked {
        Some("Locked")
    } else {
        entry.reservation.as_ref().map(|_| "Reserved")
    }
}

pub(super) async fn create(State(app): State<App>, body: Bytes) -> Response {
    made(&app, &body).unwrap_or_else(|answer| answer)
}

#[expect(clippy::result_large_err, reason = "the error is the answer")]
fn made(app: &App, body: &[u8]) -> Result<Response, Response> {
    let asked: Create = decode(body)?;
    let minutes = minutes(asked.reservation_duration)?;
    let rigid = is_rigid(&asked.processing_model)?;
    if !asked.ids.iter().all(|id| is_xname(id)) {
        return Err(bad_request("Argument was not a valid xname ID"));
    }
    let mut site = app.site();
    let site = &mut *site;
    site.locks.clean_up();
    // No list of components is a list of all of them.
    let ids: Vec<String> = if asked.ids.is_empty() {
        site.components.keys().cloned().collect()
    } else {
        asked.ids
    };
    if rigid && ids.iter().any(|id| !site.components.contains_key(id)) {
        return Err(bad_request("Component not found"));
    }
    let (mut had, mut failures) = (Vec::new(), Vec::new());
    // What is unknown is in neither list.
    for id in ids.iter().filter(|id| site.components.contains_key(*id)) {
        match obstacle(&site.locks, id) {
            Some(reason) if rigid => return Err(bad_request(format!("Component is {reason}"))),
            Some(reason) => failures.push(failure(id, reason)),
            None => had.push(id.clone()),
        }
    }
    let mut success = Vec::new();
    for id in had {
        let reservation = site.locks.made(&id, Some(minutes));
        success.push(reserved(&id, &reservation));
        site.locks.entries.entry(id).or_default().reservation = Some(reservation);
    }
    Ok(ok(json!({ "Success": success, "Failure": failures })))
}

pub(super) async fn check(State(app): State<App>, body: Bytes) -> Response {
    let asked: Check = match decode(&body) {
        Ok(asked) => asked,
        Err(answer) => return answer,
    };
    if asked.deputy_keys.iter().any(|keyed| keyed.key.is_empty()) {
        return bad_request("Deputy Key required for operation");
    }
    let mut site = app.site();
    site.locks.clean_up();
    let (mut success, mut failures) = (Vec::new(), Vec::new());
    for keyed in &asked.deputy_keys {
        let entry = site.locks.entries.get(&keyed.id);
        let held = entry.and_then(|entry| entry.reservation.as_ref());
        match held.filter(|held| held.deputy_key == keyed.key) {
            None => failures.push(failure(&keyed.id, "NotFound")),
            Some(held) => {
                let mut shown = json!({
                    "ID": keyed.id,
                    "DeputyKey": held.deputy_key,
                    "CreationTime": written(held.created),
                });
                if let Some(expires) = held.expires {
                    shown["ExpirationTime"] = written(expires).into();
                }
                success.push(shown);
            }
        }
    }
    ok(json!({ "Success": success, "Failure": failures }))
}

pub(super) async fn renew(State(app): State<App>, body: Bytes) -> Response {
    change(&app, &body, true).unwrap_or_else(|answer| answer)
}

pub(super) async fn release(State(app): State<App>, body: Bytes) -> Response {
    change(&app, &body, false).unwrap_or_else(|answer| answer)
}

#[expect(clippy::result_large_err, reason = "the error is the answer")]
fn change(app: &App, body: &[u8], renews: bool) -> Result<Response, Response> {
    let asked: Change = decode(body)?;
    let minutes = if renews {
        Some(minutes(asked.reservation_duration)?)
    } else {
        None
    };
    let rigid = is_rigid(&asked.processing_model)?;
    let mut site = app.site();
    let locks = &mut site.locks;
    locks.clean_up();
    let is_held = |locks: &Locks, keyed: &Keyed| {
        let entry = locks.entries.get(&keyed.id);
        let held = entry.and_then(|entry| entry.reservation.as_ref());
        held.is_some_and(|held| held.key == keyed.key)
    };
    let (held, others): (Vec<&Keyed>, Vec<&Keyed>) = asked
        .reservation_keys
        .iter()
        .partition(|keyed| is_held(locks, keyed));
    if rigid && !others.is_empty() {
        return Err(bad_request("Component not found"));
    }
    for keyed in &held {
        let expires = locks.made(&keyed.id, minutes).expires;
        if let Some(entry) = locks.entries.get_mut(&keyed.id) {
            match &mut entry.reservation {
                Some(reservation) if renews => reservation.expires = expires,
                reservation => *reservation = None,
            }
        }
    }
    let ids: Vec<&str> = held.iter().map(|keyed| keyed.id.as_str()).collect();
    let failures: Vec<Value> = others
        .iter()
        .map(|keyed| failure(&keyed.id, "NotFound"))
        .collect();
    Ok(counted(&ids, &failures))
}

/// What was done for which components, with the numbers.
pub(super) fn counted(ids: &[&str], failures: &[Value]) -> Response {
    let (done, failed) = (ids.len(), failures.len());
    ok(json!({
        "Counts": { "Total": done + failed, "Success": done, "Failure": failed },
        "Success": { "ComponentIDs": ids },
        "Failure": failures,
    }))
}
