//! Boot overrides against the forms that makes of BMC want.

use serde_json::{Value, json};
use switchyard_driver_sdk::testing::{FakeHost, answer};
use switchyard_driver_sdk::{
    BootDuration, BootSource, Cause, Firmware, Kind, Subject, Submitted, WantedBoot,
};

use super::{boot, set_boot};
use crate::dialect::{BootForm, Dialect};

const SYSTEM: &str = "/redfish/v1/Systems/1";
const PENDING: &str = "/redfish/v1/Systems/1/Pending";
const STANDARD: &Dialect = &Dialect::STANDARD;
const FULL: &Dialect = &Dialect {
    boot: BootForm {
        full: true,
        once_only: true,
        ..BootForm::STANDARD
    },
    ..Dialect::STANDARD
};
const ENABLED: &Dialect = &Dialect {
    boot: BootForm {
        always_enabled: true,
        usb_cd: true,
        ..BootForm::STANDARD
    },
    ..Dialect::STANDARD
};
const SETTINGS: &Dialect = &Dialect {
    boot: BootForm {
        pending: true,
        ..BootForm::STANDARD
    },
    ..Dialect::STANDARD
};

fn node() -> Subject {
    Subject {
        kind: Kind::Node,
        id: SYSTEM.to_owned(),
    }
}

fn overridden(enabled: &str, target: &str, mode: &str) -> Value {
    json!({
        "BootSourceOverrideEnabled": enabled,
        "BootSourceOverrideTarget": target,
        "BootSourceOverrideMode": mode,
        "BootSourceOverrideTarget@Redfish.AllowableValues": ["None", "Pxe", "Hdd", "Cd", "UsbCd", "BiosSetup", "UefiTarget"],
    })
}

fn bmc(boot: &Value) -> FakeHost {
    let system = json!({
        "PowerState": "On", "Model": "X12", "Boot": boot,
        "@Redfish.Settings": {"SettingsObject": {"@odata.id": PENDING}},
    });
    FakeHost::new().page(SYSTEM, &system.to_string())
}

fn once(source: BootSource) -> WantedBoot {
    WantedBoot {
        source,
        duration: BootDuration::Once,
        firmware: Firmware::Unspecified,
    }
}

fn sent(host: &FakeHost) -> Vec<(String, Value)> {
    host.changes()
        .iter()
        .map(|request| {
            let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
            (request.path.clone(), body["Boot"].clone())
        })
        .collect()
}

#[test]
fn an_override_is_read_in_the_words_of_the_contract() {
    let host = bmc(&overridden("Once", "UefiTarget", "UEFI"));
    let system = json!({
        "Boot": {"BootSourceOverrideEnabled": "Once", "BootSourceOverrideTarget": "UefiTarget", "BootSourceOverrideMode": "UEFI",
            "UefiTargetBootSourceOverride": "HD(1)", "BootSourceOverrideTarget@Redfish.AllowableValues": ["None", "Pxe", "Strange", "UefiTarget"]},
        "Oem": {"Hpe": {"PostState": "InPost"}},
    });
    host.put(SYSTEM, answer(200, &system.to_string()));
    let read = boot(&host, STANDARD, &node()).unwrap();
    assert_eq!(
        (read.source, read.duration, read.firmware),
        (BootSource::Target, BootDuration::Once, Firmware::Uefi)
    );
    assert_eq!(read.sources, [BootSource::None, BootSource::Pxe]);
    assert!(!read.writable);
    let names: Vec<&str> = read.facts.iter().map(|fact| fact.name.as_str()).collect();
    assert_eq!(names, ["target", "why-not-writable"]);
}

#[test]
fn what_waits_for_the_next_start_is_told() {
    let host = bmc(&overridden("Disabled", "None", "UEFI"));
    host.put(
        PENDING,
        answer(
            200,
            &json!({"Boot": overridden("Once", "Pxe", "UEFI")}).to_string(),
        ),
    );
    let read = boot(&host, STANDARD, &node()).unwrap();
    let pending = read.facts.iter().find(|fact| fact.name == "pending").unwrap();
    assert_eq!(pending.value, "Pxe Once");
}

#[test]
fn a_system_without_overrides_says_so() {
    let host = bmc(&json!({"BootOrder": ["A"]}));
    assert_eq!(
        boot(&host, STANDARD, &node()).unwrap_err().cause,
        Cause::NotSupported
    );
    assert_eq!(
        set_boot(&host, STANDARD, &node(), once(BootSource::Pxe))
            .unwrap_err()
            .cause,
        Cause::NotSupported
    );
}

