//! What `/metrics` shows, in the text format of Prometheus.
//!
//! Names have the prefix `switchyard_` and base units. Labels come from closed sets: operations, outcomes, drivers, methods, routes,
//! configured webhooks.

use std::time::Duration;

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{
    BuildError, Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder,
};
use switchyard_core::breaker::Reason as LeftAlone;
use switchyard_core::configuration::Track;
use switchyard_core::reservation::Reason as ReservationRefused;
use switchyard_core::{Operation, Outcome, Primitive};
use switchyard_store::{Gap, Target};
use switchyard_transport::{Meter, Method, Reason};
use tokio_util::sync::CancellationToken;

const TASKS_ACCEPTED: &str = "switchyard_tasks_accepted_total";
const TASKS_ENDED: &str = "switchyard_tasks_ended_total";
const TASK_SECONDS: &str = "switchyard_task_duration_seconds";
const TASKS_ACTIVE: &str = "switchyard_tasks_active";
const QUEUE_DEPTH: &str = "switchyard_queue_depth";
const QUEUE_OLDEST: &str = "switchyard_queue_oldest_seconds";
const SETTINGS_ACCEPTED: &str = "switchyard_settings_accepted_total";
const SETTINGS_ENDED: &str = "switchyard_settings_ended_total";
const SETTING_SECONDS: &str = "switchyard_setting_duration_seconds";
const RESENDS: &str = "switchyard_resends_total";
const BREAKERS_OPENED: &str = "switchyard_breakers_opened_total";
const BMC_REQUESTS: &str = "switchyard_bmc_requests_total";
const BMC_REQUEST_SECONDS: &str = "switchyard_bmc_request_duration_seconds";
const DRIVER_CALLS: &str = "switchyard_driver_calls_total";
const DRIVER_CALL_SECONDS: &str = "switchyard_driver_call_duration_seconds";
const DRIVER_TRAPS: &str = "switchyard_driver_traps_total";
const HTTP_REQUESTS: &str = "switchyard_http_requests_total";
const HTTP_REQUEST_SECONDS: &str = "switchyard_http_request_duration_seconds";
const WEBHOOK_DELIVERIES: &str = "switchyard_webhook_deliveries_total";
const WEBHOOK_LAG: &str = "switchyard_webhook_lag_seconds";
const SMD_REQUESTS: &str = "switchyard_smd_requests_total";
const SMD_COMPONENTS: &str = "switchyard_smd_components";
const SMD_INVENTORY_AGE: &str = "switchyard_smd_inventory_age_seconds";
const SMD_STATES_WRITTEN: &str = "switchyard_smd_states_written_total";
const RESERVATIONS_HELD: &str = "switchyard_reservations_held";
const RESERVATIONS_REFUSED: &str = "switchyard_reservations_refused_total";
const RESERVATIONS_LOST: &str = "switchyard_reservations_lost_total";
const RESERVATION_CALL_SECONDS: &str = "switchyard_reservation_call_duration_seconds";
const SMD_TOKENS: &str = "switchyard_smd_tokens_total";
const ACCESS_DENIED: &str = "switchyard_access_denied_total";
const ACCESS_FORBIDDEN: &str = "switchyard_access_forbidden_total";
const ACCESS_KEYS: &str = "switchyard_access_keys_read_total";
const SSE_CLIENTS: &str = "switchyard_sse_clients";
const EVENT_GAPS: &str = "switchyard_event_gaps_total";
const DEPENDENCY_UP: &str = "switchyard_dependency_up";
const BUILD_INFO: &str = "switchyard_build_info";

/// Upper bounds of the histograms, in seconds: from a fast commit to the longest shutdown.
const BUCKETS: [f64; 14] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0, 300.0,
];
/// How often what was counted is gathered while nobody reads it, so that it does not pile up.
const UPKEEP_EVERY: Duration = Duration::from_secs(5);

/// Why nothing can be counted.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The histograms cannot be set up.
    #[error("the metrics cannot be set up")]
    Build(#[source] BuildError),
    /// Another recorder is there already.
    #[error("metrics are set up already")]
    Taken,
}

/// What was counted in this process.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Metrics")
    }
}

impl Metrics {
    /// Begins to count. Can be called once; without it, counting does nothing.
    pub fn install() -> Result<Self, Error> {
        let recorder = recorder().map_err(Error::Build)?;
        let metrics = Self(recorder.handle());
        metrics::set_global_recorder(recorder).map_err(|_| Error::Taken)?;
        describe();
        Ok(metrics)
    }

