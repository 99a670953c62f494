//! What an AMT controller is set to, and what it remembers.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use super::digest::Nonces;

/// How an AMT controller behaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AmtSwitches {
    /// The version of the firmware.
    pub version: String,
    /// How many requests one nonce serves; absent: any number.
    pub nonce_uses: Option<u32>,
    /// Whether the challenge for an old nonce says `stale="true"`.
    pub tells_stale: bool,
    /// Whether `auth-int` is offered alone.
    pub only_auth_int: bool,
    /// How many wrong logins in a row lock the account.
    pub locks_after: u32,
    /// How long the account stays locked, in milliseconds.
    pub locked_for_ms: u64,
    /// A remote screen is open: AMT refuses to switch the machine off or to reset it.
    pub remote_screen: bool,
    /// A person has to agree before the boot is changed.
    pub consent_required: bool,
    /// The person has agreed.
    pub consent_given: bool,
    /// The agent in the operating system runs, so that graceful changes and sleep are offered.
    pub agent: bool,
    /// The operating system saves power while the hardware says that it is on.
    pub saves_power: bool,
    /// The return value of every power change, in place of carrying it out.
    pub return_value: Option<u32>,
    /// The first request is cut off.
    pub drops_first: bool,
    /// Several documents come in one body.
    pub two_documents: bool,
}

impl Default for AmtSwitches {
    fn default() -> Self {
        Self {
            version: "16.1.25".into(),
            nonce_uses: None,
            tells_stale: true,
            only_auth_int: false,
            locks_after: 3,
            locked_for_ms: 60_000,
            remote_screen: false,
            consent_required: false,
            consent_given: false,
            agent: true,
            saves_power: false,
            return_value: None,
            drops_first: false,
            two_documents: false,
        }
    }
}

/// What an AMT controller has counted and remembers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct AmtView {
    /// Requests with a wrong digest.
    pub wrong_logins: u32,
    /// Requests with an old nonce and the right password.
    pub stale_nonces: u32,
    /// Requests that were carried out.
    pub requests: u32,
    /// Whether the account is locked.
    pub locked: bool,
    /// The sources of the boot order that is in force for the next start.
    pub boot_order: Vec<String>,
}

/// One AMT controller.
#[derive(Debug)]
pub(crate) struct Controller {
    state: Mutex<State>,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) switches: AmtSwitches,
    pub(super) view: AmtView,
    pub(super) nonces: Nonces,
    pub(super) wrong_in_a_row: u32,
    pub(super) locked_until: u64,
    pub(super) dropped_first: bool,
    /// The state of sleep that was asked for last.
    pub(super) asleep: Option<u32>,
    /// The order that `ChangeBootOrder` gave.
    pub(super) order: Vec<String>,
    pub(super) boot_options: BTreeMap<String, String>,
}

impl Controller {
    pub(crate) fn new(index: usize) -> Self {
        Self {
            state: Mutex::new(State {
                switches: AmtSwitches::default(),
                view: AmtView::default(),
                nonces: Nonces::new(index),
                wrong_in_a_row: 0,
                locked_until: 0,
                dropped_first: false,
                asleep: None,
                order: Vec::new(),
                boot_options: super::object::boot_options(),
            }),
        }
    }

    pub(crate) fn switch(&self, switches: AmtSwitches) {
        self.lock().switches = switches;
    }

    pub(crate) fn view(&self, now_ms: u64) -> AmtView {
        let state = self.lock();
        AmtView {
            locked: now_ms < state.locked_until,
            ..state.view.clone()
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
