//! What one BMC keeps for IPMI.

use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::boot::BootOptions;
use super::dcmi::Limit;
use super::sel::EventLog;
use super::session::Sessions;
use crate::bmc::Bmc;
use crate::clock::Moment;

/// The IPMI side of one BMC.
#[derive(Debug)]
pub(crate) struct Controller {
    state: Mutex<State>,
}

/// What changes.
#[derive(Debug)]
pub(super) struct State {
    pub(super) sessions: Sessions,
    pub(super) guid: [u8; 16],
    pub(super) boot: BootOptions,
    pub(super) log: EventLog,
    pub(super) limit: Limit,
    pub(super) identify: Lit,
    /// Why the machine last started (table 28-11).
    pub(super) restart_cause: u8,
    /// Whether the last power-on was made by a command over IPMI.
    pub(super) on_by_command: bool,
    /// An answer that goes out behind the next one.
    pub(super) held: Option<(SocketAddr, Vec<u8>)>,
    seed: u64,
    drawn: u64,
}

/// The light.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lit {
    No,
    Until(Moment),
    Always,
}

/// The light by which people find a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Identify {
    /// Dark.
    Off,
    /// Lit for a while.
    Temporary,
    /// Lit until told otherwise.
    Indefinite,
}

/// What a BMC keeps for IPMI, for tests to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IpmiView {
    /// Sessions in use.
    pub sessions: usize,
    /// Sessions in use and being set up.
    pub slots: usize,
    /// The light.
    pub identify: Identify,
    /// The five bytes of the boot flags (parameter 5) while they are valid.
    pub boot_flags: Option<[u8; 5]>,
    /// The active limit of power, in watts.
    pub power_limit: Option<u16>,
    /// Entries of the event log.
    pub events: usize,
}

/// Power was restored and the machine went back to what it was (table 28-11).
const CAUSE_AC_RESTORED: u8 = 0x07;

impl Controller {
    pub(crate) fn new(index: usize, seed: u64) -> Self {
        let mut state = State {
            sessions: Sessions::default(),
            guid: [0; 16],
            boot: BootOptions::default(),
            log: EventLog::default(),
            limit: Limit::default(),
            identify: Lit::No,
            restart_cause: CAUSE_AC_RESTORED,
            on_by_command: false,
            held: None,
            seed: seed ^ ((index as u64) << 32),
            drawn: 0,
        };
        state.guid = state.random();
        Self {
            state: Mutex::new(state),
        }
    }

    /// What there is to see of it.
    pub(crate) fn view(&self, bmc: &Bmc, now: Moment) -> IpmiView {
        let profile = &bmc.profile().ipmi;
        let mut state = self.lock();
        let starts = bmc.starts(now);
        if let Some(starts) = starts.filter(|_| profile.event_log) {
            state.log.catch_up(starts);
        }
        state.sessions.expire(now, profile.session_timeout_ms);
        let count = starts.map_or(0, |starts| starts.count);
        IpmiView {
            sessions: state.sessions.in_use(),
            slots: state.sessions.len(),
            identify: state.identify(now),
            boot_flags: state.boot.flags(now, count, profile.boot_flag_timeout_ms),
            power_limit: state.limit.active(),
            events: state.log.len(),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Bytes that differ every time; nobody here needs them to be secret.
    pub(super) fn random(&mut self) -> [u8; 16] {
        self.drawn += 1;
        let mut hash = Sha256::new();
        hash.update(self.seed.to_le_bytes());
        hash.update(self.drawn.to_le_bytes());
        let digest: [u8; 32] = hash.finalize().into();
        std::array::from_fn(|at| digest[at])
    }

    /// A number for a session, never zero.
    pub(super) fn session_id(&mut self) -> u32 {
        let [a, b, c, d, ..] = self.random();
        u32::from_le_bytes([a, b, c, d]) | 1
    }

    /// The BMC starts over: what it only remembers is gone.
    pub(super) fn restart(&mut self) {
        self.sessions.clear();
        self.identify = Lit::No;
        self.restart_cause = 0;
        self.on_by_command = false;
        self.held = None;
    }

    pub(super) fn identify(&self, now: Moment) -> Identify {
        match self.identify {
            Lit::Until(until) if now < until => Identify::Temporary,
            Lit::No | Lit::Until(_) => Identify::Off,
            Lit::Always => Identify::Indefinite,
        }
    }
}