    /// The text of `/metrics` (`text/plain; version=0.0.4`).
    pub fn render(&self) -> String {
        self.0.render()
    }

    /// Gathers what was counted until cancelled. Run it as a task beside the service.
    pub async fn upkeep(self, cancel: CancellationToken) {
        let mut ticks = tokio::time::interval(UPKEEP_EVERY);
        while cancel.run_until_cancelled(ticks.tick()).await.is_some() {
            self.0.run_upkeep();
        }
    }
}

fn recorder() -> Result<PrometheusRecorder, BuildError> {
    let durations = Matcher::Suffix("_seconds".to_owned());
    Ok(PrometheusBuilder::new()
        .set_buckets_for_metric(durations, &BUCKETS)?
        .build_recorder())
}

#[expect(clippy::too_many_lines, reason = "one table of all measures")]
fn describe() {
    describe_counter!(TASKS_ACCEPTED, "Tasks accepted, by operation");
    describe_counter!(TASKS_ENDED, "Tasks ended, by operation and outcome");
    describe_histogram!(
        TASK_SECONDS,
        Unit::Seconds,
        "Time from a task's acceptance to its end"
    );
    describe_gauge!(TASKS_ACTIVE, "Tasks being worked on");
    describe_gauge!(QUEUE_DEPTH, "Tasks waiting for their turn");
    describe_gauge!(
        QUEUE_OLDEST,
        Unit::Seconds,
        "Age of the task that has waited longest"
    );
    describe_counter!(
        SETTINGS_ACCEPTED,
        "Tasks of the configuration lane accepted, by track"
    );
    describe_counter!(
        SETTINGS_ENDED,
        "Tasks of the configuration lane ended, by track and outcome"
    );
    describe_histogram!(
        SETTING_SECONDS,
        Unit::Seconds,
        "Time from the acceptance of such a task to its end"
    );
    describe_counter!(RESENDS, "Steps sent again, by primitive");
    describe_counter!(
        BREAKERS_OPENED,
        "Controllers that began to be left alone, by reason"
    );
    describe_counter!(BMC_REQUESTS, "Requests to BMCs, by method and result");
    describe_histogram!(
        BMC_REQUEST_SECONDS,
        Unit::Seconds,
        "Time of one request to a BMC, waiting for its slot apart"
    );
    describe_counter!(DRIVER_CALLS, "Calls of drivers, by driver, function and result");
    describe_histogram!(DRIVER_CALL_SECONDS, Unit::Seconds, "Time of one call of a driver");
    describe_counter!(
        DRIVER_TRAPS,
        "Calls of drivers that trapped or ran out of a limit"
    );
    describe_counter!(HTTP_REQUESTS, "Requests served, by method, route and status");
    describe_histogram!(HTTP_REQUEST_SECONDS, Unit::Seconds, "Time to answer a request");
    describe_counter!(
        WEBHOOK_DELIVERIES,
        "Attempts to deliver to webhooks and callbacks, by receiver and result"
    );
    describe_gauge!(
        WEBHOOK_LAG,
        Unit::Seconds,
        "Age of the oldest message that a webhook has not taken"
    );
    describe_counter!(SMD_REQUESTS, "Requests to SMD, by what they are for and result");
    describe_gauge!(SMD_COMPONENTS, "Components that SMD gives");
    describe_gauge!(
        SMD_INVENTORY_AGE,
        Unit::Seconds,
        "Age of what was last read of SMD"
    );
    describe_counter!(SMD_STATES_WRITTEN, "States written back to SMD, by state");
    describe_gauge!(
        RESERVATIONS_HELD,
        "Components that the service has reserved in SMD"
    );
    describe_counter!(
        RESERVATIONS_REFUSED,
        "Components that SMD did not reserve, by its reason"
    );
    describe_counter!(
        RESERVATIONS_LOST,
        "Reservations in SMD that were lost while a task used them"
    );
    describe_histogram!(
        RESERVATION_CALL_SECONDS,
        Unit::Seconds,
        "Time of one call of SMD about reservations, by call"
    );
    describe_counter!(SMD_TOKENS, "Tokens asked for on behalf of SMD, by result");
    describe_counter!(
        ACCESS_DENIED,
        "Requests of somebody who could not be recognised, by reason"
    );
    describe_counter!(
        ACCESS_FORBIDDEN,
        "Requests of somebody who may not make them, by reason"
    );
    describe_counter!(
        ACCESS_KEYS,
        "Readings of the keys of the identity provider, by result"
    );
    describe_gauge!(SSE_CLIENTS, "Clients that follow a stream, by stream");
    describe_counter!(
        EVENT_GAPS,
        "Holes in the event log that a reader was told of, by reason"
    );
    describe_gauge!(
        DEPENDENCY_UP,
        "1 unless what the service depends on is away, by dependency"
    );
    describe_gauge!(BUILD_INFO, "Always 1; the labels say what is running");
    gauge!(BUILD_INFO, "version" => env!("CARGO_PKG_VERSION")).set(1.0);
}

