use std::time::Duration;

use insta::assert_snapshot;
use switchyard_wire::Standing;
use switchyard_wire::pcs::TransitionStatus;
use switchyard_wire::v2::{Breakdown, Component, Counts, Failure, Member, TransitionSummary};
use switchyard_xname::NameSet;

use super::summary::summary;
use super::*;
use crate::account::tests::{each, ended, open, transition};
use crate::account::{Tally, groups};
use crate::error::Error;
use crate::selector;

fn component(id: &str, state: &str, age_ms: Option<u64>) -> Component {
    Component {
        id: id.to_owned(),
        kind: "node".to_owned(),
        hms_type: None,
        role: None,
        class: None,
        nid: None,
        disabled: false,
        controller: None,
        fallback: None,
        endpoint: None,
        state: state.to_owned(),
        raw: String::new(),
        available: true,
        observed_at: None,
        observed_through: None,
        age_ms,
        changed_at: "2026-11-21T10:00:02.000Z".to_owned(),
        desired: None,
        drift: false,
        booted: None,
        supported: Vec::new(),
        failure: None,
        uncertain: None,
        hold: None,
        reservation: None,
        flip_flop: None,
        queue: None,
    }
}

fn components(names: &str, state: &str, age_ms: Option<u64>) -> Vec<Component> {
    selector::parse(names)
        .unwrap()
        .iter()
        .map(|name| component(name.as_str(), state, age_ms))
        .collect()
}

fn away(mut components: Vec<Component>, code: &str, text: &str) -> Vec<Component> {
    for component in &mut components {
        component.available = false;
        component.failure = Some(Failure {
            code: code.to_owned(),
            status: None,
            codes: Vec::new(),
            text: text.to_owned(),
            retry_after_ms: None,
        });
    }
    components
}

fn verified(names: &str) -> Vec<Member> {
    each(names, |name| ended(name, Standing::Succeeded, "verified", None))
}

fn failed(names: &str, code: &str, text: &str) -> Vec<Member> {
    each(names, |name| {
        ended(name, Standing::Failed, "failed", Some((code, text)))
    })
}

/// A rack of 241 nodes on its way.
fn on_the_way() -> Vec<Member> {
    [
        verified("x1000c[0-1]s[0-7]b[0-1]n[0-3]"),
        each("x1000c2s0b0n[0-3]", |name| {
            ended(name, Standing::Succeeded, "already", None)
        }),
        each("x1000c3s[0-4]b0n[0-3]", |name| {
            open(
                name,
                Standing::InProgress,
                "verifying",
                "a reading that shows graceful-shutdown",
            )
        }),
        each("x1000c4s[0-7]b0n0", |name| {
            open(name, Standing::New, "queued", "its turn")
        }),
        failed(
            "x1003c0s[1-3]b0n0",
            "tls.expired",
            "the certificate expired on 2026-11-01",
        ),
        each("x1000c7s0b0n[0-1]", |name| {
            ended(name, Standing::Failed, "timed-out", None)
        }),
    ]
    .concat()
}

fn frame(members: &[Member]) -> Frame {
    Frame {
        operation: "soft-off".to_owned(),
        tally: Tally::of(members),
        elapsed: Duration::from_secs(32),
        rate: Some(4.44),
        remaining: Some(Duration::from_secs(7)),
        slow: Some(Slow {
            names: vec!["x1000c3s0b0n0".to_owned(), "x1000c3s0b0n1".to_owned()],
            lasted: Duration::from_secs(118),
            waits_for: "a reading that shows graceful-shutdown".to_owned(),
        }),
        groups: groups(members),
        banner: None,
    }
}

#[test]
fn spans_read_well() {
    let spans = [
        0,
        400,
        9_999,
        10_000,
        59_999,
        60_000,
        105_000,
        7_380_000,
        273_600_000,
    ];
    let shown: Vec<String> = spans
        .into_iter()
        .map(|ms| duration(Duration::from_millis(ms)))
        .collect();
    assert_eq!(
        shown,
        [
            "0.0s", "0.4s", "9.9s", "10s", "59s", "1m00s", "1m45s", "2h03m", "3d04h"
        ]
    );
}

