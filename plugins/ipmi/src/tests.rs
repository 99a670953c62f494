//! The driver against replies as BMCs give them.

use switchyard_driver_sdk::testing::{FakeHost, fault, reply};
use switchyard_driver_sdk::{
    BootDuration, BootSource, Cause, Delivery, Driver as _, Fact, Firmware, Kind, Light, LimitMode, Message,
    PowerState, Primitive, Reason, Reply, Subject, Submitted, WantedBoot, WantedLimit,
};

use crate::IpmiDriver;

const CHASSIS: u8 = 0x00;
const APP: u8 = 0x06;
const STORAGE: u8 = 0x0a;
const DCMI: u8 = 0x2c;

fn subject(kind: Kind) -> Subject {
    Subject {
        kind,
        id: String::new(),
    }
}

fn node() -> Subject {
    subject(Kind::Node)
}

/// A BMC whose chassis status begins with this byte.
fn bmc(current: u8) -> FakeHost {
    FakeHost::new()
        .on_command(CHASSIS, 0x01, Ok(reply(0, &[current, 0x10, 0x60, 0x00])))
        .on_command(
            APP,
            0x01,
            Ok(reply(
                0,
                &[0x20, 1, 0x02, 0x48, 0x02, 0xbf, 0x57, 0x01, 0x00, 0x70, 0x0b],
            )),
        )
}

fn log_info(count: u8, seconds: u8) -> Reply {
    reply(0, &[0x51, count, 0, 0, 0, seconds, 0, 0, 0, 0, 0, 0, 0, 0x02])
}

fn log_entry(id: u8, seconds: u8, sensor: u8, offset: u8) -> Reply {
    let record = [
        id, 0, 0x02, seconds, 0, 0, 0, 0x01, 0, 0x04, sensor, 0xf0, 0x6f, offset, 0xff, 0xff,
    ];
    reply(0, &[&[0xff, 0xff], record.as_slice()].concat())
}

fn named<'f>(facts: &'f [Fact], name: &str) -> Option<&'f str> {
    facts
        .iter()
        .find(|fact| fact.name == name)
        .map(|fact| fact.value.as_str())
}

/// The data of the commands of this number that were sent.
fn sent(host: &FakeHost, netfn: u8, command: u8) -> Vec<Vec<u8>> {
    let is_it = |message: &Message| (message.netfn, message.command) == (netfn, command);
    host.commands()
        .into_iter()
        .filter(is_it)
        .map(|message| message.data)
        .collect()
}

#[test]
fn the_device_id_is_the_identity() {
    let facts = IpmiDriver::probe(&bmc(1)).unwrap();
    let all = [
        "protocol",
        "manufacturer-id",
        "manufacturer",
        "product-id",
        "firmware",
        "ipmi-version",
    ];
    assert_eq!(
        all.map(|name| named(&facts, name)),
        [
            Some("ipmi"),
            Some("343"),
            Some("Intel"),
            Some("2928"),
            Some("2.48"),
            Some("2.0")
        ]
    );
    let short = FakeHost::new().on_command(APP, 0x01, Ok(reply(0, &[0x20])));
    assert_eq!(IpmiDriver::probe(&short).unwrap_err().cause, Cause::Malformed);
}

#[test]
fn a_survey_offers_what_ipmi_has() {
    let findings = IpmiDriver::survey(&bmc(1)).unwrap();
    let [node, controller] = findings.members.as_slice() else {
        panic!("two members")
    };
    let offers = |member: &switchyard_driver_sdk::Member| -> Vec<Primitive> {
        member.abilities.iter().map(|ability| ability.what).collect()
    };
    assert_eq!(
        offers(node),
        [
            Primitive::On,
            Primitive::ForceOff,
            Primitive::GracefulShutdown,
            Primitive::PowerCycle,
            Primitive::ForceRestart,
            Primitive::Nmi
        ]
    );
    assert_eq!(offers(controller), [Primitive::ForceRestart]);
    assert_eq!(
        (node.subject.kind, controller.subject.kind),
        (Kind::Node, Kind::Controller)
    );
}

#[test]
fn a_machine_that_is_off_costs_one_command() {
    let host = bmc(0x08);
    let observation = IpmiDriver::observe(&host, &node()).unwrap();
    assert_eq!(observation.state, PowerState::Off);
    assert_eq!(named(&observation.facts, "status"), Some("power-fault"));
    assert!(observation.evidence.is_empty());
    assert_eq!(host.commands().len(), 1);
}

