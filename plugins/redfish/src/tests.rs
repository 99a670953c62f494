//! The client against small trees with the oddities of real BMCs.

use switchyard_driver_sdk::testing::{FakeHost, answer, fault};
use switchyard_driver_sdk::{
    Cause, Delivery, Fact, Failure, Findings, Kind, Observation, PowerState, Primitive, Progress, Reason,
    Subject, Submitted,
};

use crate::{Dialect, Difference, Match, Meaning, ModelRule, OemAction, Says, probe};

fn survey(host: &FakeHost) -> Result<Findings, Failure> {
    crate::survey(host, &Dialect::STANDARD)
}

fn observe(host: &FakeHost, of: &Subject) -> Result<Observation, Failure> {
    crate::observe(host, &Dialect::STANDARD, of)
}

fn act(host: &FakeHost, on: &Subject, what: Primitive) -> Result<Submitted, Failure> {
    crate::act(host, &Dialect::STANDARD, on, what)
}

fn poll(host: &FakeHost, handle: &str) -> Result<Progress, Failure> {
    crate::poll(host, &Dialect::STANDARD, handle)
}

const ROOT: &str = r#"{"RedfishVersion": "1.6.0", "Vendor": "Acme", "Oem": {"Acme": {}}, "Systems": {"@odata.id": "/redfish/v1/Systems"},
    "Chassis": {"@odata.id": "/redfish/v1/Chassis"}, "Managers": {"@odata.id": "/redfish/v1/Managers"}}"#;
const NODE: &str = "/redfish/v1/Systems/Node0";