/// Counts tasks that were accepted.
pub fn tasks_accepted(operation: Operation, count: usize) {
    counter!(TASKS_ACCEPTED, "operation" => operation.to_string()).increment(count as u64);
}

/// Counts a task that ended, `after` so long since it was accepted.
pub fn task_ended(operation: Operation, outcome: &Outcome, after: Duration) {
    counter!(TASKS_ENDED, "operation" => operation.to_string(), "outcome" => outcome.name()).increment(1);
    histogram!(TASK_SECONDS, "operation" => operation.to_string()).record(after);
}

/// Counts tasks of the configuration lane that were accepted.
pub fn settings_accepted(track: Track, count: usize) {
    counter!(SETTINGS_ACCEPTED, "track" => track.name()).increment(count as u64);
}

/// Counts a task of the configuration lane that ended, `after` so long since it was accepted.
pub fn setting_ended(track: Track, outcome: &'static str, after: Duration) {
    counter!(SETTINGS_ENDED, "track" => track.name(), "outcome" => outcome).increment(1);
    histogram!(SETTING_SECONDS, "track" => track.name()).record(after);
}

/// Says how many tasks wait, how many are worked on, and how long the oldest has waited.
pub fn queue(waiting: usize, active: usize, oldest: Duration) {
    gauge!(QUEUE_DEPTH).set(gauge_value(waiting));
    gauge!(TASKS_ACTIVE).set(gauge_value(active));
    gauge!(QUEUE_OLDEST).set(oldest.as_secs_f64());
}

/// Counts a step that is sent again.
pub fn resent(primitive: Primitive) {
    counter!(RESENDS, "primitive" => primitive.to_string()).increment(1);
}

/// Counts a controller that is left alone from now on.
pub fn breaker_opened(reason: LeftAlone) {
    counter!(BREAKERS_OPENED, "reason" => reason.name()).increment(1);
}

/// Counts every request at a BMC.
#[derive(Debug, Clone, Copy, Default)]
pub struct BmcRequests;

impl Meter for BmcRequests {
    fn ended(&self, method: Method, status: Option<u16>, reason: Option<&Reason>, took: Duration) {
        let result = reason.map_or_else(|| status_class(status.unwrap_or_default()), reason_word);
        let method = method.to_string();
        counter!(BMC_REQUESTS, "method" => method.clone(), "result" => result).increment(1);
        histogram!(BMC_REQUEST_SECONDS, "method" => method).record(took);
    }

    fn ipmi_ended(&self, change: bool, completion: Option<u8>, reason: Option<&Reason>, took: Duration) {
        let result = reason.map_or_else(|| completion_word(completion.unwrap_or_default()), reason_word);
        let method = if change { "IPMI-change" } else { "IPMI-read" };
        counter!(BMC_REQUESTS, "method" => method, "result" => result).increment(1);
        histogram!(BMC_REQUEST_SECONDS, "method" => method).record(took);
    }
}

/// The result of an IPMI request that was answered: `ok`, or that the BMC gave another completion code.
const fn completion_word(completion: u8) -> &'static str {
    match completion {
        0 => "ok",
        _ => "completion-code",
    }
}

const fn reason_word(reason: &Reason) -> &'static str {
    match reason {
        Reason::Unreachable => "unreachable",
        Reason::Tls => "tls",
        Reason::Auth => "auth",
        Reason::NoLogin => "no-login",
        Reason::Timeout => "timeout",
        Reason::Cut => "cut",
        Reason::TooLarge => "too-large",
        Reason::SessionFull => "session-full",
        Reason::Cancelled => "cancelled",
        Reason::Refused(_) => "refused",
    }
}