#[test]
fn the_first_reading_after_off_costs_one_command_and_the_next_has_evidence_again() {
    let status = |current| Ok(reply(0, &[current, 0, 0x60, 0]));
    let host = FakeHost::new()
        .on_command(CHASSIS, 0x01, status(0))
        .on_command(CHASSIS, 0x01, status(1))
        .on_command(CHASSIS, 0x01, status(1))
        .on_command(CHASSIS, 0x07, Ok(reply(0, &[0x01, 1])));
    let evidence: Vec<usize> = (0..3)
        .map(|_| IpmiDriver::observe(&host, &node()).unwrap().evidence.len())
        .collect();
    assert_eq!(evidence, [0, 0, 1]);
}

#[test]
fn evidence_is_what_only_a_restart_changes() {
    let host = bmc(0x01)
        .on_command(CHASSIS, 0x07, Ok(reply(0, &[0x07, 1])))
        .on_command(STORAGE, 0x40, Ok(log_info(2, 9)))
        .on_command(STORAGE, 0x43, Ok(log_entry(2, 9, 0x1d, 0x07)));
    let observation = IpmiDriver::observe(&host, &node()).unwrap();
    assert_eq!(observation.state, PowerState::On);
    assert_eq!(
        named(&observation.evidence, "restart-cause"),
        Some("mains restored, as before")
    );
    assert_eq!(
        named(&observation.evidence, "restart-event"),
        Some("entry 2 at 9")
    );
    assert_eq!(
        named(&observation.facts, "last-power-event"),
        Some("switched on by an IPMI command")
    );
}

#[test]
fn a_log_that_has_not_moved_is_not_read_again_and_noise_keeps_the_last_restart() {
    let host = bmc(0x01)
        .on_command(STORAGE, 0x40, Ok(log_info(2, 9)))
        .on_command(STORAGE, 0x40, Ok(log_info(2, 9)))
        .on_command(STORAGE, 0x40, Ok(log_info(3, 11)))
        .on_command(STORAGE, 0x43, Ok(log_entry(2, 9, 0x1d, 0x01)))
        // A temperature, and nothing before it that can be read.
        .on_command(STORAGE, 0x43, Ok(log_entry(3, 11, 0x01, 0x07)))
        .on_command(STORAGE, 0x43, Ok(reply(0xcb, &[])));
    let seen: Vec<Option<String>> = (0..3)
        .map(|_| {
            let observation = IpmiDriver::observe(&host, &node()).unwrap();
            named(&observation.evidence, "restart-event").map(str::to_owned)
        })
        .collect();
    assert_eq!(seen, vec![Some("entry 2 at 9".to_owned()); 3]);
    assert_eq!(sent(&host, STORAGE, 0x43).len(), 3);
}

#[test]
fn power_coming_up_and_a_cleared_log_prove_no_restart() {
    let by_power = bmc(0x01)
        .on_command(STORAGE, 0x40, Ok(log_info(1, 9)))
        .on_command(STORAGE, 0x43, Ok(log_entry(1, 9, 0x1d, 0x00)));
    let observation = IpmiDriver::observe(&by_power, &node()).unwrap();
    assert_eq!(named(&observation.evidence, "restart-event"), None);
    let cleared = bmc(0x01)
        .on_command(STORAGE, 0x40, Ok(log_info(2, 9)))
        .on_command(STORAGE, 0x40, Ok(log_info(0, 0)))
        .on_command(STORAGE, 0x43, Ok(log_entry(2, 9, 0x1d, 0x07)))
        .on_command(STORAGE, 0x43, Ok(reply(0xcb, &[])));
    IpmiDriver::observe(&cleared, &node()).unwrap();
    let observation = IpmiDriver::observe(&cleared, &node()).unwrap();
    assert_eq!(named(&observation.evidence, "restart-event"), None);
}

#[test]
fn what_a_bmc_does_not_have_is_not_asked_again() {
    let host = bmc(0x01);
    for _ in 0..3 {
        let observation = IpmiDriver::observe(&host, &node()).unwrap();
        assert!(observation.evidence.is_empty());
    }
    assert_eq!(
        (sent(&host, CHASSIS, 0x07).len(), sent(&host, STORAGE, 0x40).len()),
        (1, 1)
    );
}

#[test]
fn a_bmc_that_forgot_the_cause_gives_no_evidence() {
    let host = bmc(0x01).on_command(CHASSIS, 0x07, Ok(reply(0, &[0x00, 1])));
    assert!(IpmiDriver::observe(&host, &node()).unwrap().evidence.is_empty());
}