#[test]
fn foreign_text_cannot_steer_the_terminal() {
    assert_eq!(
        plain("\u{1b}[2Jgone\r\nnext\tcolumn \u{202e}txet"),
        "[2Jgone next column txet"
    );
}

#[test]
fn status_of_a_rack() {
    let fleet = [
        components("x1000c0s[0-3]b0n[0-1]", "on", Some(900)),
        components("x1000c0s[4-6]b0n[0-1]", "off", Some(12_400)),
        components("x1000c0s7b0n0", "powering-on", Some(300)),
        away(
            components("x1000c0s7b0n1", "unknown", None),
            "bmc.unreachable",
            "connection refused",
        ),
    ]
    .concat();
    let shown: Vec<&Component> = fleet.iter().collect();
    let missing = NameSet::parse_names("x1009c0s[0-1]b0n0").unwrap();
    assert_snapshot!(status(&shown, &missing, Paint::PLAIN));
    assert_snapshot!(
        "status_of_a_rack_coloured",
        status(&shown, &missing, Paint::COLOURED).escape_debug()
    );
}

#[test]
fn status_of_one_and_of_none() {
    let one = component("x1000c0s0b0n0", "on", Some(100));
    assert_snapshot!(status(&[&one], &NameSet::new(), Paint::PLAIN));
    assert_snapshot!("status_of_none", status(&[], &NameSet::new(), Paint::PLAIN));
}

#[test]
fn a_block_fits_its_width() {
    let members = on_the_way();
    let frame = frame(&members);
    assert_snapshot!("block_at_100", block(&frame, 100, Paint::PLAIN));
    assert_snapshot!("block_at_40", block(&frame, 40, Paint::PLAIN));
    for width in [20, 33, 80, 200] {
        for paint in [Paint::PLAIN, Paint::COLOURED] {
            let block = block(&frame, width, paint);
            assert!(
                block
                    .lines()
                    .all(|line| console::measure_text_width(line) <= width),
                "{width}: {block}"
            );
        }
    }
}

#[test]
fn a_block_says_that_the_service_is_away() {
    let members = verified("x0c0s[0-3]b0n0");
    let banner =
        Some("reconnecting for 4.0s: cannot reach http://127.0.0.1:28007: Connection refused".to_owned());
    let frame = Frame {
        rate: None,
        remaining: None,
        slow: None,
        banner,
        ..frame(&members)
    };
    assert_snapshot!(block(&frame, 80, Paint::PLAIN));
}

#[test]
fn lines_for_files_and_pipes() {
    let members = on_the_way();
    let early = Frame {
        rate: None,
        remaining: None,
        elapsed: Duration::from_millis(310),
        ..frame(&members)
    };
    assert_snapshot!([line(&early, Paint::PLAIN), line(&frame(&members), Paint::PLAIN)].join("\n"));
}

#[test]
fn failures_are_told_once_for_each_reason() {
    let members = [
        failed(
            "x1000c7s[0-5]b0n0",
            "bmc.refused",
            "The operation is not allowed,\r\n the chassis is locked",
        ),
        failed("x1000c7s6b0n0", "bmc.unreachable", "connection refused"),
        each("x9c0s0b0n0", |name| {
            ended(
                name,
                Standing::Failed,
                "refused",
                Some(("component.not-found", "Missing xname")),
            )
        }),
        each("x1000c6s[0-1]b0n0", |name| {
            ended(name, Standing::Failed, "uncertain", None)
        }),
        each("x1000c5s[0-7]b0n0", |name| {
            ended(name, Standing::Failed, "cancelled-after-send", None)
        }),
        vec![ended(
            "not a name\u{7}",
            Standing::Failed,
            "refused",
            Some(("component.invalid-name", "Invalid xname")),
        )],
    ]
    .concat();
    assert_snapshot!(failures(&groups(&members), Paint::PLAIN).join("\n"));
}

