//! The driver against answers written after the shapes of recorded ones.

mod boots;
mod recorded;

use switchyard_driver_sdk::testing::{FakeHost, fault};
use switchyard_driver_sdk::{
    Ability, Cause, Delivery, Driver as _, Failure, Fault, Kind, Observation, PowerState, Primitive,
    Progress, Reason, Replay, Request, Response, Subject, Submitted,
};

use super::Amt;

const ASSOCIATED: &str = "CIM_AssociatedPowerManagementService";
const OS_POWER: &str = "IPS_PowerManagementService";

fn node() -> Subject {
    Subject {
        kind: Kind::Node,
        id: "ManagedSystem".to_owned(),
    }
}

/// An answer with this in its SOAP body, under the prefixes that AMT uses.
fn soap(status: u16, body: &str) -> Response {
    let envelope = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><a:Envelope xmlns:a=\"http://www.w3.org/2003/05/soap-envelope\" \
         xmlns:b=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\" xmlns:g=\"urn:class\">\
         <a:Header><b:RelatesTo>0</b:RelatesTo></a:Header><a:Body>{body}</a:Body></a:Envelope>"
    );
    Response {
        status,
        headers: vec![(
            "content-type".to_owned(),
            "application/soap+xml; charset=UTF-8".to_owned(),
        )],
        body: envelope.into_bytes(),
    }
}

/// An object of a class with these properties.
fn object(class: &str, properties: &[(&str, &str)]) -> Response {
    let properties = properties
        .iter()
        .map(|(name, value)| format!("<g:{name}>{value}</g:{name}>"))
        .collect::<Vec<_>>()
        .concat();
    soap(200, &format!("<g:{class}>{properties}</g:{class}>"))
}

fn output(method: &str, value: u32) -> Response {
    soap(
        200,
        &format!("<g:{method}_OUTPUT><g:ReturnValue>{value}</g:ReturnValue></g:{method}_OUTPUT>"),
    )
}

fn refusal(status: u16, subcode: &str, text: &str) -> Response {
    soap(
        status,
        &format!(
            "<a:Fault><a:Code><a:Value>a:Sender</a:Value><a:Subcode><a:Value>{subcode}</a:Value></a:Subcode></a:Code>\
             <a:Reason><a:Text xml:lang=\"en-US\">{text}</a:Text></a:Reason><a:Detail/></a:Fault>"
        ),
    )
}

fn absent() -> Response {
    refusal(
        400,
        "b:DestinationUnreachable",
        "No route can be determined to reach the destination role defined by the WSAddressing To.",
    )
}

fn page(status: u16, html: &str) -> Response {
    Response {
        status,
        headers: vec![("content-type".to_owned(), "text/html".to_owned())],
        body: html.as_bytes().to_vec(),
    }
}

/// A machine in this state, without word of the operating system's power.
fn machine(state: &str) -> FakeHost {
    FakeHost::new()
        .on_query(ASSOCIATED, Ok(object(ASSOCIATED, &[("PowerState", state)])))
        .on_query(OS_POWER, Ok(absent()))
}

fn cut() -> Fault {
    fault(
        Delivery::MaybeSent,
        Reason::Cut,
        "the controller closed the connection without an answer",
    )
}

fn body(request: &Request) -> String {
    String::from_utf8(request.body.clone()).unwrap()
}

fn observed(host: &FakeHost) -> Result<Observation, Failure> {
    Amt::observe(host, &node())
}

#[test]
fn a_probe_names_protocol_version_and_id() {
    let host = FakeHost::new()
        .on_query(
            "CIM_SoftwareIdentity",
            Ok(object(
                "CIM_SoftwareIdentity",
                &[("InstanceID", "AMT"), ("VersionString", "16.1.25")],
            )),
        )
        .on_query(
            "CIM_ComputerSystemPackage",
            Ok(object(
                "CIM_ComputerSystemPackage",
                &[("PlatformGUID", "44454C4C42001048805AB4C04F4D3732")],
            )),
        );
    let facts: Vec<_> = Amt::probe(&host)
        .unwrap()
        .into_iter()
        .map(|fact| format!("{}={}", fact.name, fact.value))
        .collect();
    assert_eq!(
        facts,
        [
            "protocol=amt",
            "vendor=Intel",
            "product=AMT",
            "firmware=16.1.25",
            "uuid=4c4c4544-0042-4810-805a-b4c04f4d3732",
        ]
    );
    assert!(body(&host.queries()[0]).contains("<w:Selector Name=\"InstanceID\">AMT</w:Selector>"));
}

