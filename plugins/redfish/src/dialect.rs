//! Dialects: how a make of BMC differs from the standard, as data and a few hooks.
//!
//! A component of a make of BMC is a [`Dialect`] and a manifest; everything else is this crate. Whatever a dialect leaves out is what
//! DMTF wrote down: [`Dialect::STANDARD`].

mod boot;
mod condition;
mod model;
mod oem;
mod refusal;

use switchyard_driver_sdk::{Failure, Kind, Pace, Primitive};

pub use boot::BootForm;
pub use condition::Match;
pub(crate) use model::differences;
pub use model::{Difference, ModelRule};
pub use oem::{OemAction, OemTarget};
pub use refusal::{Meaning, Says};

use crate::client::Client;
use crate::limits::LimitForm;
use crate::outlet::OutletForm;
use crate::resource::Resource;

/// How a make of BMC differs from the standard.
#[derive(Debug, Clone, Copy)]
pub struct Dialect {
    /// The name, for log lines.
    pub name: &'static str,
    /// Further headers of every request.
    pub headers: &'static [(&'static str, &'static str)],
    /// Whether every request asks the BMC to close the connection after its answer. [`Difference::KeepsConnection`] and the setting
    /// `connection` (`close`, `keep-alive`) say otherwise.
    pub close: bool,
    /// Whether a 401 may be wrong although the credentials are right: a read is then repeated once, and only of a BMC that has
    /// accepted them lately, so that no account is locked out.
    pub doubts_unauthorized: bool,
    /// What a 401 that stands may mean instead, found out by a further read.
    pub unauthorized: fn(&Client<'_>) -> Option<Failure>,
    /// Primitives that are sent as another reset type, where the BMC lists that one.
    pub spellings: &'static [(Primitive, &'static str)],
    /// Whether a manager's reset action that lists no values is sent without `ResetType`, as `{}`.
    pub bare_manager_reset: bool,
    /// Primitives that the make has actions of its own for.
    pub oem_actions: &'static [OemAction],
    /// What the message ids and words of refusals stand for, before the meanings that all makes share.
    pub refusals: &'static [Says],
    /// Which conditions a change of a property is sent with, one after the other as long as the answer is 412 or 428.
    pub patch_matches: &'static [Match],
    /// Which condition a manager's reset action is sent with.
    pub manager_match: Match,
    /// How boot overrides are written.
    pub boot: BootForm,
    /// How power limits are written.
    pub limits: LimitForm,
    /// How outlets are switched.
    pub outlets: OutletForm,
    /// How fast the BMC may be asked.
    pub pace: Pace,
    /// How long a primitive usually and at the longest takes, in milliseconds, where the make differs.
    pub times: fn(Kind, Primitive) -> Option<(u32, u32)>,
    /// What a resource is, given the collection that it was found in and what it is by the standard.
    pub kind: fn(&str, &Resource, Kind) -> Kind,
    /// The path of the resource whose power one at this path needs, where no link says so.
    pub parent: fn(&str) -> Option<&'static str>,
    /// Evidence that the make gives and that proves nothing.
    pub distrusted_evidence: &'static [&'static str],
    /// How times begin that mean "not known".
    pub placeholders: &'static [&'static str],
    /// Whether a member that fails for a passing reason is left out of a survey instead of ending it.
    pub survives_lost_members: bool,
    /// Differences of single models.
    pub models: &'static [ModelRule],
    /// Looks before a change leaves. What it returns as a failure is not sent.
    pub before: fn(&Client<'_>, &str, Primitive) -> Result<(), Failure>,
}

impl Dialect {
    /// Redfish as DMTF wrote it, without differences.
    pub const STANDARD: Self = Self {
        name: "standard",
        headers: &[],
        close: false,
        doubts_unauthorized: false,
        unauthorized: |_| None,
        spellings: &[],
        bare_manager_reset: false,
        oem_actions: &[],
        refusals: &[],
        patch_matches: &[Match::Tag, Match::Strong, Match::Nothing, Match::Any],
        manager_match: Match::Nothing,
        boot: BootForm::STANDARD,
        limits: LimitForm::STANDARD,
        outlets: OutletForm::Shown,
        pace: Pace {
            parallel: 1,
            gap_ms: 0,
            settle_ms: 0,
            poll_ms: 0,
        },
        times: |_, _| None,
        kind: |_, _, usual| usual,
        parent: |_| None,
        distrusted_evidence: &[],
        placeholders: &["0000"],
        survives_lost_members: false,
        models: &[],
        before: |_, _, _| Ok(()),
    };

    /// How long a primitive usually and at the longest takes, in milliseconds.
    pub(crate) fn times_of(&self, kind: Kind, what: Primitive) -> (u32, u32) {
        (self.times)(kind, what).unwrap_or_else(|| crate::vocabulary::times(kind, what))
    }

    /// The reset type that is sent for a primitive instead of its own, if there is one.
    pub(crate) fn spelling(&self, what: Primitive) -> Option<&'static str> {
        self.spellings
            .iter()
            .find(|(primitive, _)| *primitive == what)
            .map(|(_, reset_type)| *reset_type)
    }

    /// What a refusal stands for, when the make has a meaning of its own for it.
    pub fn meaning(&self, failure: &Failure) -> Option<Meaning> {
        self.refusals
            .iter()
            .find(|says| says.is_said_by(failure))
            .map(|says| says.means)
    }

    /// Gives a failure the cause that the make's words stand for.
    #[must_use]
    pub fn judge(&self, failure: Failure) -> Failure {
        match self.meaning(&failure) {
            Some(meaning) => meaning.apply(failure),
            None => failure,
        }
    }
}