/// Counts one call of a driver's function, such as `observe`. `result` is `ok` or a cause such as `timeout`.
pub fn driver_call(driver: &str, function: &'static str, result: &'static str, took: Duration) {
    let driver = driver.to_owned();
    counter!(DRIVER_CALLS, "driver" => driver.clone(), "function" => function, "result" => result)
        .increment(1);
    histogram!(DRIVER_CALL_SECONDS, "driver" => driver, "function" => function).record(took);
}

/// Counts a call of a driver that trapped or ran out of a limit.
pub fn driver_trapped(driver: &str) {
    counter!(DRIVER_TRAPS, "driver" => driver.to_owned()).increment(1);
}

/// What an attempt to deliver came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryResult {
    /// The receiver has taken the message.
    Delivered,
    /// It is tried again.
    Retried,
    /// It is given up.
    Failed,
}

/// Counts an attempt to deliver to a webhook, by the name that the configuration gives it, or to a callback.
pub fn webhook_delivery(target: &Target, result: DeliveryResult) {
    let result = match result {
        DeliveryResult::Delivered => "delivered",
        DeliveryResult::Retried => "retried",
        DeliveryResult::Failed => "failed",
    };
    let receiver = match target {
        Target::Webhook(name) => name.clone(),
        Target::Callback(_) => "callbacks".to_owned(),
    };
    counter!(WEBHOOK_DELIVERIES, "receiver" => receiver, "result" => result).increment(1);
}

/// Says how old the oldest message is that a webhook has not taken.
pub fn webhook_lag(webhook: &str, age: Duration) {
    gauge!(WEBHOOK_LAG, "receiver" => webhook.to_owned()).set(age.as_secs_f64());
}

/// Counts one request to SMD with all its tries. `result` is `ok` or a cause such as `timeout`.
pub fn smd_request(call: &'static str, result: &'static str) {
    counter!(SMD_REQUESTS, "call" => call, "result" => result).increment(1);
}

/// Says how many components SMD gives, and how old that is; no age before the first reading.
pub fn smd_inventory(components: usize, age: Option<Duration>) {
    gauge!(SMD_COMPONENTS).set(gauge_value(components));
    if let Some(age) = age {
        gauge!(SMD_INVENTORY_AGE).set(age.as_secs_f64());
    }
}

/// Counts components whose state was written back to SMD.
pub fn smd_written(state: &'static str, count: usize) {
    counter!(SMD_STATES_WRITTEN, "state" => state).increment(count as u64);
}

/// Says how many components the service has reserved in SMD.
pub fn reservations_held(held: usize) {
    gauge!(RESERVATIONS_HELD).set(f64::from(u32::try_from(held).unwrap_or(u32::MAX)));
}

/// Counts a component that SMD did not reserve.
pub fn reservation_refused(reason: &ReservationRefused) {
    counter!(RESERVATIONS_REFUSED, "reason" => reason.code()).increment(1);
}

/// Counts a reservation that was lost while a task used it.
pub fn reservation_lost() {
    counter!(RESERVATIONS_LOST).increment(1);
}

/// Counts a call of SMD about reservations.
pub fn reservation_call(call: &'static str, took: Duration) {
    histogram!(RESERVATION_CALL_SECONDS, "call" => call).record(took);
}

/// Counts a token that was asked for.
pub fn smd_token(obtained: bool) {
    let result = if obtained { "ok" } else { "failed" };
    counter!(SMD_TOKENS, "result" => result).increment(1);
}

/// Counts a request of somebody who could not be recognised.
pub fn access_denied(reason: &'static str) {
    counter!(ACCESS_DENIED, "reason" => reason).increment(1);
}

/// Counts a request of somebody who may not make it.
pub fn access_forbidden(reason: &'static str) {
    counter!(ACCESS_FORBIDDEN, "reason" => reason).increment(1);
}

/// Counts a reading of the keys of the identity provider.
pub fn access_keys(read: bool) {
    let result = if read { "ok" } else { "failed" };
    counter!(ACCESS_KEYS, "result" => result).increment(1);
}

/// Counts one request that was served. `route` is the pattern, never the path.
pub fn http_request(method: &'static str, route: &str, status: u16, took: Duration) {
    let (route, status) = (route.to_owned(), status.to_string());
    counter!(HTTP_REQUESTS, "method" => method, "route" => route.clone(), "status" => status).increment(1);
    histogram!(HTTP_REQUEST_SECONDS, "method" => method, "route" => route).record(took);
}

