//! The import `call`: settings, cache, time, log.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

use crate::bindings::v0_1::{call, faults, types};
use crate::log::Level;
use crate::state::CallState;

impl types::Host for CallState {}

impl faults::Host for CallState {}

impl call::Host for CallState {
    fn setting(&mut self, name: String) -> wasmtime::Result<Option<String>> {
        Ok(self.settings.get(&name).cloned())
    }

    fn cached(&mut self, key: String) -> wasmtime::Result<Option<Vec<u8>>> {
        Ok(self.cache.get(&key))
    }

    fn cache(&mut self, key: String, value: Vec<u8>, ttl_ms: u32) -> wasmtime::Result<()> {
        self.cache
            .put(key, value, Duration::from_millis(u64::from(ttl_ms)));
        Ok(())
    }

    fn now_ms(&mut self) -> wasmtime::Result<u64> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Ok(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }

    fn remaining_ms(&mut self) -> wasmtime::Result<u32> {
        if self.scope.cancel.is_cancelled() {
            return Ok(0);
        }
        let left = self.scope.due().saturating_duration_since(Instant::now());
        Ok(u32::try_from(left.as_millis()).unwrap_or(u32::MAX))
    }

    async fn sleep(&mut self, ms: u32) -> wasmtime::Result<bool> {
        self.pause_cpu()?;
        let slept = tokio::select! {
            biased;
            () = self.scope.cancel.cancelled() => false,
            () = self.scope.expired() => false,
            () = tokio::time::sleep(Duration::from_millis(u64::from(ms))) => true,
        };
        self.cpu.resume();
        Ok(slept)
    }

    fn log(&mut self, level: call::Level, text: String) -> wasmtime::Result<()> {
        let level = match level {
            call::Level::Debug => Level::Debug,
            call::Level::Info => Level::Info,
            call::Level::Warn => Level::Warn,
            call::Level::Error => Level::Error,
        };
        self.log.write(level, &text);
        Ok(())
    }
}