#[test]
fn every_primitive_is_one_command() {
    for (what, control) in [
        (Primitive::ForceOff, 0),
        (Primitive::On, 1),
        (Primitive::PowerCycle, 2),
        (Primitive::ForceRestart, 3),
        (Primitive::Nmi, 4),
        (Primitive::GracefulShutdown, 5),
    ] {
        let host = bmc(0x01).on_command(CHASSIS, 0x02, Ok(reply(0, &[])));
        assert_eq!(
            IpmiDriver::act(&host, &node(), what).unwrap(),
            Submitted::Accepted
        );
        assert_eq!(sent(&host, CHASSIS, 0x02), [[control]], "{what:?}");
    }
    let host = bmc(0x01);
    let refused = IpmiDriver::act(&host, &node(), Primitive::GracefulRestart).unwrap_err();
    assert_eq!(refused.cause, Cause::NotSupported);
    let controller = subject(Kind::Controller);
    let host = bmc(0x01).on_command(APP, 0x02, Ok(reply(0, &[])));
    IpmiDriver::act(&host, &controller, Primitive::ForceRestart).unwrap();
    assert_eq!(sent(&host, APP, 0x02).len(), 1);
    assert!(IpmiDriver::act(&host, &controller, Primitive::ForceOff).is_err());
}

#[test]
fn a_machine_that_is_off_is_not_restarted() {
    for what in [Primitive::PowerCycle, Primitive::ForceRestart, Primitive::Nmi] {
        let host = bmc(0x00).on_command(CHASSIS, 0x02, Ok(reply(0, &[])));
        let refused = IpmiDriver::act(&host, &node(), what).unwrap_err();
        assert_eq!(refused.cause, Cause::Conflict);
        assert!(refused.text.contains("switch it on instead"), "{}", refused.text);
        assert!(sent(&host, CHASSIS, 0x02).is_empty());
    }
}

#[test]
fn codes_have_causes_and_say_what_to_do() {
    for (code, cause, words) in [
        (0xc0, Cause::Busy, "busy"),
        (0xc1, Cause::NotSupported, "does not have this command"),
        (0xc3, Cause::Busy, "whether it was executed"),
        (0xcc, Cause::Invalid, "does not take these data"),
        (0xd1, Cause::Busy, "updating its firmware"),
        (0xd2, Cause::Busy, "starting"),
        (0xd4, Cause::Forbidden, "`privilege`"),
        (0xd5, Cause::Conflict, "present state"),
    ] {
        let host = bmc(0x01).on_command(CHASSIS, 0x02, Ok(reply(code, &[])));
        let failure = IpmiDriver::act(&host, &node(), Primitive::On).unwrap_err();
        assert_eq!(failure.cause, cause, "{code:02x}");
        assert!(failure.text.contains(words), "{}", failure.text);
        assert_eq!(failure.codes, [format!("{code:02X}h")]);
        assert_eq!(failure.retry_after_ms.is_some(), failure.cause == Cause::Busy);
    }
    let lost = fault(Delivery::MaybeSent, Reason::Timeout, "no answer");
    let host = bmc(0x01).on_command(CHASSIS, 0x02, Err(lost));
    let failure = IpmiDriver::act(&host, &node(), Primitive::On).unwrap_err();
    assert_eq!(failure.cause, Cause::Unreachable);
    assert_eq!(sent(&host, CHASSIS, 0x02).len(), 1);
}

#[test]
fn other_subjects_are_not_found() {
    let stray = Subject {
        kind: Kind::Node,
        id: "/redfish/v1/Systems/1".to_owned(),
    };
    for subject in [stray, subject(Kind::Chassis)] {
        let failure = IpmiDriver::observe(&bmc(1), &subject).unwrap_err();
        assert_eq!(failure.cause, Cause::NotFound);
        assert!(failure.text.contains("correct the inventory"));
    }
}

fn pxe(duration: BootDuration, firmware: Firmware) -> WantedBoot {
    WantedBoot {
        source: BootSource::Pxe,
        duration,
        firmware,
    }
}

