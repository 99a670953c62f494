//! Tasks of the BMC: the monitor or resource that an answer names, and where it stands (DSP0266 12.2).

use serde_json::Value;
use switchyard_driver_sdk::{Failure, Host, Pending, Progress, Response, header};

use crate::client::Client;
use crate::dialect::Dialect;
use crate::error::{refusal, retry_after_ms};
use crate::resource::path_of;

/// When to ask again if the BMC does not say, in milliseconds.
const POLL_AFTER_MS: u32 = 2_000;

/// The task that a 202 names: the task resource of the body, else the monitor of `Location`. Some BMCs name none, and some delete a
/// finished task when its monitor is read, which is why the resource goes first.
pub(crate) fn of_answer(response: &Response) -> Option<Pending> {
    let body = serde_json::from_slice::<Value>(&response.body).ok();
    let resource = body
        .as_ref()
        .filter(|body| is_task(body))
        .and_then(|body| path_of(body.get("@odata.id")?.as_str()?));
    let handle = resource.or_else(|| header(response, "location").and_then(path_of))?;
    Some(Pending {
        handle,
        poll_after_ms: retry_after_ms(response).unwrap_or(POLL_AFTER_MS),
    })
}

fn is_task(body: &Value) -> bool {
    let kind = body
        .get("@odata.type")
        .and_then(Value::as_str)
        .unwrap_or_default();
    kind.starts_with("#Task.")
        || kind.starts_with("#Job.")
        || kind.contains("Job.")
        || word(body, "TaskState").is_some()
}

fn word<'v>(body: &'v Value, name: &str) -> Option<&'v str> {
    body.get(name).and_then(Value::as_str)
}

/// Reads a task resource or a task monitor.
pub fn poll(host: &dyn Host, dialect: &'static Dialect, handle: &str) -> Result<Progress, Failure> {
    let client = Client::new(host, dialect);
    let response = client.fetch(handle)?;
    let running = || {
        let poll_after_ms = retry_after_ms(&response).unwrap_or(POLL_AFTER_MS);
        Progress::Running(Pending {
            handle: handle.to_owned(),
            poll_after_ms,
        })
    };
    match response.status {
        202 => Ok(running()),
        200..=299 => {
            let body = serde_json::from_slice::<Value>(&response.body).unwrap_or(Value::Null);
            Ok(match ended(&body) {
                None => running(),
                Some(true) => Progress::Done,
                Some(false) => {
                    let words = refusal(&body, "the task of the BMC ended without success");
                    Progress::Failed(dialect.judge(words))
                }
            })
        }
        404 | 410 => Ok(Progress::Gone),
        400 | 405 | 409 | 412 => Ok(Progress::Failed(client.failure(&response))),
        _ => Err(client.failure(&response)),
    }
}

/// Whether the task has ended, and well. A body that is no task is the answer of the finished request.
fn ended(body: &Value) -> Option<bool> {
    let well = word(body, "TaskStatus").is_none_or(|status| status != "Critical");
    match word(body, "TaskState").or_else(|| word(body, "JobState")) {
        None => Some(true),
        Some("Completed") => Some(well),
        Some("Exception" | "Killed" | "Cancelled" | "CompletedWithErrors" | "Failed") => Some(false),
        Some(_) => None,
    }
}