/// Says that a client has begun (`1.0`) or ceased (`-1.0`) to follow a stream.
pub fn sse_client(stream: &'static str, change: f64) {
    gauge!(SSE_CLIENTS, "stream" => stream).increment(change);
}

/// Counts a hole in the event log that a reader was told of.
pub fn event_gap(gap: Gap) {
    let reason = match gap {
        Gap::Pruned => "pruned",
        Gap::Unknown => "unknown",
    };
    counter!(EVENT_GAPS, "reason" => reason).increment(1);
}

/// Says whether something that the service depends on is there.
pub fn dependency(name: &'static str, up: bool) {
    gauge!(DEPENDENCY_UP, "dependency" => name).set(f64::from(u8::from(up)));
}

/// The class of an HTTP status.
const fn status_class(status: u16) -> &'static str {
    match status {
        100..=199 => "1xx",
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        500..=599 => "5xx",
        _ => "other",
    }
}

fn gauge_value(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_is_shown() {
        let recorder = recorder().unwrap();
        let handle = recorder.handle();
        metrics::with_local_recorder(&recorder, || {
            describe();
            tasks_accepted(Operation::ForceOff, 2);
            task_ended(
                Operation::ForceOff,
                &Outcome::Unproven,
                Duration::from_millis(300),
            );
            queue(3, 1, Duration::from_secs(2));
            BmcRequests.ended(Method::Get, Some(204), None, Duration::from_millis(20));
            BmcRequests.ended(Method::Post, None, Some(&Reason::Cut), Duration::from_millis(20));
            webhook_delivery(&Target::Webhook("ops".to_owned()), DeliveryResult::Retried);
            webhook_delivery(
                &Target::Callback("https://a.example/".to_owned()),
                DeliveryResult::Delivered,
            );
            webhook_lag("ops", Duration::from_secs(7));
            http_request("GET", "/transitions/{id}", 404, Duration::from_millis(1));
            sse_client("events", 1.0);
            sse_client("events", 1.0);
            sse_client("events", -1.0);
            event_gap(Gap::Pruned);
        });
        let text = handle.render();
        for line in [
            "switchyard_tasks_accepted_total{operation=\"force-off\"} 2",
            "switchyard_tasks_ended_total{operation=\"force-off\",outcome=\"unproven\"} 1",
            "switchyard_task_duration_seconds_bucket{operation=\"force-off\",le=\"0.25\"} 0",
            "switchyard_task_duration_seconds_bucket{operation=\"force-off\",le=\"0.5\"} 1",
            "switchyard_queue_depth 3",
            "switchyard_queue_oldest_seconds 2",
            "switchyard_bmc_requests_total{method=\"GET\",result=\"2xx\"} 1",
            "switchyard_bmc_requests_total{method=\"POST\",result=\"cut\"} 1",
            "switchyard_http_requests_total{method=\"GET\",route=\"/transitions/{id}\",status=\"404\"} 1",
            "switchyard_webhook_deliveries_total{receiver=\"ops\",result=\"retried\"} 1",
            "switchyard_webhook_deliveries_total{receiver=\"callbacks\",result=\"delivered\"} 1",
            "switchyard_webhook_lag_seconds{receiver=\"ops\"} 7",
            "switchyard_sse_clients{stream=\"events\"} 1",
            "switchyard_event_gaps_total{reason=\"pruned\"} 1",
            "# HELP switchyard_queue_depth Tasks waiting for their turn",
        ] {
            assert!(text.lines().any(|shown| shown == line), "{line}\n{text}");
        }
        assert!(text.contains(concat!(
            "switchyard_build_info{version=\"",
            env!("CARGO_PKG_VERSION"),
            "\"} 1"
        )));
    }

    #[tokio::test(start_paused = true)]
    async fn upkeep_ends_when_cancelled() {
        let metrics = Metrics(recorder().unwrap().handle());
        let cancel = CancellationToken::new();
        let upkeep = tokio::spawn(metrics.upkeep(cancel.clone()));
        tokio::time::advance(UPKEEP_EVERY * 3).await;
        cancel.cancel();
        tokio::time::timeout(Duration::from_secs(1), upkeep)
            .await
            .unwrap()
            .unwrap();
    }
}
