//! What the controller says to a driver: whether it is called at all, its login, its driver, a reading.

use switchyard_core::breaker::Reason;
use switchyard_core::{Cause, ControllerId, Failure};
use switchyard_wire::v2::StepOutcome;
use tokio::time::{Instant, timeout_at};

use super::WITHIN;
use super::course::Course;
use crate::api::ApiState;
use crate::api::time::rfc3339;
use crate::api::v2::words;
use crate::engine::{Endpoint, Engine, Row, Selection};

/// Whether the controller is called, and why not.
pub(super) fn breaker(course: &mut Course, endpoint: &Endpoint) {
    let Some(trip) = endpoint.record().breaker.trip() else {
        course.add("breaker", StepOutcome::Ok, "the controller is called as usual");
        return;
    };
    let since = rfc3339(trip.since);
    let (text, hint) = match trip.reason {
        Reason::Auth => (
            format!("the controller is left alone since {since}, because it refused the login"),
            "correct the credential; a changed one is tried at once",
        ),
        Reason::SessionsFull => (
            format!("the controller is left alone since {since}, because it had no room for another session"),
            "end sessions that others have left open at it; it is tried now",
        ),
        Reason::Unreachable | Reason::Unanswered => (
            format!("the controller is left alone since {since}, because it did not answer"),
            "it is tried now; work that waits for it goes on when it answers",
        ),
    };
    course.add("breaker", StepOutcome::Warning, text).hint(hint);
}

/// Lets the next call try a controller that is left alone. One that refused the login is not: accounts are locked that way.
pub(super) async fn wake(state: &ApiState, endpoint: &Endpoint, by: &str) {
    let record = endpoint.record();
    if record
        .breaker
        .trip()
        .is_some_and(|trip| trip.reason != Reason::Auth)
    {
        state.engine.endpoints().try_now(record.id.as_str(), by).await;
    }
}

pub(super) async fn make(
    course: &mut Course,
    state: &ApiState,
    row: &Row,
    controller: &ControllerId,
    deadline: Instant,
) {
    let engine = &state.engine;
    let Some(endpoint) = engine.endpoints().get(controller.as_str()) else {
        return;
    };
    let credential = &endpoint.controller.endpoint.credential;
    let late = || {
        let text = format!("No answer came within {} s.", WITHIN.as_secs());
        Failure::new(Cause::Timeout, text)
    };
    let at_hand = timeout_at(deadline, engine.login_at_hand(controller)).await;
    if let Err(failure) = at_hand.unwrap_or_else(|_| Err(late())) {
        no_login(course, &failure, credential);
        return;
    }
    let begun = Instant::now();
    let read = timeout_at(deadline, engine.read_now(row, controller)).await;
    match read.unwrap_or_else(|_| Err(late())) {
        Ok(reading) => {
            login_taken(course, credential);
            driver(course, engine, controller);
            let text = format!(
                "the power is {} ({:?} in the controller's words)",
                words::state(reading.state),
                reading.raw
            );
            course.add("read", StepOutcome::Ok, text).took(begun.elapsed());
        }
        Err(failure) if matches!(failure.cause, Cause::Auth | Cause::NoLogin) => {
            let refused = endpoint.record();
            let known = refused
                .breaker
                .trip()
                .is_some_and(|trip| trip.since < engine.clock().now());
            let again = (known && failure.retry_after.is_some()).then_some(controller);
            login_refused(course, &failure, credential, again);
        }
        Err(failure) => unread(course, engine, controller, credential, &failure),
    }
}

fn no_login(course: &mut Course, failure: &Failure, credential: &str) {
    course.fail("login", failure).hint(format!(
        "see that the credential {credential:?} is there and can be read (docs/credentials.md)"
    ));
    skip_after_login(course);
}

/// A login that was known to be refused was not tried: `again` is the controller at which it can be.
fn login_refused(course: &mut Course, failure: &Failure, credential: &str, again: Option<&ControllerId>) {
    let correct = format!("correct the credential {credential:?}, or the account at the controller");
    let hint = match again {
        Some(id) => format!(
            "it was not tried again, since repeated tries lock accounts; {correct}, and then POST /v2/endpoints/{id}/try"
        ),
        None => correct,
    };
    course.fail("login", failure).hint(hint);
    skip_after_login(course);
}

fn skip_after_login(course: &mut Course) {
    for step in ["driver", "read"] {
        course.skip(step, "not tried, since login failed");
    }
}

fn login_taken(course: &mut Course, credential: &str) {
    let text = format!("the controller takes the login of the credential {credential:?}");
    course.add("login", StepOutcome::Ok, text);
}

/// What is told when the reading failed for another reason than the login.
fn unread(
    course: &mut Course,
    engine: &Engine,
    controller: &ControllerId,
    credential: &str,
    failure: &Failure,
) {
    if failure.status.is_some() {
        login_taken(course, credential);
    } else {
        course.skip(
            "login",
            "whether the login is taken is not known: no answer shows it",
        );
    }
    match engine.selection(controller) {
        Some(Selection::Missing(_) | Selection::Unknown) | None => {
            course.fail("driver", failure).hint(format!(
                "name the driver in the inventory, install one that knows the controller, or have it found anew with POST /v2/endpoints/{controller}/probe"
            ));
            course.skip("read", "not tried, since driver failed");
        }
        Some(_) => {
            driver(course, engine, controller);
            course.fail("read", failure);
        }
    }
}

/// Which driver speaks to the controller, and who says so.
fn driver(course: &mut Course, engine: &Engine, controller: &ControllerId) {
    let text = match engine.selection(controller) {
        Some(Selection::Named(name)) => format!("{name}, which the inventory names"),
        Some(Selection::Probed { driver, choice }) => format!(
            "{driver}, which {} chose at {} by what the controller says of itself",
            choice.prober,
            crate::api::time::rfc3339_of(choice.at)
        ),
        Some(Selection::Missing(_) | Selection::Unknown) | None => {
            course.skip("driver", "there are no drivers on the way to this controller");
            return;
        }
    };
    course.add("driver", StepOutcome::Ok, text);
}