#[test]
fn boot_flags_are_kept_set_and_read_back() {
    let host = bmc(1).on_command(CHASSIS, 0x08, Ok(reply(0, &[]))).on_command(
        CHASSIS,
        0x09,
        Ok(reply(0, &[1, 5, 0xa0, 0x04, 0, 0, 0])),
    );
    let done = IpmiDriver::set_boot(&host, &node(), pxe(BootDuration::Once, Firmware::Uefi));
    assert_eq!(done.unwrap(), Submitted::Accepted);
    assert_eq!(
        sent(&host, CHASSIS, 0x08),
        [vec![3, 0x08], vec![5, 0xa0, 0x04, 0, 0, 0]]
    );
    let boot = IpmiDriver::boot(&host, &node()).unwrap();
    assert_eq!(
        (boot.source, boot.duration, boot.firmware),
        (BootSource::Pxe, BootDuration::Once, Firmware::Uefi)
    );
    assert!(boot.sources.contains(&BootSource::Setup) && !boot.sources.contains(&BootSource::Usb));
}

#[test]
fn boot_flags_that_a_bmc_does_not_keep_are_a_failure() {
    let host = bmc(1)
        // Without parameter 3, with flags that stay what they were.
        .on_command(CHASSIS, 0x08, Ok(reply(0x80, &[])))
        .on_command(CHASSIS, 0x08, Ok(reply(0, &[])))
        .on_command(CHASSIS, 0x09, Ok(reply(0, &[1, 5, 0, 0, 0, 0, 0])));
    let failure =
        IpmiDriver::set_boot(&host, &node(), pxe(BootDuration::Continuous, Firmware::Legacy)).unwrap_err();
    assert_eq!(failure.cause, Cause::Conflict);
    assert!(
        host.log_lines()[0].contains("ends a minute after"),
        "{:?}",
        host.log_lines()
    );
    let lifted = IpmiDriver::set_boot(&host, &node(), pxe(BootDuration::Disabled, Firmware::Unspecified));
    assert_eq!(lifted.unwrap(), Submitted::Accepted);
    let usb = WantedBoot {
        source: BootSource::Usb,
        ..pxe(BootDuration::Once, Firmware::Uefi)
    };
    assert_eq!(
        IpmiDriver::set_boot(&host, &node(), usb).unwrap_err().cause,
        Cause::NotSupported
    );
}

#[test]
fn the_light_is_lit_without_an_end_or_for_the_longest_time() {
    assert_eq!(IpmiDriver::indicator(&bmc(1), &node()).unwrap().light, Light::Lit);
    let host = bmc(1).on_command(CHASSIS, 0x04, Ok(reply(0, &[])));
    IpmiDriver::set_indicator(&host, &node(), Light::Lit).unwrap();
    IpmiDriver::set_indicator(&host, &node(), Light::Off).unwrap();
    assert_eq!(sent(&host, CHASSIS, 0x04), [vec![0, 1], vec![0]]);
    let old =
        bmc(1)
            .on_command(CHASSIS, 0x04, Ok(reply(0xc7, &[])))
            .on_command(CHASSIS, 0x04, Ok(reply(0, &[])));
    IpmiDriver::set_indicator(&old, &node(), Light::Lit).unwrap();
    assert_eq!(sent(&old, CHASSIS, 0x04), [vec![0, 1], vec![255]]);
    assert!(IpmiDriver::set_indicator(&host, &node(), Light::Blinking).is_err());
    let silent = FakeHost::new().on_command(CHASSIS, 0x01, Ok(reply(0, &[1, 0, 0])));
    assert_eq!(
        IpmiDriver::indicator(&silent, &node()).unwrap().light,
        Light::Unknown
    );
}

#[test]
fn a_reading_has_its_window() {
    let data = [
        0xdc, 0x36, 0x01, 0x2c, 0x01, 0x4a, 0x01, 0x36, 0x01, 0, 0, 0, 0x69, 0x60, 0xea, 0, 0, 0x40,
    ];
    let host = bmc(1).on_command(DCMI, 0x02, Ok(reply(0, &data)));
    let readings = IpmiDriver::readings(&host, &node()).unwrap();
    assert_eq!(
        (
            readings[0].watts,
            readings[0].min,
            readings[0].max,
            readings[0].window_ms
        ),
        (Some(310.0), Some(300.0), Some(330.0), Some(60_000))
    );
    let mut idle = data;
    idle[17] = 0;
    let host = bmc(1).on_command(DCMI, 0x02, Ok(reply(0, &idle)));
    assert_eq!(IpmiDriver::readings(&host, &node()).unwrap()[0].watts, None);
    assert_eq!(
        IpmiDriver::readings(&bmc(1), &node()).unwrap_err().cause,
        Cause::NotSupported
    );
}

/// A limit of 400 W, kept to within two seconds, measured over one.
const LIMIT: [u8; 14] = [0xdc, 0, 0, 0x11, 0x90, 0x01, 0xd0, 0x07, 0, 0, 0, 0, 1, 0];

