//! Fault rules: which requests of which BMCs go wrong, how, and how often.

mod table;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub(crate) use table::{Asked, FaultTable, Plan, RequestKind};

/// One rule. Every authorised request that fits it and for which the dice fall is hit.
///
/// Rules are tried in the order they were added. Effects that only shade a request ([`Effect::Slow`],
/// [`Effect::WrongState`], [`Effect::StaleReading`], [`Effect::ExecuteLate`], [`Effect::ExecuteTwice`],
/// [`Effect::OsIgnores`]) add up; the first of the others ends the search.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What goes wrong.
    pub effect: Effect,
    /// Which BMCs; all unless given.
    #[serde(default)]
    pub bmcs: Bmcs,
    /// Only requests of this protocol; absent: of any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<Protocol>,
    /// Which requests; absent: those the effect is about (see [`Effect::requests`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<Requests>,
    /// Only this HTTP method.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Only paths that contain this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// How many hits are left; absent: any number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remaining: Option<u32>,
    /// Whether `remaining` counts for each BMC separately.
    #[serde(default)]
    pub each_bmc: bool,
    /// The chance of a fitting request to be hit, 0 to 1; absent: always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// The rule ends this many milliseconds after it was added; absent: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub for_ms: Option<u64>,
}

impl Fault {
    /// A rule for all BMCs, every time, on the requests that the effect is about.
    pub fn new(effect: Effect) -> Self {
        Self {
            effect,
            bmcs: Bmcs::All,
            protocol: None,
            on: None,
            method: None,
            path: None,
            remaining: None,
            each_bmc: false,
            probability: None,
            for_ms: None,
        }
    }

    /// Shorthand for a refusal with extended info.
    pub fn refuse(status: u16, message_id: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Effect::Refuse {
            status,
            message_id: message_id.into(),
            message: message.into(),
        })
    }

    /// Only this BMC.
    pub fn bmc(self, index: usize) -> Self {
        self.bmcs([index])
    }

    /// Only these BMCs.
    pub fn bmcs(self, indexes: impl IntoIterator<Item = usize>) -> Self {
        Self {
            bmcs: Bmcs::Only(indexes.into_iter().collect()),
            ..self
        }
    }

    /// Only requests of this protocol.
    pub fn protocol(self, protocol: Protocol) -> Self {
        Self {
            protocol: Some(protocol),
            ..self
        }
    }

    /// Only these requests.
    pub fn on(self, requests: Requests) -> Self {
        Self {
            on: Some(requests),
            ..self
        }
    }

    /// Only this HTTP method.
    pub fn method(self, method: impl Into<String>) -> Self {
        Self {
            method: Some(method.into()),
            ..self
        }
    }

    /// Only paths that contain this.
    pub fn path(self, part: impl Into<String>) -> Self {
        Self {
            path: Some(part.into()),
            ..self
        }
    }

    /// Only this many hits in all.
    pub fn times(self, hits: u32) -> Self {
        Self {
            remaining: Some(hits),
            each_bmc: false,
            ..self
        }
    }

    /// Only this many hits on each BMC.
    pub fn times_each(self, hits: u32) -> Self {
        Self {
            remaining: Some(hits),
            each_bmc: true,
            ..self
        }
    }

    /// With this chance, 0 to 1.
    pub fn probability(self, chance: f64) -> Self {
        Self {
            probability: Some(chance),
            ..self
        }
    }

    /// Only for this long from now on.
    pub fn for_ms(self, ms: u64) -> Self {
        Self {
            for_ms: Some(ms),
            ..self
        }
    }

    /// Whether the rule is about this protocol.
    fn speaks(&self, protocol: Protocol) -> bool {
        self.protocol.is_none_or(|only| only == protocol)
    }

    /// What is wrong with the rule itself, if anything.
    pub(crate) fn check(&self) -> Result<(), InvalidFault> {
        if let Some(chance) = self.probability
            && !(0.0..=1.0).contains(&chance)
        {
            return Err(InvalidFault::Probability { chance });
        }
        match &self.effect {
            Effect::Refuse { status, .. } if !(400..=599).contains(status) => {
                Err(InvalidFault::Status { status: *status })
            }
            Effect::Redirect {
                location: Some(location),
            } if http::HeaderValue::from_str(location).is_err() => Err(InvalidFault::Location),
            _ => Ok(()),
        }
    }
}

