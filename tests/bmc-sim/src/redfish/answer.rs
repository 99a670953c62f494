//! Answers to reads.

use http::header::RETRY_AFTER;
use http::{HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

use super::body::{Body, bare, json as json_answer};
use super::template::{Template, Values};
use super::tree::{ROOT, Route, collection};
use super::{error, pages};
use crate::bmc::{Bmc, Target, Task};
use crate::clock::{Moment, Resolution};
use crate::fault::Plan;
use crate::fleet::Fleet;
use crate::power::{Boot, PowerState, Reading};
use crate::profile::FinishedTask;

/// Answers a GET.
pub(super) fn read(fleet: &Fleet, bmc: &Bmc, route: &Route, plan: &Plan) -> Response<Body> {
    match route {
        Route::Open(body) | Route::Fixed(body) => json_answer(StatusCode::OK, body.clone()),
        Route::Resource(target, template) => {
            let rendered = resource(fleet, bmc, *target, template, plan);
            system_or(fleet, bmc, *target, rendered)
        }
        Route::Tasks => json_answer(StatusCode::OK, task_collection(bmc).to_string()),
        Route::Task { id, monitor } => task(fleet, bmc, *id, *monitor),
        Route::Page(page) => pages::read(fleet, bmc, *page),
        Route::Reset(_) | Route::Own(..) | Route::Moved(_) => error::method_not_allowed("POST"),
    }
}

/// The answer with a resource; that of a system has what is set on it in it, and the tag to change it with.
fn system_or(fleet: &Fleet, bmc: &Bmc, target: Target, rendered: String) -> Response<Body> {
    let Target::System(system) = target else {
        return json_answer(StatusCode::OK, rendered);
    };
    let version = bmc.settings_version(system);
    let shown = match version {
        1 => rendered,
        _ => pages::overlay(bmc, system, fleet.now(), &rendered).unwrap_or(rendered),
    };
    pages::tagged(bmc, version, json_answer(StatusCode::OK, shown))
}

fn resource(fleet: &Fleet, bmc: &Bmc, target: Target, template: &Template, plan: &Plan) -> String {
    let now = fleet.now();
    let reading = match plan.stale_ms {
        Some(stale_ms) => bmc.stale_reading(now, target, stale_ms),
        None => bmc.reading(now, target),
    };
    let manager = Reading {
        power: PowerState::On,
        last_reset: bmc.manager_reset_at(),
        booted: Boot::OsRunning,
    };
    let reading = reading.unwrap_or(manager);
    let shown = shown_state(bmc, reading.power);
    template.render(&Values {
        index: bmc.index,
        power: plan.wrong_state.as_deref().unwrap_or(shown.as_str()),
        boot: match reading.booted {
            Boot::Down => "None",
            Boot::Starting => "SystemHardwareInitializationComplete",
            Boot::OsRunning => "OSRunning",
        },
        last_reset: reading.last_reset,
        resolution: bmc.profile().resolution(),
        now,
        clock: &fleet.clock,
    })
}

/// BMCs without transitional states show the old state until the new one is there.
fn shown_state(bmc: &Bmc, power: PowerState) -> PowerState {
    match power {
        PowerState::PoweringOn if !bmc.profile().transitional_states => PowerState::Off,
        PowerState::PoweringOff if !bmc.profile().transitional_states => PowerState::On,
        shown => shown,
    }
}

fn task(fleet: &Fleet, bmc: &Bmc, id: u64, monitor: bool) -> Response<Body> {
    let Some(task) = bmc.task(id) else {
        return error::missing(&format!("{ROOT}/TaskService/Tasks/{id}"));
    };
    let done = task.is_done(fleet.now());
    if monitor && done && bmc.profile().finished_task == FinishedTask::Deleted {
        bmc.forget_task(id);
        return error::missing(&format!("{ROOT}/TaskService/TaskMonitors/{id}"));
    }
    if monitor && done && bmc.profile().finished_task == FinishedTask::NoContent {
        return bare(StatusCode::NO_CONTENT);
    }
    let status = if monitor && !done {
        StatusCode::ACCEPTED
    } else {
        StatusCode::OK
    };
    let mut answer = json_answer(status, task_body(fleet, bmc, &task).to_string());
    if status == StatusCode::ACCEPTED {
        answer
            .headers_mut()
            .insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    answer
}

/// The Task resource.
pub(super) fn task_body(fleet: &Fleet, bmc: &Bmc, task: &Task) -> Value {
    let time = |at: Moment| {
        let mut text = String::new();
        fleet.clock.write_rfc3339(at, Resolution::Seconds, &mut text);
        text
    };
    let id = task.id;
    let mut body = json!({
        "@odata.id": format!("{ROOT}/TaskService/Tasks/{id}"),
        "@odata.type": "#Task.v1_7_1.Task",
        "Id": id.to_string(),
        "Name": format!("Task {id}"),
        "TaskMonitor": format!("{ROOT}/TaskService/TaskMonitors/{id}"),
        "TaskState": "Running",
        "TaskStatus": "OK",
        "StartTime": time(task.started),
        "PercentComplete": 50,
        "Payload": {"HttpOperation": "POST", "TargetUri": bmc.tree.path(task.target)},
        "Messages": [],
    });
    if task.is_done(fleet.now()) {
        body["TaskState"] = json!("Completed");
        body["PercentComplete"] = json!(100);
        body["EndTime"] = json!(time(task.done_at));
    }
    body
}

fn task_collection(bmc: &Bmc) -> Value {
    let path = format!("{ROOT}/TaskService/Tasks");
    let members: Vec<String> = bmc.task_ids().iter().map(|id| format!("{path}/{id}")).collect();
    collection(
        &path,
        "Task",
        &members.iter().map(String::as_str).collect::<Vec<_>>(),
    )
}