fn bmc() -> FakeHost {
    FakeHost::new()
        .page("/redfish/v1", ROOT)
        .page(
            "/redfish/v1/Systems",
            r#"{"Members": [{"@odata.id": "/redfish/v1/Systems/Node0"}, {"@odata.id": "/redfish/v1/Systems/Node9"}, {}]}"#,
        )
        .page(
            NODE,
            r##"{"PowerState": "On", "Model": "M1", "LastResetTime": "2026-01-02T03:04:05Z", "BootProgress": {"LastState": "OSRunning"},
              "Links": {"Chassis": [{"@odata.id": "/redfish/v1/Chassis/Blade/"}]},
              "Actions": {"#ComputerSystem.Reset": {"target": "/redfish/v1/Systems/Node0/Actions/Reset",
                "@Redfish.ActionInfo": "/redfish/v1/Systems/Node0/ResetActionInfo"}}}"##,
        )
        .page(
            "/redfish/v1/Systems/Node0/ResetActionInfo",
            r#"{"Parameters": [{"Name": "ResetType", "AllowableValues": ["on", "ForceOff", "Off", "StatefulReset"]}]}"#,
        )
        .page("/redfish/v1/Chassis", r#"{"Members": [{"@odata.id": "/redfish/v1/Chassis/Blade"}]}"#)
        .page("/redfish/v1/Chassis/Blade", r#"{"ChassisType": "Blade", "PowerState": "Reset"}"#)
        .page("/redfish/v1/Managers", r#"{"Members": [{"@odata.id": "/redfish/v1/Managers/BMC"}]}"#)
        .page(
            "/redfish/v1/Managers/BMC",
            r##"{"FirmwareVersion": "1.2", "LastResetTime": "0000-00-00T00:00:00+00:00",
              "Actions": {"#Manager.Reset": {"target": "/redfish/v1/Managers/BMC/Actions/Manager.Reset"}}}"##,
        )
}

fn node() -> Subject {
    Subject {
        kind: Kind::Node,
        id: NODE.to_owned(),
    }
}

fn sent(host: &FakeHost) -> Vec<(String, String)> {
    host.changes()
        .into_iter()
        .map(|r| (r.path, String::from_utf8(r.body).unwrap()))
        .collect()
}

#[test]
fn probe_reads_the_root() {
    let facts = probe(&bmc()).unwrap();
    let value = |name: &str| facts.iter().find(|f| f.name == name).map(|f| f.value.as_str());
    assert_eq!(
        (value("vendor"), value("redfish-version"), value("oem")),
        (Some("Acme"), Some("1.6.0"), Some("Acme"))
    );
}

#[test]
fn survey_keeps_what_is_odd_as_facts() {
    let findings = survey(&bmc()).unwrap();
    let names: Vec<&str> = findings.members.iter().map(|m| m.name.as_str()).collect();
    assert_eq!(names, ["Node0", "Blade", "BMC"]);
    let [node, blade, manager] = findings.members.as_slice() else {
        panic!("three members")
    };
    assert_eq!(
        node.parent.as_ref().map(|p| p.id.as_str()),
        Some("/redfish/v1/Chassis/Blade")
    );
    let abilities: Vec<Primitive> = node.abilities.iter().map(|a| a.what).collect();
    assert_eq!(
        abilities,
        [Primitive::On, Primitive::ForceOff, Primitive::GracefulShutdown]
    );
    assert!(node.abilities.iter().all(|a| a.advertised));
    assert!(
        node.facts
            .iter()
            .any(|f| f.name == "unknown-reset-type" && f.value == "StatefulReset")
    );
    assert_eq!(blade.subject.kind, Kind::Module);
    assert!(blade.abilities.is_empty());
    assert_eq!(manager.abilities.len(), 1);
    assert!(!manager.abilities[0].advertised);
    assert!(
        findings
            .identity
            .iter()
            .any(|f| f.name == "dangling" && f.value == "/redfish/v1/Systems/Node9")
    );
    assert!(findings.identity.iter().any(|f| f.name == "stray"));
}

#[test]
fn survey_lives_without_systems_and_with_null_members() {
    let host = FakeHost::new()
        .page("/redfish/v1", r#"{"Chassis": {"@odata.id": "/redfish/v1/Chassis"}, "Managers": {"@odata.id": "/redfish/v1/Managers"}}"#)
        .page("/redfish/v1/Chassis", r#"{"Members": null}"#);
    let findings = survey(&host).unwrap();
    assert!(findings.members.is_empty());
    assert!(
        findings
            .identity
            .iter()
            .any(|f| f.name == "missing" && f.value == "Systems")
    );
    assert!(
        findings
            .identity
            .iter()
            .any(|f| f.name == "dangling" && f.value == "/redfish/v1/Managers")
    );
    let bare = FakeHost::new().page("/redfish/v1", "{}");
    assert_eq!(survey(&bare).unwrap_err().cause, Cause::Malformed);
}

#[test]
fn a_manager_is_restarted_but_never_shut_down() {
    let host = bmc();
    let manager = Subject {
        kind: Kind::Controller,
        id: "/redfish/v1/Managers/BMC".to_owned(),
    };
    host.put(
        &manager.id,
        answer(
            200,
            r##"{"Actions": {"#Manager.Reset": {"target": "/reset",
              "ResetType@Redfish.AllowableValues": ["GracefulRestart", "GracefulShutdown", "Off"]}}}"##,
        ),
    );
    let findings = survey(&host).unwrap();
    let found = findings.members.iter().find(|m| m.subject == manager).unwrap();
    assert_eq!(
        found.abilities.iter().map(|a| a.what).collect::<Vec<_>>(),
        [Primitive::GracefulRestart]
    );
    assert_eq!(
        act(&host, &manager, Primitive::GracefulShutdown)
            .unwrap_err()
            .cause,
        Cause::NotSupported
    );
    assert!(host.changes().is_empty());
}

#[test]
fn a_refusal_of_the_credentials_ends_a_survey() {
    let host = bmc();
    host.put(NODE, answer(401, ""));
    assert_eq!(survey(&host).unwrap_err().cause, Cause::Auth);
}

