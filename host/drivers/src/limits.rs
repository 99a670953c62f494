//! Every limit of the runtime, with its default.

use std::time::Duration;

/// The largest component, in bytes.
pub const COMPONENT_MAX_BYTES: usize = 32 << 20;
/// The largest manifest, in bytes.
pub(crate) const MANIFEST_MAX_BYTES: usize = 64 << 10;
/// Linear memory of one instance, over all its memories, in bytes.
pub const MEMORY_BYTES: usize = 16 << 20;
/// The step in which CPU time is counted and shared.
pub const CPU_TICK: Duration = Duration::from_millis(10);
/// CPU time of one call, in ticks of [`CPU_TICK`].
pub const CPU_TICKS: u32 = 50;
/// Log lines of one call.
pub const LOG_LINES: u32 = 64;
/// The longest log line, in bytes.
pub const LOG_LINE_MAX_BYTES: usize = 512;
/// HTTP requests of one call.
pub const REQUESTS: u32 = 64;
/// HTTP requests of one survey, which walks a whole tree.
pub const SURVEY_REQUESTS: u32 = 512;
/// What the drivers of one BMC may remember, keys included, in bytes.
pub const CACHE_BYTES: usize = 64 << 10;
/// The longest time that a cached value is kept.
pub(crate) const CACHE_TTL_MAX: Duration = Duration::from_hours(24);
/// Live instances for polls.
pub const LIVE_POLLS: usize = 256;
/// Live instances for actions.
pub const LIVE_ACTIONS: usize = 1024;
/// How long a cancelled or late call may take to leave by itself before its instance is dropped.
pub(crate) const LEAVE: Duration = Duration::from_millis(500);

/// WebAssembly stack, in bytes.
pub(crate) const WASM_STACK_BYTES: usize = 256 << 10;
/// Native stack of a call, in bytes; holds the WebAssembly stack.
pub(crate) const ASYNC_STACK_BYTES: usize = 512 << 10;
/// What one import or result may make the host allocate, in bytes.
pub(crate) const TRANSFER_BYTES: usize = 8 << 20;
/// Table elements of one instance.
pub(crate) const TABLE_ELEMENTS: usize = 20_000;
/// Core instances, tables and memories of one component.
pub(crate) const CORE_INSTANCES: usize = 64;
pub(crate) const TABLES: usize = 64;
pub(crate) const MEMORIES: usize = 8;

/// The most members of a survey that are kept.
pub(crate) const MEMBERS_MAX: usize = 1024;
/// The most facts of one list that are kept.
pub(crate) const FACTS_MAX: usize = 256;
/// The most abilities of a member that are kept.
pub(crate) const ABILITIES_MAX: usize = 32;
/// The longest name of a fact or member, in bytes.
pub(crate) const NAME_MAX_BYTES: usize = 128;
/// The longest value of a fact, word of a state, id or handle, in bytes.
pub(crate) const VALUE_MAX_BYTES: usize = 1024;

/// The limits of a driver's calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Linear memory, in bytes.
    pub memory: usize,
    /// CPU time, in ticks of [`CPU_TICK`].
    pub cpu_ticks: u32,
    /// HTTP requests of a call that is no survey.
    pub requests: u32,
    /// HTTP requests of a survey.
    pub survey_requests: u32,
    /// Log lines.
    pub log_lines: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory: MEMORY_BYTES,
            cpu_ticks: CPU_TICKS,
            requests: REQUESTS,
            survey_requests: SURVEY_REQUESTS,
            log_lines: LOG_LINES,
        }
    }
}
