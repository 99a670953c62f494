use switchyard_wire::Standing;
use switchyard_wire::pcs::TransitionStatus;
use switchyard_wire::v2::{Breakdown, Counts, Failure, Member, Transition};

use super::*;

/// A member that has ended.
pub(crate) fn ended(name: &str, standing: Standing, outcome: &str, failure: Option<(&str, &str)>) -> Member {
    Member {
        name: name.to_owned(),
        component: Some(name.to_owned()),
        task: None,
        via: None,
        standing,
        phase: Some("done".to_owned()),
        attempts: None,
        paused: false,
        outcome: Some(outcome.to_owned()),
        confirmed: None,
        ended_at: None,
        departed: false,
        included: false,
        disposition: None,
        description: format!("Ended as {outcome}, {name}"),
        waiting_for: None,
        failure: failure.map(|(code, text)| Failure {
            code: code.to_owned(),
            status: None,
            codes: Vec::new(),
            text: text.to_owned(),
            retry_after_ms: None,
        }),
    }
}

/// A member on which work goes on.
pub(crate) fn open(name: &str, standing: Standing, phase: &str, waits_for: &str) -> Member {
    Member {
        phase: Some(phase.to_owned()),
        outcome: None,
        waiting_for: Some(switchyard_wire::v2::WaitingFor {
            what: "proof".to_owned(),
            text: waits_for.to_owned(),
            until: None,
        }),
        ..ended(name, standing, "", None)
    }
}

/// Many members alike.
pub(crate) fn each(names: &str, make: impl Fn(&str) -> Member) -> Vec<Member> {
    crate::selector::parse(names)
        .unwrap()
        .iter()
        .map(|name| make(name.as_str()))
        .collect()
}

/// A transition of these members.
pub(crate) fn transition(operation: &str, status: TransitionStatus, members: Vec<Member>) -> Transition {
    Transition {
        id: "019ab1f0-7c3e-7d10-a9a4-2c7e7b1f3a55".to_owned(),
        operation: operation.to_owned(),
        status,
        requested_by: "anonymous".to_owned(),
        reason: None,
        request_id: "r".to_owned(),
        retry_of: None,
        max_failures: None,
        max_failures_struck_at: None,
        created_at: "2026-11-21T10:00:02.000Z".to_owned(),
        cancel_asked_at: None,
        ended_at: status.is_final().then(|| "2026-11-21T10:03:14.500Z".to_owned()),
        counts: Counts::default(),
        breakdown: Breakdown::default(),
        estimate: None,
        notices: Vec::new(),
        members,
    }
}

#[test]
fn every_outcome_counts_somewhere() {
    let cases = [
        (Standing::Succeeded, "verified", Fate::Verified),
        (Standing::Succeeded, "already", Fate::Already),
        (Standing::Succeeded, "unproven", Fate::Unproven),
        (Standing::Succeeded, "of-tomorrow", Fate::Succeeded),
        (Standing::Failed, "failed", Fate::Failed),
        (Standing::Failed, "timed-out", Fate::Failed),
        (Standing::Failed, "uncertain", Fate::Failed),
        (Standing::Failed, "refused", Fate::Failed),
        (Standing::Failed, "superseded", Fate::Superseded),
        (Standing::Failed, "cancelled", Fate::Cancelled),
        (Standing::Failed, "cancelled-after-send", Fate::Cancelled),
        (Standing::Failed, "of-tomorrow", Fate::Failed),
        (Standing::Unsupported, "refused", Fate::Failed),
        (Standing::New, "", Fate::Waiting),
        (Standing::InProgress, "", Fate::InProgress),
    ];
    let members: Vec<Member> = cases
        .iter()
        .map(|(standing, outcome, _)| ended("x0c0s0b0n0", *standing, outcome, None))
        .collect();
    for (member, (_, _, wanted)) in members.iter().zip(cases) {
        assert_eq!(fate(member), wanted, "{:?}", member.outcome);
    }
    let tally = Tally::of(&members);
    assert_eq!(
        (tally.total(), tally.ended(), tally.fulfilled(), tally.failed),
        (15, 13, 4, 6)
    );
    assert_eq!(tally.percent(), 86);
}

#[test]
fn a_failure_weighs_more_than_a_cancel() {
    let of = |outcomes: &[(Standing, &str)]| {
        let members = outcomes
            .iter()
            .map(|(standing, outcome)| ended("n1", *standing, outcome, None))
            .collect();
        verdict(&transition("off", TransitionStatus::Completed, members))
    };
    assert_eq!(
        of(&[
            (Standing::Succeeded, "verified"),
            (Standing::Succeeded, "unproven")
        ]),
        Exit::Success
    );
    assert_eq!(
        of(&[(Standing::Succeeded, "verified"), (Standing::Failed, "cancelled")]),
        Exit::Partial
    );
    assert_eq!(of(&[(Standing::Failed, "superseded")]), Exit::Partial);
    assert_eq!(
        of(&[(Standing::Failed, "uncertain"), (Standing::Failed, "cancelled")]),
        Exit::Failed
    );
    assert_eq!(of(&[]), Exit::Success);
}

#[test]
fn the_same_words_about_different_components_are_one_group() {
    let mut members = each("x0c0s[0-2]b0n0", |name| {
        ended(
            name,
            Standing::Failed,
            "failed",
            Some(("bmc.refused", &format!("{name} is locked"))),
        )
    });
    members.push(ended(
        "x0c0s9b0n0",
        Standing::Failed,
        "timed-out",
        Some(("bmc.unreachable", "no route")),
    ));
    members.push(ended("x0c0s8b0n0", Standing::Failed, "cancelled", None));
    let found = groups(&members);
    let shown: Vec<_> = found
        .iter()
        .map(|group| (group.code.as_str(), group.text.as_str(), group.names.len()))
        .collect();
    assert_eq!(
        shown,
        [
            ("bmc.refused", "{name} is locked", 3),
            ("timed-out", "no route", 1),
            ("cancelled", "Ended as cancelled, {name}", 1),
        ]
    );
}