#[test]
fn what_is_no_amt_is_told_from_amt() {
    let host = FakeHost::new().on_query("CIM_SoftwareIdentity", Ok(page(404, "<html>Not Found</html>")));
    let failure = Amt::probe(&host).unwrap_err();
    assert_eq!(failure.cause, Cause::NotFound);
    assert!(failure.text.contains("is it Intel AMT"), "{}", failure.text);
}

#[test]
fn every_state_has_its_meaning() {
    for (state, meaning) in [
        ("2", PowerState::On),
        ("10", PowerState::On),
        ("11", PowerState::On),
        ("14", PowerState::On),
        ("17", PowerState::On),
        ("3", PowerState::Asleep),
        ("4", PowerState::Asleep),
        ("7", PowerState::Asleep),
        ("6", PowerState::Off),
        ("8", PowerState::Off),
        ("12", PowerState::Off),
        ("13", PowerState::Off),
        ("5", PowerState::PoweringOn),
        ("9", PowerState::PoweringOn),
        ("15", PowerState::PoweringOn),
        ("16", PowerState::PoweringOn),
        ("0", PowerState::Unknown),
        ("1", PowerState::Unknown),
        ("99", PowerState::Unknown),
    ] {
        let observation = observed(&machine(state)).unwrap();
        assert_eq!(observation.state, meaning, "{state}");
        assert!(observation.raw.starts_with(state), "{}", observation.raw);
    }
}

#[test]
fn a_machine_in_modern_standby_is_asleep() {
    let host = FakeHost::new()
        .on_query(ASSOCIATED, Ok(object(ASSOCIATED, &[("PowerState", "2")])))
        .on_query(OS_POWER, Ok(object(OS_POWER, &[("OSPowerSavingState", "3")])))
        .on_change(Ok(output("RequestOSPowerSavingStateChange", 0)));
    assert_eq!(observed(&host).unwrap().state, PowerState::Asleep);
    assert_eq!(Amt::act(&host, &node(), Primitive::On), Ok(Submitted::Accepted));
    let changes = host.changes();
    assert_eq!(changes.len(), 1, "one change is the permit's");
    assert!(body(&changes[0]).contains("<p:OSPowerSavingState>2</p:OSPowerSavingState>"));
}

#[test]
fn amt_that_does_not_tell_of_the_operating_system_is_asked_once() {
    let host = machine("2");
    for _ in 0..3 {
        assert_eq!(observed(&host).unwrap().state, PowerState::On);
    }
    let asked = host
        .queries()
        .iter()
        .filter(|query| body(query).contains(OS_POWER))
        .count();
    assert_eq!(asked, 1);
    let none = FakeHost::new()
        .on_query(ASSOCIATED, Ok(object(ASSOCIATED, &[("PowerState", "2")])))
        .on_query(OS_POWER, Ok(object(OS_POWER, &[])));
    assert_eq!(observed(&none).unwrap().state, PowerState::On);
}

#[test]
fn a_query_that_fails_at_first_is_asked_again_and_a_change_is_not() {
    let host = FakeHost::new()
        .on_query(ASSOCIATED, Err(cut()))
        .on_query(ASSOCIATED, Ok(page(200, "")))
        .on_query(ASSOCIATED, Ok(object(ASSOCIATED, &[("PowerState", "8")])));
    assert_eq!(observed(&host).unwrap().state, PowerState::Off);
    let ids: Vec<String> = host
        .queries()
        .iter()
        .map(|query| body(query).split("MessageID>").nth(1).unwrap().to_owned())
        .collect();
    assert!(ids[0] != ids[1] && ids[1] != ids[2], "{ids:?}");

    let always = FakeHost::new().on_query(ASSOCIATED, Err(cut()));
    assert_eq!(observed(&always).unwrap_err().cause, Cause::Unreachable);
    assert_eq!(always.queries().len(), 5);

    let host = FakeHost::new().on_change(Err(cut()));
    let failure = Amt::act(&host, &node(), Primitive::ForceRestart).unwrap_err();
    assert_eq!(failure.cause, Cause::Unreachable);
    assert_eq!((host.changes().len(), host.queries().len()), (1, 0));
}

#[test]
fn a_refused_login_is_not_tried_again_and_a_locked_account_says_what_to_do() {
    let locked = "<html><title>Locked</title><p>User account temporarily locked</p></html>";
    for (status, html, word) in [
        (401, "", "Correct the credential"),
        (401, locked, "temporarily locked"),
        (403, locked, "wait until"),
    ] {
        let host = FakeHost::new().on_query(ASSOCIATED, Ok(page(status, html)));
        let failure = observed(&host).unwrap_err();
        assert_eq!(
            (failure.cause, failure.status),
            (Cause::Auth, Some(u32::from(status)))
        );
        assert!(failure.text.contains(word), "{}", failure.text);
        assert_eq!(host.queries().len(), 1);
    }
}