#[test]
fn what_cannot_be_read_for_a_passing_reason_ends_a_survey() {
    let parts = [
        "/redfish/v1/Systems",
        NODE,
        "/redfish/v1/Systems/Node0/ResetActionInfo",
        "/redfish/v1/Chassis/Blade",
        "/redfish/v1/Managers/BMC",
    ];
    for part in parts {
        for (status, cause) in [
            (429, Cause::Busy),
            (500, Cause::Other("http-500".to_owned())),
            (503, Cause::Busy),
            (504, Cause::Other("http-504".to_owned())),
        ] {
            let host = bmc();
            host.put(part, answer(status, ""));
            let failure = survey(&host).unwrap_err();
            assert_eq!(
                (failure.cause, failure.status),
                (cause, Some(u32::from(status))),
                "{part}"
            );
            assert!(failure.text.starts_with(part), "{}", failure.text);
        }
        let host = bmc();
        host.put(part, answer(200, r#"{"Members": [{"@odata"#));
        assert_eq!(survey(&host).unwrap_err().cause, Cause::Malformed, "{part}");
    }
}

#[test]
fn what_the_bmc_does_not_show_is_left_out_of_a_survey() {
    for (status, fact) in [(403, "unreadable"), (404, "dangling"), (501, "unreadable")] {
        let host = bmc();
        host.put("/redfish/v1/Chassis/Blade", answer(status, ""));
        let findings = survey(&host).unwrap();
        assert_eq!(findings.members.len(), 2, "{status}");
        let noted = |f: &&Fact| f.name == fact && f.value.starts_with("/redfish/v1/Chassis/Blade");
        assert_eq!(findings.identity.iter().filter(noted).count(), 1, "{status}");
    }
}

#[test]
fn an_action_whose_values_cannot_be_read_now_is_not_sent_by_guess() {
    let host = bmc();
    host.put("/redfish/v1/Systems/Node0/ResetActionInfo", answer(503, ""));
    assert_eq!(act(&host, &node(), Primitive::On).unwrap_err().cause, Cause::Busy);
    assert!(host.changes().is_empty());
}

#[test]
fn observation_carries_evidence_but_no_zero_dates() {
    let host = bmc();
    let reading = observe(&host, &node()).unwrap();
    assert_eq!((reading.state, reading.raw.as_str()), (PowerState::On, "On"));
    let names: Vec<&str> = reading.evidence.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(names, ["last-reset-time", "boot-progress"]);
    let blade = observe(
        &host,
        &Subject {
            kind: Kind::Module,
            id: "/redfish/v1/Chassis/Blade".to_owned(),
        },
    )
    .unwrap();
    assert_eq!((blade.state, blade.raw.as_str()), (PowerState::Unknown, "Reset"));
    let manager = observe(
        &host,
        &Subject {
            kind: Kind::Controller,
            id: String::new(),
        },
    )
    .unwrap();
    assert_eq!(manager.state, PowerState::On);
    assert!(manager.evidence.is_empty());
}

#[test]
fn act_uses_the_target_of_the_survey_and_the_spelling_of_the_bmc() {
    let host = bmc();
    survey(&host).unwrap();
    let reads = host.reads().len();
    assert_eq!(act(&host, &node(), Primitive::On).unwrap(), Submitted::Accepted);
    assert_eq!(
        act(&host, &node(), Primitive::GracefulShutdown).unwrap(),
        Submitted::Accepted
    );
    assert_eq!(host.reads().len(), reads, "nothing more is read");
    let target = "/redfish/v1/Systems/Node0/Actions/Reset".to_owned();
    assert_eq!(
        sent(&host),
        [
            (target.clone(), r#"{"ResetType":"on"}"#.to_owned()),
            (target, r#"{"ResetType":"Off"}"#.to_owned())
        ]
    );
}

#[test]
fn what_is_not_offered_is_not_sent() {
    let host = bmc();
    let failure = act(&host, &node(), Primitive::PowerCycle).unwrap_err();
    assert_eq!(failure.cause, Cause::NotSupported);
    assert!(failure.text.contains("ForceOff"), "{}", failure.text);
    assert!(host.changes().is_empty());
}

#[test]
fn a_refusal_is_a_failure_even_when_it_says_already() {
    let body = r#"{"error": {"@Message.ExtendedInfo": [{"MessageId": "IDRAC.2.8.PSU501", "Message": "Server is already powered ON."}]}}"#;
    let host = bmc().on_change(Ok(answer(409, body)));
    let failure = act(&host, &node(), Primitive::On).unwrap_err();
    assert_eq!((failure.cause, failure.status), (Cause::Conflict, Some(409)));
    assert_eq!(failure.text, "Server is already powered ON.");
    assert_eq!(host.changes().len(), 1);
}

#[test]
fn a_cut_after_sending_is_not_tried_again() {
    let host = bmc().on_change(Err(fault(Delivery::MaybeSent, Reason::Cut, "cut")));
    assert_eq!(
        act(&host, &node(), Primitive::ForceOff).unwrap_err().cause,
        Cause::Unreachable
    );
    assert_eq!(host.changes().len(), 1);
}

#[test]
fn a_moved_target_is_looked_up_once() {
    let host = bmc()
        .on_change(Ok(answer(404, "")))
        .on_change(Ok(answer(204, "")));
    survey(&host).unwrap();
    host.put(
        NODE,
        answer(
            200,
            r##"{"Actions": {"#ComputerSystem.Reset": {"target": "/moved", "ResetType@Redfish.AllowableValues": ["On"]}}}"##,
        ),
    );
    assert_eq!(act(&host, &node(), Primitive::On).unwrap(), Submitted::Accepted);
    assert_eq!(
        sent(&host).last().map(|(path, _)| path.clone()).as_deref(),
        Some("/moved")
    );
}

#[test]
fn tasks_are_followed() {
    let mut accepted = answer(
        202,
        r##"{"@odata.type": "#Task.v1_4_3.Task", "@odata.id": "/redfish/v1/TaskService/Tasks/7", "TaskState": "New"}"##,
    );
    accepted.headers.push((
        "Location".to_owned(),
        "https://bmc/redfish/v1/TaskService/TaskMonitors/7".to_owned(),
    ));
    accepted.headers.push(("Retry-After".to_owned(), "5".to_owned()));
    let host = bmc().on_change(Ok(accepted)).on_change(Ok(answer(202, "")));
    let Submitted::Pending(pending) = act(&host, &node(), Primitive::On).unwrap() else {
        panic!("a task")
    };
    assert_eq!(
        (pending.handle.as_str(), pending.poll_after_ms),
        ("/redfish/v1/TaskService/Tasks/7", 5000)
    );
    assert_eq!(
        act(&host, &node(), Primitive::On).unwrap(),
        Submitted::Accepted,
        "202 without a task"
    );

    assert_eq!(poll(&host, &pending.handle).unwrap(), Progress::Gone);
    host.put(&pending.handle, answer(200, r#"{"TaskState": "Running"}"#));
    assert!(matches!(
        poll(&host, &pending.handle).unwrap(),
        Progress::Running(_)
    ));
    host.put(
        &pending.handle,
        answer(200, r#"{"TaskState": "Completed", "TaskStatus": "OK"}"#),
    );
    assert_eq!(poll(&host, &pending.handle).unwrap(), Progress::Done);
    host.put(
        &pending.handle,
        answer(
            200,
            r#"{"TaskState": "Exception", "Messages": [{"Message": "no power"}]}"#,
        ),
    );
    let Progress::Failed(failure) = poll(&host, &pending.handle).unwrap() else {
        panic!("failed")
    };
    assert_eq!(failure.text, "no power");
}

/// A dialect with every difference that a change can meet.
const ACME: Dialect = Dialect {
    name: "acme",
    spellings: &[(Primitive::ForceRestart, "GracefulRestart")],
    oem_actions: &[OemAction {
        what: Primitive::FullPowerCycle,
        action: "AcmeSystem.SystemReset",
        value: "AuxCycle",
        off_first: true,
    }],
    refusals: &[
        Says::new(
            "TooSoon",
            Meaning::WrongState {
                wait_ms: 5_000,
                for_ms: 30_000,
            },
        ),
        Says::new("system is in lockdown", Meaning::Lockdown),
    ],
    bare_manager_reset: true,
    manager_match: Match::Any,
    models: &[ModelRule {
        when: &[("model", "m1")],
        then: &[
            Difference::Drops(Primitive::PowerCycle),
            Difference::Advises("M1 forgets its clock"),
            Difference::Settles(7_000),
        ],
    }],
    ..Dialect::STANDARD
};
/// An answer that says that the request does not fit the state.
const TOO_SOON: &str =
    r#"{"error": {"@Message.ExtendedInfo": [{"MessageId": "Acme.1.0.TooSoon", "Message": "Too soon."}]}}"#;

fn acme() -> FakeHost {
    bmc().page(
        NODE,
        r##"{"PowerState": "Off", "Model": "M1 Max", "Actions": {
          "#ComputerSystem.Reset": {"target": "/reset", "ResetType@Redfish.AllowableValues":
            ["On", "ForceOff", "ForceRestart", "GracefulRestart", "PowerCycle", "FullPowerCycle"]},
          "Oem": {"Acme": {"#AcmeSystem.SystemReset": {"target": "/aux"}}}}}"##,
    )
}

#[test]
fn a_dialect_has_its_own_spellings_actions_and_models() {
    let host = acme();
    let findings = crate::survey(&host, &ACME).unwrap();
    assert_eq!(findings.pace.settle_ms, 7_000);
    let found = findings.members.iter().find(|m| m.subject == node()).unwrap();
    assert!(found.facts.iter().any(|f| f.name == "advice"));
    let offered: Vec<(Primitive, bool)> = found.abilities.iter().map(|a| (a.what, a.advertised)).collect();
    assert!(!offered.iter().any(|(what, _)| *what == Primitive::PowerCycle));
    assert_eq!(
        offered.last(),
        Some(&(Primitive::FullPowerCycle, false)),
        "the make's own action, whose value nothing lists"
    );
    crate::act(&host, &ACME, &node(), Primitive::ForceRestart).unwrap();
    crate::act(&host, &ACME, &node(), Primitive::FullPowerCycle).unwrap();
    let manager = Subject {
        kind: Kind::Controller,
        id: "/redfish/v1/Managers/BMC".to_owned(),
    };
    crate::act(&host, &ACME, &manager, Primitive::ForceRestart).unwrap();
    assert_eq!(
        sent(&host),
        [
            (
                "/reset".to_owned(),
                r#"{"ResetType":"GracefulRestart"}"#.to_owned()
            ),
            ("/aux".to_owned(), r#"{"ResetType":"AuxCycle"}"#.to_owned()),
            (
                "/redfish/v1/Managers/BMC/Actions/Manager.Reset".to_owned(),
                "{}".to_owned()
            ),
        ]
    );
    let condition = host
        .changes()
        .last()
        .unwrap()
        .headers
        .iter()
        .any(|(name, value)| name == "if-match" && value == "*");
    assert!(condition);
}

#[test]
fn what_needs_the_power_off_is_not_sent_while_it_is_on() {
    let host = acme();
    host.put(
        NODE,
        answer(
            200,
            r##"{"PowerState": "On", "Actions": {"Oem": {"#AcmeSystem.SystemReset": {"target": "/aux"}}}}"##,
        ),
    );
    let failure = crate::act(&host, &ACME, &node(), Primitive::FullPowerCycle).unwrap_err();
    assert_eq!(failure.cause, Cause::Conflict);
    assert!(host.changes().is_empty());
}

#[test]
fn a_refusal_that_does_not_fit_the_state_passes_for_a_while() {
    let host = acme();
    for _ in 0..3 {
        host.answer_next(Ok(answer(409, TOO_SOON)));
    }
    let refused = || crate::act(&host, &ACME, &node(), Primitive::On).unwrap_err();
    let first = refused();
    assert_eq!((first.cause, first.retry_after_ms), (Cause::Busy, Some(5_000)));
    host.pass(29_000);
    assert_eq!(refused().cause, Cause::Busy);
    host.pass(1_000);
    assert_eq!(refused().cause, Cause::Conflict, "it does not pass");
    host.answer_next(Ok(answer(409, TOO_SOON)));
    let off = crate::act(&host, &ACME, &node(), Primitive::ForceOff).unwrap_err();
    assert_eq!(
        off.cause,
        Cause::Conflict,
        "off is off already: a reading decides"
    );
}

#[test]
fn words_have_the_meaning_of_the_dialect() {
    let host = acme().on_change(Ok(answer(
        400,
        r#"{"error": {"message": "The System is in Lockdown mode."}}"#,
    )));
    let failure = crate::act(&host, &ACME, &node(), Primitive::On).unwrap_err();
    assert_eq!(failure.cause, Cause::Locked);
}

#[test]
fn conditions_are_tried_until_one_is_taken() {
    let host = FakeHost::new()
        .on_change(Ok(answer(412, "")))
        .on_change(Ok(answer(428, "")))
        .on_change(Ok(answer(200, "{}")));
    let client = crate::Client::new(&host, &Dialect::STANDARD);
    let answered = client
        .patch("/x", Some("W/\"1\""), &serde_json::json!({"a": 1}))
        .unwrap();
    assert_eq!(answered.status, 200);
    let sent: Vec<Option<String>> = host
        .changes()
        .iter()
        .map(|r| {
            r.headers
                .iter()
                .find(|(name, _)| name == "if-match")
                .map(|(_, v)| v.clone())
        })
        .collect();
    assert_eq!(sent, [Some("W/\"1\"".to_owned()), Some("\"1\"".to_owned()), None]);
}
