//! What is measured, and how it is printed.

use std::fmt;

use serde::Serialize;

/// The figures of one size of fleet. Times are in seconds unless the name says otherwise.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Figures {
    /// Simulated nodes, one BMC each, over TLS.
    pub(crate) nodes: usize,
    /// From the start of the service to the whole fleet having been read for the first time.
    pub(crate) fleet_read_s: f64,
    /// From POST to all verified: off.
    pub(crate) off_s: f64,
    /// From POST to all verified: on.
    pub(crate) on_s: f64,
    /// The bare client, off.
    pub(crate) bare_off_s: f64,
    /// The bare client, on.
    pub(crate) bare_on_s: f64,
    /// Service over bare client, the mean of off and on.
    pub(crate) ratio: f64,
    /// How long POST took to answer.
    pub(crate) post_s: f64,
    /// From POST to the first command executed at a BMC.
    pub(crate) first_command_s: f64,
    /// CPU time of the service for one transition, the mean of off and on.
    pub(crate) service_cpu_s: f64,
    /// Peak resident memory of the service when the fleet had been read for the first time, in MiB.
    pub(crate) memory_after_start_mib: f64,
    /// Peak resident memory of the service, in MiB.
    pub(crate) peak_memory_mib: f64,
    /// Median of `GET /v1/power-status` of one node, in milliseconds.
    pub(crate) status_of_one_ms: f64,
    /// Off with one BMC dead: all others verified.
    pub(crate) off_with_a_dead_bmc_s: f64,
    /// One-node transitions of twenty callers beside one over the whole fleet.
    pub(crate) crowd: usize,
    /// Half of their POSTs were answered within, in milliseconds.
    pub(crate) crowd_answered_p50_ms: f64,
    /// 99 in 100 of their POSTs were answered within, in milliseconds.
    pub(crate) crowd_answered_p99_ms: f64,
    /// Half of them had ended within.
    pub(crate) crowd_ended_p50_s: f64,
    /// 99 in 100 of them had ended within.
    pub(crate) crowd_ended_p99_s: f64,
    /// How often one of the callers was told to come back later.
    pub(crate) crowd_told_to_wait: usize,
    /// From a start after kill -9 to the next command at a BMC.
    pub(crate) after_kill_s: f64,
    /// From a start after kill -9 to the interrupted transition being done.
    pub(crate) after_kill_done_s: f64,
    /// TLS handshakes of the service for one transition.
    pub(crate) handshakes: u64,
    /// Requests of the service at BMCs for one transition.
    pub(crate) requests: u64,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} simulated nodes, one BMC each, TLS, instant power",
            self.nodes
        )?;
        let mut row = |what: &str, value: String| writeln!(f, "  {what:<52} {value:>12}");
        row("fleet read after start", format!("{:.2} s", self.fleet_read_s))?;
        row("POST answered", format!("{:.3} s", self.post_s))?;
        row(
            "first command at a BMC after POST",
            format!("{:.3} s", self.first_command_s),
        )?;
        row("off: POST to all verified", format!("{:.2} s", self.off_s))?;
        row("on: POST to all verified", format!("{:.2} s", self.on_s))?;
        row("bare client: off", format!("{:.2} s", self.bare_off_s))?;
        row("bare client: on", format!("{:.2} s", self.bare_on_s))?;
        row("service over bare client", format!("{:.2}", self.ratio))?;
        row(
            "CPU time of the service per transition",
            format!("{:.2} s", self.service_cpu_s),
        )?;
        row(
            "peak memory up to the first reading",
            format!("{:.0} MiB", self.memory_after_start_mib),
        )?;
        row(
            "peak memory of the service",
            format!("{:.0} MiB", self.peak_memory_mib),
        )?;
        row(
            "status of one node, median",
            format!("{:.2} ms", self.status_of_one_ms),
        )?;
        row(
            "off with one BMC dead: all others",
            format!("{:.2} s", self.off_with_a_dead_bmc_s),
        )?;
        let beside = format!("{} one-node transitions beside one of all", self.crowd);
        row(&format!("{beside}:"), String::new())?;
        row(
            "  POST answered, p50 / p99",
            format!(
                "{:.0} / {:.0} ms",
                self.crowd_answered_p50_ms, self.crowd_answered_p99_ms
            ),
        )?;
        row(
            "  ended, p50 / p99",
            format!("{:.2} / {:.2} s", self.crowd_ended_p50_s, self.crowd_ended_p99_s),
        )?;
        row("  told to come back later", self.crowd_told_to_wait.to_string())?;
        row(
            "kill -9: next command after the start",
            format!("{:.2} s", self.after_kill_s),
        )?;
        row(
            "kill -9: transition done after the start",
            format!("{:.2} s", self.after_kill_done_s),
        )?;
        row("TLS handshakes per transition", self.handshakes.to_string())?;
        row("requests at BMCs per transition", self.requests.to_string())
    }
}