#[test]
fn summaries_of_every_end() {
    let ends = [
        transition("off", TransitionStatus::Completed, verified("x0c0s[0-7]b0n0")),
        transition(
            "on",
            TransitionStatus::Completed,
            [
                verified("x0c0s0b0n0"),
                each("x0c0s1b0n0", |name| {
                    ended(name, Standing::Succeeded, "already", None)
                }),
            ]
            .concat(),
        ),
        transition(
            "hard-restart",
            TransitionStatus::Completed,
            [verified("x0c0s0b0n0"), failed("x0c0s1b0n0", "a", "b")].concat(),
        ),
        transition(
            "soft-off",
            TransitionStatus::Aborted,
            [
                verified("x0c0s0b0n0"),
                each("x0c0s[1-3]b0n0", |name| {
                    ended(name, Standing::Failed, "cancelled", None)
                }),
            ]
            .concat(),
        ),
        transition("on", TransitionStatus::Completed, Vec::new()),
    ];
    assert_snapshot!(
        ends.iter()
            .map(|end| summary(end, Paint::PLAIN))
            .collect::<Vec<_>>()
            .join("\n")
    );
}

#[test]
fn a_transition_in_full() {
    let mut shown = transition("soft-off", TransitionStatus::InProgress, on_the_way());
    shown.reason = Some("CDU maintenance CHG0012".to_owned());
    assert_snapshot!(show(&shown, Paint::PLAIN));
    let ended = transition(
        "soft-off",
        TransitionStatus::Completed,
        verified("x0c0s[0-7]b0n0"),
    );
    assert_snapshot!("an_ended_transition_in_full", show(&ended, Paint::PLAIN));
}

#[test]
fn a_list_of_transitions() {
    let row = |operation: &str, status, failed, reason: Option<&str>| TransitionSummary {
        id: "019ab1f0-7c3e-7d10-a9a4-2c7e7b1f3a55".to_owned(),
        operation: operation.to_owned(),
        status,
        requested_by: "alice".to_owned(),
        reason: reason.map(str::to_owned),
        retry_of: None,
        max_failures: None,
        max_failures_struck_at: None,
        created_at: "2026-11-21T10:00:02.123456Z".to_owned(),
        cancel_asked_at: None,
        ended_at: None,
        counts: Counts {
            total: 2_000,
            new: 0,
            in_progress: 0,
            failed,
            succeeded: 1_990,
            unsupported: 0,
        },
        breakdown: Breakdown {
            cancelled: failed / 5,
            ..Breakdown::default()
        },
    };
    let rows = [
        row("soft-off", TransitionStatus::InProgress, 0, Some("CHG0012")),
        row("on", TransitionStatus::Completed, 10, None),
    ];
    assert_snapshot!(list(&rows, Paint::PLAIN));
    assert_snapshot!("an_empty_list", list(&[], Paint::PLAIN));
}

#[test]
fn errors_are_one_line_with_what_to_do() {
    let told = |failure: Error| error(&failure, failure.advice().as_deref(), Paint::PLAIN);
    let status = |status, detail: &str, hint: Option<&str>| {
        Error::Server(crate::server::Error::Status {
            status,
            detail: detail.to_owned(),
            code: None,
            problems: Box::default(),
            hint: hint.map(str::to_owned),
            request_id: Some("0f7c".to_owned()),
        })
    };
    let lines = [
        told(selector::parse("x1000c[0-7").unwrap_err().into()),
        told(selector::parse("@gpu").unwrap_err().into()),
        told(selector::parse("x0!x0").unwrap_err().into()),
        told(status(400, "invalid operation: Bounce", None)),
        told(status(403, "viewers may not switch", None)),
        told(status(
            404,
            "there is no transition 7",
            Some("transitions are forgotten some time after they ended"),
        )),
        told(status(500, "disk full", None)),
        told(status(503, "the service stops", None)),
        told(Error::NotConfirmed {
            expected: 241,
            typed: "y".to_owned(),
        }),
    ];
    assert_snapshot!(lines.join("\n"));
}