#[test]
fn several_documents_in_one_answer_are_read() {
    let mut answer = object("CIM_Other", &[]);
    answer
        .body
        .extend(object(ASSOCIATED, &[("PowerState", "8")]).body);
    let host = FakeHost::new().on_query(ASSOCIATED, Ok(answer));
    assert_eq!(observed(&host).unwrap().state, PowerState::Off);
}

fn surveyed(version: &str, now: &[&str], ever: &[&str]) -> Vec<Ability> {
    let listed = |name: &'static str, states: &[&'static str]| -> Vec<(&'static str, &'static str)> {
        states.iter().map(|state| (name, *state)).collect()
    };
    let now: Vec<&'static str> = now.iter().map(|state| &*(*state).to_owned().leak()).collect();
    let ever: Vec<&'static str> = ever.iter().map(|state| &*(*state).to_owned().leak()).collect();
    let mut machine = listed("AvailableRequestedPowerStates", &now);
    machine.push(("PowerState", "2"));
    let host = FakeHost::new()
        .on_query(
            "CIM_SoftwareIdentity",
            Ok(object("CIM_SoftwareIdentity", &[("VersionString", version)])),
        )
        .on_query("CIM_ComputerSystemPackage", Ok(absent()))
        .on_query(ASSOCIATED, Ok(object(ASSOCIATED, &machine)))
        .on_query(
            "CIM_PowerManagementCapabilities",
            Ok(object(
                "CIM_PowerManagementCapabilities",
                &listed("PowerStatesSupported", &ever),
            )),
        );
    let findings = Amt::survey(&host).unwrap();
    assert_eq!(findings.pace.settle_ms, 10_000);
    assert_eq!(findings.pace.parallel, 1);
    let [member] = <[_; 1]>::try_from(findings.members).unwrap();
    assert_eq!(member.subject, node());
    member.abilities
}

#[test]
fn abilities_follow_the_lists_and_the_version() {
    use Primitive::{
        ForceOff, ForceRestart, GracefulRestart, GracefulShutdown, Nmi, On, PowerCycle, Suspend,
    };
    let names = |abilities: &[Ability]| abilities.iter().map(|ability| ability.what).collect::<Vec<_>>();
    let all = surveyed(
        "16.1.25",
        &["10", "8", "5", "11", "4", "7", "14", "12"],
        &["5", "8", "2", "10", "11", "12", "14"],
    );
    assert_eq!(
        names(&all),
        [
            On,
            ForceOff,
            ForceRestart,
            PowerCycle,
            GracefulShutdown,
            GracefulRestart,
            Nmi,
            Suspend
        ]
    );
    assert!(all.iter().all(|ability| ability.advertised));
    let restart = all.iter().find(|ability| ability.what == ForceRestart).unwrap();
    assert_eq!(restart.replay, Replay::Never);

    let no_agent = surveyed(
        "12.0.67",
        &["10", "8", "5", "11"],
        &["5", "8", "2", "10", "11", "12", "14"],
    );
    assert_eq!(names(&no_agent), [On, ForceOff, ForceRestart, PowerCycle, Nmi]);
    let old = surveyed("8.1.0", &["8", "12", "14"], &[]);
    assert_eq!(names(&old), [On, ForceOff, ForceRestart, PowerCycle]);
    assert!(!old[0].advertised && old[1].advertised);
}

#[test]
fn each_primitive_asks_for_its_state_in_one_change() {
    for (what, state) in [
        (Primitive::On, 2),
        (Primitive::ForceOff, 8),
        (Primitive::GracefulShutdown, 12),
        (Primitive::GracefulRestart, 14),
        (Primitive::ForceRestart, 10),
        (Primitive::PowerCycle, 5),
        (Primitive::Nmi, 11),
        (Primitive::Suspend, 4),
    ] {
        let host = FakeHost::new().on_change(Ok(output("RequestPowerStateChange", 0)));
        assert_eq!(Amt::act(&host, &node(), what), Ok(Submitted::Accepted));
        let [change] = <[_; 1]>::try_from(host.changes()).unwrap();
        let text = body(&change);
        assert_eq!(change.path, "/wsman");
        assert!(
            text.contains(&format!("<p:PowerState>{state}</p:PowerState>")),
            "{text}"
        );
        assert!(
            text.contains("<w:Selector Name=\"Name\">ManagedSystem</w:Selector>"),
            "{text}"
        );
        assert!(
            text.contains("CIM_PowerManagementService/RequestPowerStateChange</a:Action>"),
            "{text}"
        );
        assert!(crate::xml::documents(text.as_bytes()).is_ok());
    }
    let host = FakeHost::new();
    let failure = Amt::act(&host, &node(), Primitive::FullPowerCycle).unwrap_err();
    assert_eq!(failure.cause, Cause::NotSupported);
    assert_eq!(host.changes().len(), 0);
}

