//! A driver as plain Rust over the service's own transport.

use std::marker::PhantomData;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use switchyard_core::{
    Cause, Failure, Indicator, Light, Observation, PowerLimit, Primitive, Subject, WantedLimit,
};
use switchyard_driver_sdk as sdk;
use switchyard_drivers::{Call, Findings, LOG_LINES, Progress, REQUESTS, SURVEY_REQUESTS, Submitted};
use switchyard_transport as transport;
use switchyard_transport::{Permit, Scope};
use tokio::runtime::Handle;
use tokio::time::Instant;

use crate::convert;
use crate::driven::Driven;

/// A driver that runs natively. Each call has a thread of its own, as the contract's calls wait.
#[derive(Debug)]
pub struct Native<D> {
    name: String,
    driver: PhantomData<fn() -> D>,
}

/// A driver to be run natively under this name.
pub fn native<D: sdk::Driver + 'static>(name: &str) -> Native<D> {
    Native {
        name: name.to_owned(),
        driver: PhantomData,
    }
}

/// What the host lends to a native call. It waits, so it must not be used on a thread that runs asynchronous tasks.
pub struct NativeHost {
    call: Call,
    scope: Scope,
    permit: Option<Arc<Permit>>,
    handle: Handle,
    requests_left: AtomicU32,
    log: Mutex<Vec<String>>,
}

impl std::fmt::Debug for NativeHost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NativeHost")
            .field("call", &self.call)
            .finish_non_exhaustive()
    }
}

impl NativeHost {
    /// The host of a call that only reads, within this runtime.
    pub fn reading(call: Call) -> Self {
        Self::new(call, None, REQUESTS)
    }

    fn new(call: Call, permit: Option<Arc<Permit>>, requests: u32) -> Self {
        let scope = Scope::new(call.lane, Instant::now() + call.deadline, call.cancel.clone());
        Self {
            scope,
            permit,
            handle: Handle::current(),
            requests_left: AtomicU32::new(requests),
            log: Mutex::default(),
            call,
        }
    }

    fn spend(&self) -> Result<(), sdk::Fault> {
        self.requests_left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1))
            .map(|_| ())
            .map_err(|_| convert::fault(transport::Fault::refused("the call has used up its requests")))
    }

    fn permit(&self) -> Result<Arc<Permit>, sdk::Fault> {
        self.permit.clone().ok_or_else(|| {
            convert::fault(transport::Fault::refused(
                "this call has no permit to change anything",
            ))
        })
    }
}

impl sdk::Http for NativeHost {
    fn read(&self, request: &sdk::Request) -> Result<sdk::Response, sdk::Fault> {
        self.spend()?;
        let answer = self
            .handle
            .block_on(self.call.controller.read(convert::request(request), &self.scope));
        answer.map(convert::response).map_err(convert::fault)
    }

    fn query(&self, request: &sdk::Request) -> Result<sdk::Response, sdk::Fault> {
        self.spend()?;
        let answer = self
            .handle
            .block_on(self.call.controller.query(convert::request(request), &self.scope));
        answer.map(convert::response).map_err(convert::fault)
    }

    fn change(&self, request: &sdk::Request) -> Result<sdk::Response, sdk::Fault> {
        let permit = self.permit()?;
        self.spend()?;
        let answer = self.handle.block_on(self.call.controller.change(
            convert::request(request),
            permit,
            &self.scope,
        ));
        answer.map(convert::response).map_err(convert::fault)
    }
}

impl sdk::Ipmi for NativeHost {
    fn ipmi_read(&self, message: &sdk::Message) -> Result<sdk::Reply, sdk::Fault> {
        self.spend()?;
        let reply = self.handle.block_on(
            self.call
                .controller
                .ipmi_read(convert::message(message), &self.scope),
        );
        reply.map(convert::reply).map_err(convert::fault)
    }

    fn ipmi_change(&self, message: &sdk::Message) -> Result<sdk::Reply, sdk::Fault> {
        let permit = self.permit()?;
        self.spend()?;
        let reply = self.handle.block_on(self.call.controller.ipmi_change(
            convert::message(message),
            permit,
            &self.scope,
        ));
        reply.map(convert::reply).map_err(convert::fault)
    }
}

impl sdk::Call for NativeHost {
    fn setting(&self, name: &str) -> Option<String> {
        self.call.settings.get(name).cloned()
    }

    fn cached(&self, key: &str) -> Option<Vec<u8>> {
        self.call.cache.get(key)
    }

    fn cache(&self, key: &str, value: &[u8], ttl_ms: u32) {
        let ttl = Duration::from_millis(u64::from(ttl_ms));
        self.call.cache.put(key.to_owned(), value.to_vec(), ttl);
    }

