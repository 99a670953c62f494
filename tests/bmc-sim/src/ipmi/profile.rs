//! How a make of BMC behaves over IPMI while nothing is wrong.

use serde::{Deserialize, Serialize};

/// How the BMCs of a fleet behave over IPMI. Start from [`IpmiProfile::standard`] and change fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IpmiProfile {
    /// IANA number of the manufacturer, as Get Device ID gives it.
    pub manufacturer_id: u32,
    /// Product id of that manufacturer.
    pub product_id: u16,
    /// Major (0 to 127) and minor (0 to 99) revision of the firmware.
    pub firmware: (u8, u8),
    /// The cipher suites that are offered and spoken.
    pub suites: Vec<CipherSuite>,
    /// The key of the BMC ("Kg"); absent: the user's password takes its place.
    pub kg: Option<String>,
    /// Sessions at once, those being set up included; more are refused with status 01h.
    pub max_sessions: usize,
    /// A session ends after so long without a packet.
    pub session_timeout_ms: u64,
    /// The highest privilege level of the user: 2 user, 3 operator, 4 administrator.
    pub privilege_limit: u8,
    /// Which privilege level goes into the hashes of RAKP.
    pub hashed_role: HashedRole,
    /// What becomes of a request whose number (rqSeq), command and data equal those of a recent one.
    pub duplicates: Duplicates,
    /// By how much the session sequence number of answers grows.
    pub sequence_step: u32,
    /// What becomes of a reset, a cycle and an interrupt of a machine that is off.
    pub when_off: IpmiWhenOff,
    /// Whether Get System Restart Cause is there.
    pub restart_cause: bool,
    /// Whether the event log is there and starts of the machine are logged in it.
    pub event_log: bool,
    /// Whether DCMI is there.
    pub dcmi: bool,
    /// How Get Power Limit answers.
    pub dcmi_limit: DcmiLimit,
    /// Boot flags become invalid so long after they were set, unless parameter 3 says otherwise.
    pub boot_flag_timeout_ms: u64,
}

impl IpmiProfile {
    /// A BMC after the specification, with everything a power service reads. Requests that arrive twice are executed twice, as the
    /// specification lets a BMC do.
    pub fn standard() -> Self {
        Self {
            manufacturer_id: 0x00_0157,
            product_id: 0x0b70,
            firmware: (2, 48),
            suites: vec![CipherSuite::Three, CipherSuite::Seventeen],
            kg: None,
            max_sessions: 4,
            session_timeout_ms: 60_000,
            privilege_limit: 4,
            hashed_role: HashedRole::Rakp,
            duplicates: Duplicates::Executed,
            sequence_step: 1,
            when_off: IpmiWhenOff::Refuse,
            restart_cause: true,
            event_log: true,
            dcmi: true,
            dcmi_limit: DcmiLimit::Code80WithData,
            boot_flag_timeout_ms: 60_000,
        }
    }

    /// A BMC with the mandatory commands alone: no restart cause, no event log, no DCMI.
    pub fn bare() -> Self {
        Self {
            restart_cause: false,
            event_log: false,
            dcmi: false,
            dcmi_limit: DcmiLimit::Missing,
            when_off: IpmiWhenOff::Ignore,
            ..Self::standard()
        }
    }
}

/// A cipher suite (table 22-20).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum CipherSuite {
    /// RAKP-HMAC-SHA1, HMAC-SHA1-96, AES-CBC-128.
    #[serde(rename = "3")]
    Three,
    /// RAKP-HMAC-SHA256, HMAC-SHA256-128, AES-CBC-128.
    #[serde(rename = "17")]
    Seventeen,
}

/// Which privilege level a BMC puts into the hashes of RAKP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HashedRole {
    /// That of RAKP message 1, as the specification says.
    Rakp,
    /// That of the Open Session Request, as many BMCs do.
    OpenSession,
}

/// What becomes of a request that arrives again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Duplicates {
    /// It is executed again.
    Executed,
    /// The earlier answer is given again.
    AnsweredAgain,
    /// It is refused with `CFh`.
    Refused,
}

/// What becomes of a reset, a cycle and an interrupt of a machine that is off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IpmiWhenOff {
    /// Refused with D5h.
    Refuse,
    /// Accepted, without effect.
    Ignore,
}

/// How Get Power Limit answers while no limit is active.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DcmiLimit {
    /// Code 80h, and the limit that was stored.
    Code80WithData,
    /// Code 80h and nothing else.
    Code80Bare,
    /// There are no commands for limits: 80h to reading one, C1h to the others.
    Missing,
}