fn limit(watts: Option<f64>) -> Vec<WantedLimit> {
    vec![WantedLimit {
        id: "dcmi".to_owned(),
        watts,
    }]
}

#[test]
fn eighty_means_no_limit_or_no_command() {
    let active = bmc(1).on_command(DCMI, 0x03, Ok(reply(0, &LIMIT)));
    let read = &IpmiDriver::limits(&active, &node()).unwrap()[0];
    assert_eq!((read.watts, read.mode), (Some(400.0), LimitMode::Automatic));
    let with_data = bmc(1).on_command(DCMI, 0x03, Ok(reply(0x80, &LIMIT)));
    let capable = bmc(1).on_command(DCMI, 0x03, Ok(reply(0x80, &[]))).on_command(
        DCMI,
        0x01,
        Ok(reply(0, &[0xdc, 1, 5, 2, 0, 1, 7])),
    );
    for host in [with_data, capable] {
        let read = &IpmiDriver::limits(&host, &node()).unwrap()[0];
        assert_eq!(
            (read.watts, read.mode, read.writable),
            (None, LimitMode::Disabled, true)
        );
    }
    let incapable = bmc(1).on_command(DCMI, 0x03, Ok(reply(0x80, &[]))).on_command(
        DCMI,
        0x01,
        Ok(reply(0, &[0xdc, 1, 5, 2, 0, 0, 7])),
    );
    for host in [incapable, bmc(1)] {
        assert_eq!(
            IpmiDriver::limits(&host, &node()).unwrap_err().cause,
            Cause::NotSupported
        );
    }
}

#[test]
fn a_limit_is_set_activated_and_read_back() {
    let host = bmc(1)
        .on_command(DCMI, 0x03, Ok(reply(0x80, &LIMIT)))
        .on_command(DCMI, 0x03, Ok(reply(0, &LIMIT)))
        .on_command(DCMI, 0x04, Ok(reply(0, &[0xdc])))
        .on_command(DCMI, 0x05, Ok(reply(0, &[0xdc])));
    let done = IpmiDriver::set_limits(&host, &node(), &limit(Some(399.7)));
    assert_eq!(done.unwrap(), Submitted::Accepted);
    // What was stored besides the watts stays.
    let set = [0xdc, 0, 0, 0, 0x11, 0x90, 0x01, 0xd0, 0x07, 0, 0, 0, 0, 1, 0];
    assert_eq!(sent(&host, DCMI, 0x04), [set]);
    assert_eq!(sent(&host, DCMI, 0x05), [[0xdc, 1, 0, 0]]);
    let other = IpmiDriver::set_limits(&host, &node(), &limit(Some(300.0))).unwrap_err();
    assert_eq!(other.cause, Cause::Conflict);
    assert!(other.text.contains("the limit is 400 W"), "{}", other.text);
    let lift = IpmiDriver::set_limits(&host, &node(), &limit(None)).unwrap_err();
    assert!(lift.text.contains("still active"), "{}", lift.text);
}

#[test]
fn a_limit_out_of_range_or_half_set_says_so() {
    let out =
        bmc(1)
            .on_command(DCMI, 0x03, Ok(reply(0x80, &LIMIT)))
            .on_command(DCMI, 0x04, Ok(reply(0x84, &[])));
    let failure = IpmiDriver::set_limits(&out, &node(), &limit(Some(5.0))).unwrap_err();
    assert_eq!(
        (failure.cause, failure.codes),
        (Cause::Invalid, vec!["84h".to_owned()])
    );
    let half = bmc(1)
        .on_command(DCMI, 0x03, Ok(reply(0x80, &LIMIT)))
        .on_command(DCMI, 0x04, Ok(reply(0, &[0xdc])))
        .on_command(DCMI, 0x05, Ok(reply(0xc0, &[])));
    let failure = IpmiDriver::set_limits(&half, &node(), &limit(Some(400.0))).unwrap_err();
    assert!(failure.text.contains("stored and not active"), "{}", failure.text);
    for watts in [0.0, -1.0, 70_000.0, f64::NAN] {
        let failure = IpmiDriver::set_limits(&half, &node(), &limit(Some(watts))).unwrap_err();
        assert_eq!(failure.cause, Cause::Invalid, "{watts}");
    }
    let unknown = [WantedLimit {
        id: "cpu".to_owned(),
        watts: None,
    }];
    assert_eq!(
        IpmiDriver::set_limits(&half, &node(), &unknown)
            .unwrap_err()
            .cause,
        Cause::NotFound
    );
}
