//! One primitive, sent in one changing request.

use switchyard_driver_sdk::{
    Cause, Failure, Host, Kind, Level, PowerState, Primitive, Response, Subject, Submitted, failure, header,
};

use crate::client::Client;
use crate::dialect::{Dialect, Meaning};
use crate::error::failure_of;
use crate::outlet;
use crate::patience::Patience;
use crate::reset::{Order, Reset};
use crate::resource::path_of;
use crate::subject::path_of_subject;
use crate::task;
use crate::vocabulary::{power_state, reset_type};

/// Sends a primitive to a subject. The target comes from the cache, else from the resource, never from a guess.
///
/// A refusal is never turned into success here: whether the machine is in the wanted state already is for a reading to say.
pub fn act(
    host: &dyn Host,
    dialect: &'static Dialect,
    on: &Subject,
    what: Primitive,
) -> Result<Submitted, Failure> {
    let client = Client::new(host, dialect);
    let path = path_of_subject(&client, on)?;
    if on.kind == Kind::Outlet {
        let (target, body) = outlet::order(&client, &path, what)?;
        let response = client.post(&target, &body)?;
        return answer(&client, &path, what, &response);
    }
    let recalled = Reset::recall(&client, &path).and_then(|reset| reset.order(dialect, what));
    let from_cache = recalled.is_some();
    let order = match recalled {
        Some(order) => order,
        None => look_up(&client, &path, what)?,
    };
    may_leave(&client, &path, &order, what)?;
    let response = send(&client, &order)?;
    if from_cache && matches!(response.status, 404 | 405) {
        let fresh = look_up(&client, &path, what)?;
        if fresh.target != order.target {
            let response = send(&client, &fresh)?;
            return answer(&client, &path, what, &response);
        }
    }
    answer(&client, &path, what, &response)
}

fn look_up(client: &Client<'_>, path: &str, what: Primitive) -> Result<Order, Failure> {
    let resource = client.get(path)?;
    let found = Reset::of(client, &resource, &mut Vec::new())?;
    let mut reset =
        found.ok_or_else(|| failure(Cause::NotSupported, format!("{path} has no reset action")))?;
    reset.without_faulty(client.dialect(), &resource);
    reset.remember(client, path);
    reset.order(client.dialect(), what).ok_or_else(|| {
        let text = format!(
            "{} is not among the reset types of {}: {}",
            reset_type(what),
            reset.target,
            reset.values.join(", ")
        );
        failure(Cause::NotSupported, text)
    })
}

/// Looks before a change leaves, where the make says that it would be refused or do harm.
fn may_leave(client: &Client<'_>, path: &str, order: &Order, what: Primitive) -> Result<(), Failure> {
    (client.dialect().before)(client, path, what)?;
    if !order.off_first {
        return Ok(());
    }
    match state(client, path)? {
        PowerState::Off => Ok(()),
        _ => Err(failure(
            Cause::Conflict,
            format!(
                "{} works only while the power is off: switch off first",
                reset_type(what)
            ),
        )),
    }
}

fn state(client: &Client<'_>, path: &str) -> Result<PowerState, Failure> {
    let resource = client.get(path)?;
    Ok(resource
        .text(&["PowerState"])
        .map_or(PowerState::Unknown, power_state))
}

fn send(client: &Client<'_>, order: &Order) -> Result<Response, Failure> {
    client.post_if(&order.target, &order.body, order.condition)
}

/// What the answer to a change stands for. Every 2xx is accepted, also one whose body is written as an error.
fn answer(
    client: &Client<'_>,
    path: &str,
    what: Primitive,
    response: &Response,
) -> Result<Submitted, Failure> {
    match response.status {
        202 => Ok(task::of_answer(response).map_or(Submitted::Accepted, Submitted::Pending)),
        200..=299 => {
            let words = failure_of(response);
            if !words.codes.is_empty() {
                client
                    .host()
                    .log(Level::Debug, &format!("accepted with {}", words.codes.join(", ")));
            }
            Ok(Submitted::Accepted)
        }
        307 | 308 => Err(moved(client, path, response)),
        _ => Err(refused(client, path, what, response)),
    }
}

/// The target of an action has moved: the new path is remembered, and the host asks again. A change is never sent on by itself.
fn moved(client: &Client<'_>, path: &str, response: &Response) -> Failure {
    let words = client.failure(response);
    let Some(target) = header(response, "location").and_then(path_of) else {
        return words;
    };
    match Reset::recall(client, path) {
        Some(reset) if reset.target != target => {
            let text = format!("the action has moved to {target}");
            Reset { target, ..reset }.remember(client, path);
            Failure {
                cause: Cause::Busy,
                text,
                ..words
            }
        }
        _ => words,
    }
}

/// What a refusal stands for. One that names the state of power is held against a reading: what fits the state was refused too early.
fn refused(client: &Client<'_>, path: &str, what: Primitive, response: &Response) -> Failure {
    let words = client.failure(response);
    let Some(Meaning::WrongState { wait_ms, for_ms }) = client.dialect().meaning(&words) else {
        return words;
    };
    let Ok(state) = state(client, path) else {
        return words;
    };
    if contradicts(state, what) {
        return words;
    }
    Patience { wait_ms, for_ms }.ask_again(client, &format!("{path} {}", reset_type(what)), words)
}

/// Whether a primitive has nothing to do, or nothing to work on, in this state.
fn contradicts(state: PowerState, what: Primitive) -> bool {
    match what {
        Primitive::On | Primitive::ForceOn => state == PowerState::On,
        Primitive::ForceOff | Primitive::GracefulShutdown => state == PowerState::Off,
        _ => state != PowerState::On,
    }
}