#[test]
fn each_make_gets_the_properties_that_it_wants() {
    let cases = [
        (STANDARD, json!({"BootSourceOverrideTarget": "Pxe"})),
        (
            FULL,
            json!({"BootSourceOverrideTarget": "Pxe", "BootSourceOverrideEnabled": "Once", "BootSourceOverrideMode": "UEFI"}),
        ),
        (
            ENABLED,
            json!({"BootSourceOverrideTarget": "Pxe", "BootSourceOverrideEnabled": "Once", "BootSourceOverrideMode": "UEFI"}),
        ),
    ];
    for (dialect, body) in cases {
        let host = bmc(&overridden("Once", "Hdd", "UEFI"));
        set_boot(&host, dialect, &node(), once(BootSource::Pxe)).unwrap();
        assert_eq!(sent(&host), [(SYSTEM.to_owned(), body)]);
    }
}

#[test]
fn lifting_needs_no_target_unless_all_is_wanted() {
    let lift = WantedBoot {
        duration: BootDuration::Disabled,
        ..once(BootSource::None)
    };
    let host = bmc(&overridden("Once", "Pxe", "UEFI"));
    set_boot(&host, STANDARD, &node(), lift).unwrap();
    assert_eq!(sent(&host)[0].1, json!({"BootSourceOverrideEnabled": "Disabled"}));
    let host = bmc(&overridden("Disabled", "Pxe", "UEFI"));
    assert_eq!(
        set_boot(&host, STANDARD, &node(), lift).unwrap(),
        Submitted::Already
    );
    let host = bmc(&overridden("Once", "Pxe", "UEFI"));
    set_boot(&host, FULL, &node(), lift).unwrap();
    assert_eq!(sent(&host)[0].1["BootSourceOverrideTarget"], "None");
}

#[test]
fn nothing_is_written_that_is_there_already() {
    let host = bmc(&overridden("Once", "Pxe", "UEFI"));
    assert_eq!(
        set_boot(&host, FULL, &node(), once(BootSource::Pxe)).unwrap(),
        Submitted::Already
    );
    assert!(host.changes().is_empty());
}

#[test]
fn a_mode_that_falls_back_is_put_back() {
    let host = bmc(&overridden("Disabled", "None", "Legacy"));
    let want = WantedBoot {
        firmware: Firmware::Uefi,
        ..once(BootSource::Cd)
    };
    set_boot(&host, ENABLED, &node(), want).unwrap();
    let sent = sent(&host);
    assert_eq!(sent.len(), 2, "the page still says Legacy after the first change");
    assert_eq!(sent[0].1["BootSourceOverrideTarget"], "UsbCd");
    assert_eq!(sent[1].1["BootSourceOverrideMode"], "UEFI");
}

#[test]
fn what_cannot_be_set_is_not_sent() {
    let host = bmc(&overridden("Disabled", "None", "UEFI"));
    let continuous = WantedBoot {
        duration: BootDuration::Continuous,
        ..once(BootSource::Pxe)
    };
    for (dialect, want) in [
        (FULL, continuous),
        (STANDARD, once(BootSource::SdCard)),
        (STANDARD, once(BootSource::Target)),
    ] {
        let failure = set_boot(&host, dialect, &node(), want).unwrap_err();
        assert_eq!(failure.cause, Cause::NotSupported, "{}", failure.text);
    }
    assert!(host.changes().is_empty());
}

#[test]
fn settings_are_the_first_or_the_second_place() {
    let waiting = json!({"Boot": overridden("Disabled", "None", "UEFI")}).to_string();
    let host = bmc(&overridden("Disabled", "None", "UEFI")).page(PENDING, &waiting);
    set_boot(&host, SETTINGS, &node(), once(BootSource::Pxe)).unwrap();
    assert_eq!(sent(&host)[0].0, PENDING);

    let refusal = r#"{"error": {"@Message.ExtendedInfo": [{"MessageId": "Base.1.13.PropertyNotWritable"}]}}"#;
    let host = bmc(&overridden("Disabled", "None", "UEFI"))
        .page(PENDING, &waiting)
        .on_change(Ok(answer(400, refusal)));
    set_boot(&host, STANDARD, &node(), once(BootSource::Pxe)).unwrap();
    let paths: Vec<String> = sent(&host).into_iter().map(|(path, _)| path).collect();
    assert_eq!(paths, [SYSTEM, PENDING]);

    let host = bmc(&overridden("Disabled", "None", "UEFI")).on_change(Ok(answer(400, refusal)));
    let failure = set_boot(&host, STANDARD, &node(), once(BootSource::Pxe)).unwrap_err();
    assert_eq!(
        failure.codes,
        ["Base.1.13.PropertyNotWritable"],
        "no such settings: the first refusal stands"
    );
}