#[test]
fn every_return_value_has_its_cause() {
    for (value, cause) in [
        (1, Cause::NotSupported),
        (2, Cause::Other("unspecified-error".to_owned())),
        (3, Cause::Busy),
        (4, Cause::Other("failed".to_owned())),
        (5, Cause::Conflict),
        (6, Cause::Busy),
        (4097, Cause::Conflict),
        (4098, Cause::Conflict),
        (4099, Cause::Busy),
        (32_768, Cause::Other("return-value-32768".to_owned())),
    ] {
        let host = FakeHost::new()
            .on_query(
                "CIM_KVMRedirectionSAP",
                Ok(object("CIM_KVMRedirectionSAP", &[("EnabledState", "6")])),
            )
            .on_change(Ok(output("RequestPowerStateChange", value)));
        let failure = Amt::act(&host, &node(), Primitive::ForceOff).unwrap_err();
        assert_eq!(failure.cause, cause, "{value}");
        assert_eq!(failure.codes, [format!("ReturnValue.{value}")]);
        assert!(failure.text.contains(&value.to_string()));
    }
}

#[test]
fn an_open_session_is_a_conflict_that_says_so() {
    let host = FakeHost::new()
        .on_query(
            "CIM_KVMRedirectionSAP",
            Ok(object("CIM_KVMRedirectionSAP", &[("EnabledState", "2")])),
        )
        .on_change(Ok(output("RequestPowerStateChange", 2)));
    let failure = Amt::act(&host, &node(), Primitive::ForceRestart).unwrap_err();
    assert_eq!(failure.cause, Cause::Conflict);
    assert!(failure.text.contains("remote screen"), "{}", failure.text);
    let blind = FakeHost::new().on_change(Ok(output("RequestPowerStateChange", 4097)));
    let failure = Amt::act(&blind, &node(), Primitive::ForceOff).unwrap_err();
    assert!(failure.text.contains("serial console"), "{}", failure.text);
}

#[test]
fn a_job_is_pending_until_the_state_has_come() {
    let host = FakeHost::new()
        .on_query(ASSOCIATED, Ok(object(ASSOCIATED, &[("PowerState", "2")])))
        .on_query(ASSOCIATED, Ok(object(ASSOCIATED, &[("PowerState", "8")])))
        .on_change(Ok(output("RequestPowerStateChange", 4096)));
    let Ok(Submitted::Pending(pending)) = Amt::act(&host, &node(), Primitive::GracefulShutdown) else {
        panic!("a job is pending");
    };
    assert!(matches!(
        Amt::poll(&host, &pending.handle),
        Ok(Progress::Running(_))
    ));
    assert_eq!(Amt::poll(&host, &pending.handle), Ok(Progress::Done));
    assert_eq!(Amt::poll(&host, "job/7"), Ok(Progress::Gone));
}

#[test]
fn faults_keep_the_controllers_words() {
    for (subcode, cause) in [
        ("w:AccessDenied", Cause::Forbidden),
        ("w:TimedOut", Cause::Busy),
        ("w:QuotaLimit", Cause::Busy),
        ("b:ActionNotSupported", Cause::NotSupported),
        ("w:InvalidSelectors", Cause::NotFound),
        ("w:InternalError", Cause::Other("InternalError".to_owned())),
    ] {
        let host = FakeHost::new().on_change(Ok(refusal(400, subcode, "The words of AMT.")));
        let failure = Amt::act(&host, &node(), Primitive::On).unwrap_err();
        assert_eq!(failure.cause, cause, "{subcode}");
        assert_eq!(
            (failure.status, failure.codes),
            (Some(400), vec![subcode.to_owned()])
        );
        assert_eq!(failure.text, "The words of AMT.");
    }
}

#[test]
fn another_subject_is_unknown() {
    let host = FakeHost::new();
    for subject in [
        Subject {
            kind: Kind::Chassis,
            ..node()
        },
        Subject {
            id: "/redfish/v1/Systems/1".to_owned(),
            ..node()
        },
    ] {
        assert_eq!(Amt::observe(&host, &subject).unwrap_err().cause, Cause::NotFound);
        assert_eq!(
            Amt::act(&host, &subject, Primitive::On).unwrap_err().cause,
            Cause::NotFound
        );
    }
    assert_eq!(host.queries().len() + host.changes().len(), 0);
}
