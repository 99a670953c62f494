//! One call: a fresh instance, its limits, and what becomes of one that goes over them.

use std::pin::Pin;
use std::sync::Arc;

use switchyard_core::breaker::NO_SESSION;
use switchyard_core::{Cause, Failure};
use switchyard_transport::{Fault, Permit, Reason, Scope};
use tokio::time::Instant;
use wasmtime::component::Instance;
use wasmtime::{Store, Trap, UpdateDeadline};

use crate::budget::{CpuBudget, Excess, MemoryBudget};
use crate::call::Call;
use crate::driver::Driver;
use crate::limits::{CPU_TICK, LEAVE, TRANSFER_BYTES};
use crate::log::CallLog;
use crate::seats::NoSeat;
use crate::state::CallState;

/// Which export is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Export {
    Probe,
    Survey,
    Observe,
    Act,
    Poll,
    Limits,
    SetLimits,
    Boot,
    SetBoot,
    Indicator,
    SetIndicator,
    Readings,
}

impl Export {
    const fn name(self) -> &'static str {
        match self {
            Self::Probe => "probe",
            Self::Survey => "survey",
            Self::Observe => "observe",
            Self::Act => "act",
            Self::Poll => "poll",
            Self::Limits => "limits.read",
            Self::SetLimits => "limits.change",
            Self::Boot => "boot.read",
            Self::SetBoot => "boot.change",
            Self::Indicator => "indicator.read",
            Self::SetIndicator => "indicator.change",
            Self::Readings => "readings.read",
        }
    }
}

/// A running export.
pub(crate) type Running<'a, R, F> = Pin<Box<dyn Future<Output = wasmtime::Result<Result<R, F>>> + Send + 'a>>;

/// Runs one export, in the bindings `E` of its contract, and counts what becomes of it.
pub(crate) async fn run<E: Sync, R: Send, F: Into<Failure> + Send>(
    driver: &Driver,
    exports: &E,
    call: Call,
    export: Export,
    permit: Option<Arc<Permit>>,
    enter: impl for<'a> FnOnce(&'a E, &'a Instance, &'a mut Store<CallState>) -> Running<'a, R, F> + Send,
) -> Result<R, Failure> {
    let answer = run_uncounted(driver, exports, call, export, permit, enter).await;
    driver.tally().note(answer.as_ref().err());
    answer
}

/// Runs one export in a fresh instance: first a connection, then a place among the live instances, then the instance.
async fn run_uncounted<E: Sync, R: Send, F: Into<Failure> + Send>(
    driver: &Driver,
    exports: &E,
    call: Call,
    export: Export,
    permit: Option<Arc<Permit>>,
    enter: impl for<'a> FnOnce(&'a E, &'a Instance, &'a mut Store<CallState>) -> Running<'a, R, F> + Send,
) -> Result<R, Failure> {
    let connecting = Scope::new(call.lane, Instant::now() + call.deadline, call.cancel.clone());
    call.controller
        .connect(&connecting)
        .await
        .map_err(failure_of_fault)?;
    let runtime = driver.runtime();
    let _seat = runtime
        .seats()
        .take(call.lane, call.deadline, &call.cancel)
        .await
        .map_err(|none| match none {
            NoSeat::Cancelled => {
                Failure::new(Cause::Cancelled, "the call was cancelled before its driver ran")
            }
            NoSeat::Late => Failure::new(
                Cause::Timeout,
                "too many drivers run at once: no place was free in time",
            ),
        })?;
    let scope = Scope::new(call.lane, Instant::now() + call.deadline, call.cancel.clone());
    let mut store = store(driver, call, export, permit, scope.clone());
    let ended = {
        let work = async {
            let instance = driver.exports().pre().instantiate_async(&mut store).await?;
            enter(exports, &instance, &mut store).await
        };
        tokio::select! {
            biased;
            result = work => Some(result),
            () = overdue(&scope) => None,
        }
    };
    match ended {
        Some(Ok(Ok(answer))) => Ok(answer),
        Some(Ok(Err(failure))) => Err(of_driver(failure.into(), &scope)),
        Some(Err(error)) => Err(of_trap(driver, export, store.data(), &error)),
        None => Err(of_drop(driver, export, &scope)),
    }
}

/// Returns when the call has been cancelled or has run out of time, and did not leave by itself.
async fn overdue(scope: &Scope) {
    tokio::select! {
        () = scope.cancel.cancelled() => {}
        () = scope.expired() => {}
    }
    tokio::time::sleep(LEAVE).await;
}

