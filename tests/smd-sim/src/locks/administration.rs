//! What administrators do: lock, unlock, disable, repair, reserve what they have locked, and look.

use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::reservation::{counted, failure, is_rigid, is_xname, reserved};
use super::{Entry, Locks, written};
use crate::App;
use crate::answer::{bad_request, decode, ok, values};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Asked {
    #[serde(rename = "ComponentIDs", default)]
    ids: Vec<String>,
    #[serde(default)]
    processing_model: String,
}

/// Does something to each component, or says why not.
#[expect(clippy::result_large_err, reason = "the error is the answer")]
fn each(
    app: &App,
    body: &[u8],
    act: impl Fn(&mut Locks, &str) -> Result<(), &'static str>,
) -> Result<Response, Response> {
    let asked: Asked = decode(body)?;
    let rigid = is_rigid(&asked.processing_model)?;
    if !asked.ids.iter().all(|id| is_xname(id)) {
        return Err(bad_request("Argument was not a valid xname ID"));
    }
    let mut site = app.site();
    let site = &mut *site;
    site.locks.clean_up();
    let (mut done, mut failures) = (Vec::new(), Vec::new());
    for id in &asked.ids {
        let known = site.components.contains_key(id);
        let acted = if known {
            act(&mut site.locks, id)
        } else {
            Err("NotFound")
        };
        match acted {
            Ok(()) => done.push(id.as_str()),
            Err("NotFound") if rigid => return Err(bad_request("Component not found")),
            Err(reason) if rigid => return Err(bad_request(format!("Component is {reason}"))),
            Err(reason) => failures.push(failure(id, reason)),
        }
    }
    Ok(counted(&done, &failures))
}

fn entry<'a>(locks: &'a mut Locks, id: &str) -> &'a mut Entry {
    locks.entries.entry(id.to_owned()).or_default()
}

pub(super) async fn lock(State(app): State<App>, body: Bytes) -> Response {
    let lock = |locks: &mut Locks, id: &str| {
        let entry = entry(locks, id);
        if std::mem::replace(&mut entry.locked, true) {
            Err("Locked")
        } else {
            Ok(())
        }
    };
    each(&app, &body, lock).unwrap_or_else(|answer| answer)
}

pub(super) async fn unlock(State(app): State<App>, body: Bytes) -> Response {
    let unlock = |locks: &mut Locks, id: &str| {
        let entry = entry(locks, id);
        if std::mem::replace(&mut entry.locked, false) {
            Ok(())
        } else {
            Err("Unlocked")
        }
    };
    each(&app, &body, unlock).unwrap_or_else(|answer| answer)
}

pub(super) async fn disable(State(app): State<App>, body: Bytes) -> Response {
    let disable = |locks: &mut Locks, id: &str| {
        let entry = entry(locks, id);
        (entry.disabled, entry.reservation) = (true, None);
        Ok(())
    };
    each(&app, &body, disable).unwrap_or_else(|answer| answer)
}

pub(super) async fn repair(State(app): State<App>, body: Bytes) -> Response {
    let repair = |locks: &mut Locks, id: &str| {
        entry(locks, id).disabled = false;
        Ok(())
    };
    each(&app, &body, repair).unwrap_or_else(|answer| answer)
}

pub(super) async fn remove(State(app): State<App>, body: Bytes) -> Response {
    let remove = |locks: &mut Locks, id: &str| {
        let held = entry(locks, id).reservation.take();
        held.map(drop).ok_or("NotFound")
    };
    each(&app, &body, remove).unwrap_or_else(|answer| answer)
}

/// An administrator reserves only what is locked.
pub(super) async fn reserve(State(app): State<App>, body: Bytes) -> Response {
    made(&app, &body).unwrap_or_else(|answer| answer)
}

#[expect(clippy::result_large_err, reason = "the error is the answer")]
fn made(app: &App, body: &[u8]) -> Result<Response, Response> {
    let asked: Asked = decode(body)?;
    let rigid = is_rigid(&asked.processing_model)?;
    let mut site = app.site();
    let site = &mut *site;
    site.locks.clean_up();
    let (mut success, mut failures) = (Vec::new(), Vec::new());
    for id in &asked.ids {
        let known = site.components.contains_key(id);
        let reservation = site.locks.made(id, None);
        let entry = site.locks.entries.entry(id.clone()).or_default();
        let obstacle = if !known {
            Some("NotFound")
        } else if entry.disabled {
            Some("Disabled")
        } else if !entry.locked {
            Some("Unlocked")
        } else {
            entry.reservation.as_ref().map(|_| "Reserved")
        };
        match obstacle {
            Some("NotFound") if rigid => return Err(bad_request("Component not found")),
            Some(reason) if rigid => return Err(bad_request(format!("Component is {reason}"))),
            Some(reason) => failures.push(failure(id, reason)),
            None => {
                success.push(reserved(id, &reservation));
                entry.reservation = Some(reservation);
            }
        }
    }
    Ok(ok(json!({ "Success": success, "Failure": failures })))
}

fn shown(id: &str, entry: Option<&Entry>) -> Value {
    let reservation = entry.and_then(|entry| entry.reservation.as_ref());
    let mut shown = json!({
        "ID": id,
        "Locked": entry.is_some_and(|entry| entry.locked),
        "Reserved": reservation.is_some(),
        "ReservationDisabled": entry.is_some_and(|entry| entry.disabled),
    });
    if let Some(reservation) = reservation {
        shown["CreationTime"] = written(reservation.created).into();
        if let Some(expires) = reservation.expires {
            shown["ExpirationTime"] = written(expires).into();
        }
    }
    shown
}

pub(super) async fn status(State(app): State<App>, body: Bytes) -> Response {
    let asked: Asked = match decode(&body) {
        Ok(asked) => asked,
        Err(answer) => return answer,
    };
    let mut site = app.site();
    site.locks.clean_up();
    let (known, unknown): (Vec<&String>, Vec<&String>) =
        asked.ids.iter().partition(|id| site.components.contains_key(*id));
    let components: Vec<Value> = known
        .into_iter()
        .map(|id| shown(id, site.locks.entries.get(id)))
        .collect();
    let mut answer = json!({ "Components": components });
    if !unknown.is_empty() {
        answer["NotFound"] = json!(unknown);
    }
    ok(answer)
}

pub(super) async fn status_by_query(
    State(app): State<App>,
    Query(query): Query<Vec<(String, String)>>,
) -> Response {
    let mut site = app.site();
    site.locks.clean_up();
    let fits = |key: &str, is: bool| {
        let wanted = values(&query, key);
        wanted.is_empty() || wanted.contains(&if is { "true" } else { "false" })
    };
    let kinds = values(&query, "type");
    let components: Vec<Value> = site
        .components
        .values()
        .filter(|component| kinds.is_empty() || kinds.contains(&component.kind.as_str()))
        .map(|component| shown(&component.id, site.locks.entries.get(&component.id)))
        .filter(|shown| {
            fits("locked", shown["Locked"] == true)
                && fits("reserved", shown["Reserved"] == true)
                && fits("reservationDisabled", shown["ReservationDisabled"] == true)
        })
        .collect();
    ok(json!({ "Components": components }))
}