/// A rule that makes no sense.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum InvalidFault {
    /// Not a chance.
    #[error("probability {chance} is not between 0 and 1")]
    Probability {
        /// What was given.
        chance: f64,
    },
    /// Not an error status.
    #[error("a refusal with status {status} is none: give 400 to 599")]
    Status {
        /// What was given.
        status: u16,
    },
    /// The location cannot be sent in a header.
    #[error("the location of a redirect must be visible ASCII")]
    Location,
}

/// What a request is made in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// Redfish over HTTP.
    Redfish,
    /// IPMI over UDP. Paths are `/ipmi/NETFN/COMMAND` in hexadecimal digits, `/ipmi/open-session`, `/ipmi/rakp-1`, `/ipmi/rakp-3` and
    /// `/ipmi/ping`.
    Ipmi,
    /// WS-Management as Intel AMT speaks it. Paths are `/wsman/CLASS/METHOD`, where METHOD is `Get`, `Put` or the name of a method.
    Amt,
}

/// Which BMCs a rule is about.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bmcs {
    /// The whole fleet.
    #[default]
    All,
    /// These, by index.
    #[serde(untagged)]
    Only(Vec<usize>),
}

impl Bmcs {
    fn contains(&self, bmc: usize) -> bool {
        match self {
            Self::All => true,
            Self::Only(indexes) => indexes.contains(&bmc),
        }
    }
}

/// Which requests a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Requests {
    /// All.
    Any,
    /// POST to an action; Chassis Control and the resets of the BMC over IPMI.
    Actions,
    /// GET and HEAD; commands of IPMI that only read.
    Reads,
    /// GET and HEAD of resources with a `PowerState`; Get Chassis Status.
    PowerReadings,
    /// Steps of setting up an IPMI session.
    Sessions,
    /// PATCH, and POST to what sets something beside power.
    Settings,
}

/// What goes wrong. "Executing" means that the power model takes the reset and the log counts it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Effect {
    /// The action is accepted with the profile's usual answer and never executed.
    Ignore,
    /// Refused with extended info, not executed.
    Refuse {
        /// HTTP status, 400 to 599.
        status: u16,
        /// `MessageId` of the extended info.
        message_id: String,
        /// `Message` of the extended info.
        message: String,
    },
    /// The action is executed, then the connection is cut without an answer.
    ExecuteThenCut,
    /// The whole request is read, then the connection is cut; nothing is executed.
    CutBeforeExecuting,
    /// The connection is cut when the headers are in, before the body is read; nothing is executed.
    CutAfterHeaders,
    /// Executed; the answer promises a body, and the connection is cut in the middle of it.
    CutInAnswer,
    /// The request is read and never answered.
    Hang {
        /// The connection is cut after so long; absent: never.
        #[serde(default)]
        for_ms: Option<u64>,
        /// Whether an action is executed before the silence.
        #[serde(default)]
        execute: bool,
    },
    /// Everything as usual, but so much later. The delay comes before executing.
    Slow {
        /// The delay.
        ms: u64,
    },
    /// Readings show this `PowerState`, also words outside the vocabulary.
    WrongState {
        /// The lie.
        state: String,
    },
    /// Power readings come from a cache of the BMC that is renewed after so long.
    StaleReading {
        /// Age at which the cache is renewed.
        ms: u64,
    },
    /// 401 in spite of the right password; status 0Fh over IPMI.
    Unauthorized,
    /// 503 with Dell's `RAC0218`: the maximum number of sessions is reached; status 01h over IPMI.
    SessionCap,
    /// 503 with `Retry-After`; C0h over IPMI.
    Busy {
        /// Seconds in `Retry-After`.
        retry_after: u64,
    },
    /// Executed; the body is not JSON although the header says so.
    GarbageBody,
    /// Executed; the body is so many bytes long, streamed without a length in the header, and no JSON.
    HugeBody {
        /// Length of the body.
        bytes: u64,
    },
    /// 308 to another place, not executed.
    Redirect {
        /// `Location`; absent: the same resource at the same origin, with a query that this rule lets pass.
        #[serde(default)]
        location: Option<String>,
    },
    /// The action is accepted now and executed so much later.
    ExecuteLate {
        /// The delay.
        ms: u64,
    },
    /// The action is executed twice.
    ExecuteTwice,
    /// The action reaches an operating system that ignores shutdowns and graceful restarts.
    OsIgnores,
    /// IPMI only: answered with this completion code, not executed.
    CompletionCode {
        /// The code.
        code: u8,
    },
    /// IPMI only: the step of a session's set-up is answered with this status.
    SessionStatus {
        /// The status.
        status: u8,
    },
    /// IPMI only: the BMC has forgotten the session, and says nothing.
    ForgetSession,
    /// IPMI only: executed; the answer arrives twice.
    DuplicateAnswer,
    /// IPMI only: executed; the answer arrives behind the next one.
    LateAnswer,
    /// IPMI only: executed; the checksum of the answer's message is wrong.
    WrongChecksum,
    /// IPMI only: executed; the code of the answer's packet is wrong.
    WrongCode,
    /// New connections are reset, or with `silent` accepted and never served; open ones are cut at their next request.
    /// Only `bmcs`, `remaining`, `probability` and `for_ms` choose; a cut request counts as a hit too.
    Unreachable {
        /// Accept and say nothing instead of resetting.
        #[serde(default)]
        silent: bool,
    },
}