fn store(
    driver: &Driver,
    call: Call,
    export: Export,
    permit: Option<Arc<Permit>>,
    scope: Scope,
) -> Store<CallState> {
    let limits = driver.manifest().limits;
    let state = CallState {
        log: CallLog::new(
            driver.name().clone(),
            call.controller.endpoint().id.clone(),
            limits.log_lines,
        ),
        controller: call.controller,
        scope,
        permit,
        queries: Arc::clone(&driver.manifest().queries),
        settings: call.settings,
        cache: call.cache,
        requests_left: if export == Export::Survey {
            limits.survey_requests
        } else {
            limits.requests
        },
        memory: MemoryBudget::new(limits.memory),
        cpu: CpuBudget::new(limits.cpu_ticks),
    };
    let mut store = Store::new(driver.runtime().engine(), state);
    store.limiter(|state| &mut state.memory);
    store.set_hostcall_fuel(TRANSFER_BYTES);
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(|mut store| {
        Ok(if store.data_mut().cpu.charge() {
            UpdateDeadline::Yield(1)
        } else {
            UpdateDeadline::Interrupt
        })
    });
    store
}

/// The failure of a driver, in the BMC's words. What fell victim to the end of the call is named so.
fn of_driver(mut failure: Failure, scope: &Scope) -> Failure {
    if let Some(why) = scope.no_login()
        && failure.status.is_none()
    {
        return Failure::new(Cause::NoLogin, why);
    }
    if failure.cause == Cause::Unreachable && failure.status.is_none() {
        if scope.cancel.is_cancelled() {
            failure.cause = Cause::Cancelled;
        } else if scope.due() <= Instant::now() {
            failure.cause = Cause::Timeout;
        }
    }
    failure
}

/// The failure of an instance that ended in a trap.
fn of_trap(driver: &Driver, export: Export, state: &CallState, error: &wasmtime::Error) -> Failure {
    let limits = driver.manifest().limits;
    let what = match (state.excess(), error.downcast_ref::<Trap>()) {
        (Some(Excess::Cpu), _) => format!(
            "used more than its {} ms of CPU time",
            (CPU_TICK * limits.cpu_ticks).as_millis()
        ),
        (Some(Excess::Memory), _) => format!("wanted more than its {} KiB of memory", limits.memory >> 10),
        (None, Some(Trap::StackOverflow)) => "used up its stack".to_owned(),
        (None, Some(trap)) => match state.log.last_error() {
            Some(line) => format!("trapped: {line}"),
            None => format!("trapped: {trap}"),
        },
        (None, None) => format!("was stopped: {}", error.root_cause()),
    };
    tracing::warn!(driver = %driver.name(), controller = %state.controller.endpoint().id, export = export.name(), error = format!("{error:#}"), "driver stopped");
    Failure::new(
        Cause::Driver,
        format!("driver {} {what}, in {}", driver.name(), export.name()),
    )
}

/// The failure of an instance that was dropped.
fn of_drop(driver: &Driver, export: Export, scope: &Scope) -> Failure {
    let name = driver.name();
    let export = export.name();
    if scope.cancel.is_cancelled() {
        return Failure::new(
            Cause::Cancelled,
            format!("the call was cancelled and driver {name} did not leave {export} by itself"),
        );
    }
    Failure::new(
        Cause::Timeout,
        format!("driver {name} did not finish {export} in time"),
    )
}

/// The failure of a call whose connection did not come about.
pub fn failure_of_fault(fault: Fault) -> Failure {
    let cause = match fault.reason {
        Reason::Unreachable | Reason::Cut => Cause::Unreachable,
        Reason::Tls => Cause::Tls,
        Reason::Auth => Cause::Auth,
        Reason::NoLogin => Cause::NoLogin,
        Reason::Timeout => Cause::Timeout,
        Reason::TooLarge => Cause::Malformed,
        Reason::SessionFull => Cause::Busy,
        Reason::Cancelled => Cause::Cancelled,
        Reason::Refused(_) => Cause::RefusedByHost,
    };
    // The breaker leaves a controller without a free session alone for longer; it knows that by the code.
    let codes = match fault.reason {
        Reason::SessionFull => vec![NO_SESSION.to_owned()],
        _ => Vec::new(),
    };
    Failure {
        status: fault.status,
        codes,
        ..Failure::new(cause, fault.text)
    }
}