    fn now_ms(&self) -> u64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        now.map_or(0, |now| u64::try_from(now.as_millis()).unwrap_or(u64::MAX))
    }

    fn remaining_ms(&self) -> u32 {
        let left = self.scope.due().saturating_duration_since(Instant::now());
        u32::try_from(left.as_millis()).unwrap_or(u32::MAX)
    }

    fn sleep(&self, ms: u32) -> bool {
        let over = async {
            tokio::select! {
                biased;
                () = self.scope.cancel.cancelled() => false,
                () = self.scope.expired() => false,
                () = tokio::time::sleep(Duration::from_millis(u64::from(ms))) => true,
            }
        };
        self.handle.block_on(over)
    }

    fn log(&self, level: sdk::Level, text: &str) {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        if log.len() < usize::try_from(LOG_LINES).unwrap_or(usize::MAX) {
            log.push(format!("{level:?}: {text}"));
        }
    }
}

impl<D: sdk::Driver + 'static> Native<D> {
    /// Runs one function of the driver on a thread of its own.
    async fn run<R: Send + 'static>(
        call: Call,
        permit: Option<Arc<Permit>>,
        requests: u32,
        function: impl FnOnce(&dyn sdk::Host) -> Result<R, sdk::Failure> + Send + 'static,
    ) -> Result<R, Failure> {
        let host = NativeHost::new(call, permit, requests);
        let (scope, log) = (host.scope.clone(), host.call.controller.endpoint().id.clone());
        let running = tokio::task::spawn_blocking(move || function(&host));
        match running.await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(failure)) => Err(convert::failure(failure, &scope)),
            Err(panic) => Err(Failure::new(
                Cause::Driver,
                format!("The driver panicked at {log}: {panic}"),
            )),
        }
    }
}

#[async_trait]
impl<D: sdk::Driver + 'static> Driven for Native<D> {
    fn name(&self) -> String {
        format!("{} natively", self.name)
    }

    async fn probe(&self, call: Call) -> Result<Vec<switchyard_core::Fact>, Failure> {
        let facts = Self::run(call, None, REQUESTS, |host| D::probe(host)).await?;
        Ok(facts.into_iter().map(convert::fact).collect())
    }

    async fn survey(&self, call: Call) -> Result<Findings, Failure> {
        let findings = Self::run(call, None, SURVEY_REQUESTS, |host| D::survey(host)).await?;
        Ok(convert::findings(findings))
    }

    async fn observe(&self, call: Call, of: &Subject) -> Result<Observation, Failure> {
        let of = convert::subject(of);
        let observation = Self::run(call, None, REQUESTS, move |host| D::observe(host, &of)).await?;
        Ok(convert::observation(observation))
    }

    async fn act(
        &self,
        call: Call,
        on: &Subject,
        what: Primitive,
        permit: Arc<Permit>,
    ) -> Result<Submitted, Failure> {
        let (on, what) = (convert::subject(on), convert::primitive(what));
        let submitted = Self::run(call, Some(permit), REQUESTS, move |host| D::act(host, &on, what)).await?;
        Ok(convert::submitted(submitted))
    }

    async fn poll(&self, call: Call, handle: &str) -> Result<Progress, Failure> {
        let handle = handle.to_owned();
        let scope = Scope::new(call.lane, Instant::now() + call.deadline, call.cancel.clone());
        let progress = Self::run(call, None, REQUESTS, move |host| D::poll(host, &handle)).await?;
        Ok(convert::progress(progress, &scope))
    }

    async fn limits(&self, call: Call, of: &Subject) -> Result<Vec<PowerLimit>, Failure> {
        let of = convert::subject(of);
        let limits = Self::run(call, None, REQUESTS, move |host| D::limits(host, &of)).await?;
        Ok(limits.into_iter().map(convert::limit).collect())
    }

    async fn set_limits(
        &self,
        call: Call,
        on: &Subject,
        wanted: &[WantedLimit],
        permit: Arc<Permit>,
    ) -> Result<Submitted, Failure> {
        let on = convert::subject(on);
        let wanted: Vec<sdk::WantedLimit> = wanted.iter().map(convert::wanted_limit).collect();
        let setting = move |host: &dyn sdk::Host| D::set_limits(host, &on, &wanted);
        let submitted = Self::run(call, Some(permit), REQUESTS, setting).await?;
        Ok(convert::submitted(submitted))
    }

    async fn indicator(&self, call: Call, of: &Subject) -> Result<Indicator, Failure> {
        let of = convert::subject(of);
        let state = Self::run(call, None, REQUESTS, move |host| D::indicator(host, &of)).await?;
        Ok(convert::indicator(state))
    }

    async fn set_indicator(
        &self,
        call: Call,
        on: &Subject,
        wanted: Light,
        permit: Arc<Permit>,
    ) -> Result<Submitted, Failure> {
        let (on, wanted) = (convert::subject(on), convert::light(wanted));
        let setting = move |host: &dyn sdk::Host| D::set_indicator(host, &on, wanted);
        let submitted = Self::run(call, Some(permit), REQUESTS, setting).await?;
        Ok(convert::submitted(submitted))
    }
}
