//! Boot sources and options.

use switchyard_driver_sdk::testing::FakeHost;
use switchyard_driver_sdk::{BootDuration, BootSource, Cause, Driver as _, Firmware, Submitted, WantedBoot};

use super::{absent, body, node, object, output, soap};
use crate::Amt;

const OPTIONS: &str = "AMT_BootSettingData";
const OPT_IN: &str = "IPS_OptInService";

const CLEAN: [(&str, &str); 8] = [
    ("BIOSLastStatus", "2"),
    ("BIOSSetup", "false"),
    ("BootMediaIndex", "0"),
    ("ElementName", "Intel(r) AMT Boot &amp; Configuration"),
    ("IDERBootDevice", "0"),
    ("InstanceID", "Intel(r) AMT:BootSettingData 0"),
    ("UseIDER", "false"),
    ("WinREBootEnabled", "true"),
];

fn want(source: BootSource) -> WantedBoot {
    WantedBoot {
        source,
        duration: BootDuration::Once,
        firmware: Firmware::Unspecified,
    }
}

fn host(options: &[(&str, &str)]) -> FakeHost {
    FakeHost::new()
        .on_query(OPTIONS, Ok(object(OPTIONS, options)))
        .on_query(
            OPT_IN,
            Ok(object(OPT_IN, &[("OptInRequired", "0"), ("OptInState", "0")])),
        )
        .on_query(
            "AMT_BootCapabilities",
            Ok(object(
                "AMT_BootCapabilities",
                &[
                    ("ForcePXEBoot", "true"),
                    ("ForceDiagnosticBoot", "false"),
                    ("BIOSSetup", "true"),
                ],
            )),
        )
}

fn order() -> switchyard_driver_sdk::Response {
    output("ChangeBootOrder", 0)
}

#[test]
fn a_source_is_set_after_the_order_was_cleared() {
    let host = host(&CLEAN)
        .on_change(Ok(order()))
        .on_change(Ok(order()))
        .on_change(Ok(output("SetBootConfigRole", 0)));
    assert_eq!(
        Amt::set_boot(&host, &node(), want(BootSource::Pxe)),
        Ok(Submitted::Accepted)
    );
    let sent: Vec<String> = host.changes().iter().map(body).collect();
    assert_eq!(sent.len(), 3);
    assert!(sent[0].contains("<p:ChangeBootOrder_INPUT") && !sent[0].contains("p:Source"));
    assert!(sent[1].contains("Intel(r) AMT: Force PXE Boot"));
    assert!(sent[2].contains("<p:Role>1</p:Role>") && sent[2].contains("Intel(r) AMT: Boot Configuration 0"));
}

#[test]
fn stuck_options_are_cleared_first() {
    let mut stuck = CLEAN;
    stuck[6] = ("UseIDER", "true");
    stuck[4] = ("IDERBootDevice", "1");
    let host = host(&stuck)
        .on_change(Ok(object(OPTIONS, &CLEAN)))
        .on_change(Ok(order()))
        .on_change(Ok(order()))
        .on_change(Ok(output("SetBootConfigRole", 0)));
    Amt::set_boot(&host, &node(), want(BootSource::Disk)).unwrap();
    let put = body(&host.changes()[0]);
    assert!(put.contains("transfer/Put"), "{put}");
    assert!(
        put.contains("<p:UseIDER>false</p:UseIDER>")
            && put.contains("<p:IDERBootDevice>0</p:IDERBootDevice>")
    );
    assert!(put.contains("Boot &amp; Configuration"), "{put}");
    assert!(
        !put.contains("BIOSLastStatus") && !put.contains("WinREBootEnabled"),
        "{put}"
    );
}

#[test]
fn the_set_up_is_an_option_and_none_clears_everything() {
    let setup = host(&CLEAN)
        .on_change(Ok(object(OPTIONS, &CLEAN)))
        .on_change(Ok(order()))
        .on_change(Ok(output("SetBootConfigRole", 0)));
    Amt::set_boot(&setup, &node(), want(BootSource::Setup)).unwrap();
    assert!(body(&setup.changes()[0]).contains("<p:BIOSSetup>true</p:BIOSSetup>"));
    let none = host(&CLEAN).on_change(Ok(order()));
    let want = WantedBoot {
        duration: BootDuration::Disabled,
        ..want(BootSource::None)
    };
    Amt::set_boot(&none, &node(), want).unwrap();
    assert_eq!(none.changes().len(), 1);
}

#[test]
fn what_amt_cannot_do_is_refused_before_anything_is_sent() {
    let host = host(&CLEAN);
    for wanted in [
        want(BootSource::Usb),
        WantedBoot {
            duration: BootDuration::Continuous,
            ..want(BootSource::Pxe)
        },
        WantedBoot {
            firmware: Firmware::Uefi,
            ..want(BootSource::Pxe)
        },
    ] {
        let failure = Amt::set_boot(&host, &node(), wanted).unwrap_err();
        assert_eq!(failure.cause, Cause::NotSupported);
    }
    assert_eq!(host.changes().len() + host.queries().len(), 0);
}

#[test]
fn a_person_has_to_agree_where_amt_wants_it() {
    let opt_in = |state| {
        Ok(object(
            OPT_IN,
            &[("OptInRequired", "4294967295"), ("OptInState", state)],
        ))
    };
    let host = FakeHost::new()
        .on_query(OPTIONS, Ok(object(OPTIONS, &CLEAN)))
        .on_query("AMT_BootCapabilities", Ok(absent()))
        .on_query(OPT_IN, opt_in("0"))
        .on_query(OPT_IN, opt_in("0"))
        .on_query(OPT_IN, opt_in("3"))
        .on_change(Ok(order()))
        .on_change(Ok(order()))
        .on_change(Ok(output("SetBootConfigRole", 0)));
    let failure = Amt::set_boot(&host, &node(), want(BootSource::Pxe)).unwrap_err();
    assert_eq!(failure.cause, Cause::NeedsConsent);
    assert_eq!(host.changes().len(), 0);
    let known = Amt::boot(&host, &node()).unwrap();
    assert!(!known.writable);
    assert!(known.facts.iter().any(|fact| fact.name == "why-not-writable"));
    Amt::set_boot(&host, &node(), want(BootSource::Pxe)).unwrap();
}

#[test]
fn what_is_known_of_the_override_is_told() {
    let known = Amt::boot(&host(&CLEAN), &node()).unwrap();
    assert_eq!(
        (known.source, known.duration),
        (BootSource::None, BootDuration::Disabled)
    );
    assert_eq!(
        known.sources,
        [BootSource::None, BootSource::Pxe, BootSource::Setup]
    );
    assert!(known.writable);
    let mut setup = CLEAN;
    setup[1] = ("BIOSSetup", "true");
    let known = Amt::boot(&host(&setup), &node()).unwrap();
    assert_eq!(
        (known.source, known.duration),
        (BootSource::Setup, BootDuration::Once)
    );
}

#[test]
fn a_refusal_in_the_middle_ends_the_change() {
    let host = host(&CLEAN).on_change(Ok(order())).on_change(Ok(soap(
        200,
        "<g:ChangeBootOrder_OUTPUT><g:ReturnValue>1</g:ReturnValue></g:ChangeBootOrder_OUTPUT>",
    )));
    let failure = Amt::set_boot(&host, &node(), want(BootSource::Cd)).unwrap_err();
    assert_eq!(failure.cause, Cause::NotSupported);
    assert_eq!(host.changes().len(), 2);
}
