//! The cases of the suite.

mod change;
mod reading;
mod settings;
mod trouble;

use bmc_sim::Counts;
use switchyard_core::{Ability, Failure, Kind, Primitive, Subject};

use crate::rig::Rig;
use crate::suite::{Objection, Playing, Stage};

/// One case.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) rule: &'static str,
    pub(crate) play: fn(Stage<'_>) -> Playing<'_>,
}

macro_rules! cases {
    ($($module:ident :: $name:ident: $rule:literal),+ $(,)?) => {
        /// Every case, in the order in which they are played.
        pub(crate) const CASES: &[Case] = &[$(Case {
            name: stringify!($name),
            rule: $rule,
            play: |stage| Box::pin($module::$name(stage)),
        }),+];
    };
}

cases! {
    reading::recognises: "probe names what it found",
    reading::surveys: "survey lists each subject once, with times and replay classes that hold",
    reading::tells_on_from_off: "observe reads the state from the BMC each time",
    reading::knows_what_it_does_not_know: "a state word that nobody knows is unknown, not on or off",
    reading::tells_subjects_apart: "several subjects behind one BMC are kept apart",
    change::switches: "act sends its primitive in exactly one changing request",
    change::needs_no_memory: "a call works without what earlier calls remembered",
    change::follows_work: "work that goes on in the BMC is pending, and poll follows it to its end",
    change::forgets_unknown_work: "poll does not take unknown work for done",
    change::refuses_what_is_not_offered: "a primitive that is not offered is not supported, and nothing is sent",
    change::proves_a_restart: "a restart changes the evidence of a reading",
    trouble::never_repeats: "a change whose answer is lost is a failure and is not sent again",
    trouble::keeps_the_words: "a refusal is a failure with the BMC's status, codes and words",
    trouble::hears_busy: "a busy BMC is busy, with its wait",
    trouble::gives_a_login_up: "a refused login is reported as such after three tries at the most",
    trouble::survives_garbage: "an answer that makes no sense is a failure, not a state",
    trouble::leaves_in_time: "a call at a silent BMC ends when it is cancelled",
    settings::sets_limits: "a power limit that is writable reads back as it was set",
    settings::sets_the_indicator: "an indicator that can be set reads back as it was set",
}

/// Ends the case when the rule is broken.
macro_rules! ensure {
    ($holds:expr, $($words:tt)+) => {
        if !$holds {
            return Err($crate::suite::Objection::Broken(format!($($words)+)));
        }
    };
}
pub(crate) use ensure;

/// A call that must not fail.
pub(crate) fn well<T>(call: &str, answer: Result<T, Failure>) -> Result<T, Objection> {
    answer.map_err(|failure| Objection::Broken(format!("{call} failed: {}: {failure}", failure.cause.code())))
}

/// A call that must fail.
pub(crate) fn ill<T: std::fmt::Debug>(call: &str, answer: Result<T, Failure>) -> Result<Failure, Objection> {
    match answer {
        Ok(answer) => Err(Objection::Broken(format!("{call} said {answer:?}"))),
        Err(failure) => Ok(failure),
    }
}

/// How many changing requests the BMC has seen.
pub(crate) fn sent(counts: Counts) -> u64 {
    counts.posts + counts.other_requests + counts.ipmi_actions
}

/// The nodes that a survey finds.
pub(crate) async fn nodes(stage: Stage<'_>, rig: &Rig) -> Result<Vec<(Subject, Vec<Ability>)>, Objection> {
    let findings = well("survey", stage.driver.survey(rig.call()).await)?;
    let nodes: Vec<_> = findings
        .members
        .into_iter()
        .filter(|member| member.subject.kind == Kind::Node)
        .map(|member| (member.subject, member.abilities))
        .collect();
    ensure!(!nodes.is_empty(), "survey found no node");
    Ok(nodes)
}

/// The first node, which must offer this.
pub(crate) async fn node(stage: Stage<'_>, rig: &Rig, what: Primitive) -> Result<Subject, Objection> {
    match nodes(stage, rig).await?.into_iter().next() {
        Some((subject, abilities)) if abilities.iter().any(|ability| ability.what == what) => Ok(subject),
        _ => Err(Objection::NotApplicable(format!(
            "its node does not offer {what}"
        ))),
    }
}