impl Effect {
    /// The requests that a rule with this effect is about unless it says otherwise.
    pub fn requests(&self) -> Requests {
        match self {
            Self::Ignore
            | Self::Refuse { .. }
            | Self::ExecuteThenCut
            | Self::CutBeforeExecuting
            | Self::CutAfterHeaders
            | Self::CutInAnswer
            | Self::ExecuteLate { .. }
            | Self::ExecuteTwice
            | Self::OsIgnores
            | Self::CompletionCode { .. } => Requests::Actions,
            Self::SessionStatus { .. } => Requests::Sessions,
            Self::WrongState { .. } | Self::StaleReading { .. } => Requests::PowerReadings,
            Self::Hang { .. }
            | Self::Slow { .. }
            | Self::Unauthorized
            | Self::SessionCap
            | Self::Busy { .. }
            | Self::GarbageBody
            | Self::HugeBody { .. }
            | Self::Redirect { .. }
            | Self::ForgetSession
            | Self::DuplicateAnswer
            | Self::LateAnswer
            | Self::WrongChecksum
            | Self::WrongCode
            | Self::Unreachable { .. } => Requests::Any,
        }
    }
}

impl Effect {
    /// Whether it can befall such a request at all: most can in any protocol, some belong to one, and some to one step of it.
    fn applies(&self, asked: &Asked<'_>) -> bool {
        let is_step = asked.kind == RequestKind::Session;
        match (self, asked.protocol) {
            (Self::SessionCap, Protocol::Ipmi) => asked.path == "/ipmi/open-session",
            (Self::Unauthorized, Protocol::Ipmi) => asked.path == "/ipmi/rakp-3",
            (Self::SessionStatus { .. }, Protocol::Ipmi) => is_step,
            (
                Self::Busy { .. } | Self::CompletionCode { .. } | Self::ForgetSession | Self::WrongChecksum,
                Protocol::Ipmi,
            ) => !is_step,
            (Self::Refuse { .. } | Self::Redirect { .. }, Protocol::Ipmi)
            | (
                Self::CompletionCode { .. }
                | Self::SessionStatus { .. }
                | Self::ForgetSession
                | Self::DuplicateAnswer
                | Self::LateAnswer
                | Self::WrongChecksum
                | Self::WrongCode,
                Protocol::Redfish | Protocol::Amt,
            )
            | (Self::Redirect { .. }, Protocol::Amt) => false,
            _ => true,
        }
    }
}

/// Names a rule from its addition to its removal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FaultId(pub u64);

/// A rule in force.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ActiveFault {
    /// Its name.
    pub id: FaultId,
    /// How often it was hit.
    pub hits: u64,
    /// The rule, with `remaining` as it is now. With `each_bmc` it stays what it was.
    #[serde(flatten)]
    pub fault: Fault,
}
