//! IPMI, as the programs of others see it: `ipmitool` and `ipmipower`.

use std::process::Stdio;
use std::time::Duration;

use bmc_sim::{
    CipherSuite, DEFAULT_PASSWORD, DEFAULT_USER, DcmiLimit, Delays, Duplicates, Effect, Fault, Identify,
    IpmiProfile, IpmiWhenOff, PowerState, Profile, Protocol, ResetType, Sim, SimConfig,
};
use tokio::process::Command;

use crate::client::{PATIENCE, power, reset, until};

async fn start(config: SimConfig) -> Sim {
    Sim::start(config.ipmi(0)).await.unwrap()
}

fn profile(ipmi: IpmiProfile) -> SimConfig {
    SimConfig::default().profile(Profile {
        ipmi,
        ..Profile::standard()
    })
}

/// What a program printed, and whether it was content.
#[derive(Debug)]
struct Said {
    ok: bool,
    text: String,
}

async fn run(program: &str, arguments: &[&str]) -> Said {
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(PATIENCE, output).await.unwrap();
    let output = output.expect("the program starts; `cargo xtask test` installs ipmitool and freeipmi-tools");
    let text = [output.stdout, output.stderr].concat();
    Said {
        ok: output.status.success(),
        text: String::from_utf8_lossy(&text).into_owned(),
    }
}

/// Runs `ipmitool` against the first BMC, with a second's patience for each of its four tries.
async fn ipmitool(sim: &Sim, suite: &str, command: &str) -> Said {
    let address = sim.ipmi_address(0).unwrap();
    let (host, port) = (address.ip().to_string(), address.port().to_string());
    let mut arguments = vec!["-I", "lanplus", "-C", suite, "-H", &host, "-p", &port];
    arguments.extend(["-U", DEFAULT_USER, "-P", DEFAULT_PASSWORD, "-N", "1"]);
    arguments.extend(command.split(' '));
    run("ipmitool", &arguments).await
}

async fn ipmipower(sim: &Sim, suite: &str, command: &str) -> Said {
    let host = sim.ipmi_address(0).unwrap().to_string();
    let mut arguments = vec!["-D", "LAN_2_0", "-I", suite, "-h", &host, "-u", DEFAULT_USER];
    arguments.extend(["-p", DEFAULT_PASSWORD, command]);
    run("/usr/sbin/ipmipower", &arguments).await
}

fn executed(sim: &Sim) -> Vec<ResetType> {
    sim.executed(0, 0)
        .into_iter()
        .map(|entry| entry.reset_type)
        .collect()
}

#[tokio::test]
async fn ipmitool_switches_with_both_suites() {
    for suite in ["3", "17"] {
        let sim = start(SimConfig::default()).await;
        for (command, state) in [
            ("chassis power status", PowerState::On),
            ("chassis power off", PowerState::Off),
            ("chassis power on", PowerState::On),
            ("chassis power cycle", PowerState::On),
            ("chassis power reset", PowerState::On),
            ("chassis power diag", PowerState::On),
            ("chassis power soft", PowerState::Off),
        ] {
            let said = ipmitool(&sim, suite, command).await;
            assert!(said.ok, "{suite} {command}: {said:?}");
            assert_eq!(sim.power_state(0, 0), state, "{suite} {command}");
        }
        let expected = [
            ResetType::ForceOff,
            ResetType::On,
            ResetType::PowerCycle,
            ResetType::ForceRestart,
            ResetType::Nmi,
            ResetType::GracefulShutdown,
        ];
        assert_eq!(executed(&sim), expected, "{suite}");
        let said = ipmitool(&sim, suite, "chassis power status").await;
        assert_eq!(said.text.trim(), "Chassis Power is off");
        assert_eq!(sim.ipmi(0).slots, 0, "every session was closed");
        assert_eq!(sim.counts(0).auth_failures, 0);
    }
}

#[tokio::test]
async fn ipmipower_switches_with_both_suites() {
    for suite in ["3", "17"] {
        let sim = start(SimConfig::default()).await;
        for (command, state) in [
            ("--stat", PowerState::On),
            ("--off", PowerState::Off),
            ("--on", PowerState::On),
            ("--reset", PowerState::On),
            ("--cycle", PowerState::On),
            ("--pulse", PowerState::On),
            ("--soft", PowerState::Off),
        ] {
            let said = ipmipower(&sim, suite, command).await;
            assert!(said.ok, "{suite} {command}: {said:?}");
            assert_eq!(sim.power_state(0, 0), state, "{suite} {command}: {said:?}");
        }
        let said = ipmipower(&sim, suite, "--stat").await;
        assert!(said.text.trim().ends_with("off"), "{said:?}");
    }
}

#[tokio::test]
async fn light_boot_flags_causes_and_events_are_there() {
    let sim = start(SimConfig::default()).await;
    for (command, light) in [
        ("chassis identify force", Identify::Indefinite),
        ("chassis identify 0", Identify::Off),
        ("chassis identify 30", Identify::Temporary),
    ] {
        let said = ipmitool(&sim, "17", command).await;
        assert!(said.ok, "{said:?}");
        assert_eq!(sim.ipmi(0).identify, light, "{command}");
    }
    let said = ipmitool(&sim, "17", "chassis bootdev pxe").await;
    assert!(said.ok, "{said:?}");
    assert_eq!(sim.ipmi(0).boot_flags, Some([0x80, 0x04, 0, 0, 0]));
    let said = ipmitool(&sim, "17", "chassis bootparam get 5").await;
    assert!(said.text.contains("Force PXE"), "{said:?}");
    let cause = ipmitool(&sim, "17", "chassis restart_cause").await;
    assert!(cause.text.contains("restore-previous power policy"), "{cause:?}");
    ipmitool(&sim, "17", "chassis power reset").await;
    assert_eq!(sim.ipmi(0).boot_flags, None, "used by the restart");
    let cause = ipmitool(&sim, "17", "chassis restart_cause").await;
    assert!(cause.text.contains("chassis power control command"), "{cause:?}");
    let log = ipmitool(&sim, "17", "sel list").await;
    assert_eq!(log.text.matches("System Boot Initiated").count(), 2, "{log:?}");
    for command in ["mc info", "chassis poh", "mc guid", "chassis status"] {
        let said = ipmitool(&sim, "17", command).await;
        assert!(said.ok, "{command}: {said:?}");
    }
    let sensors = ipmitool(&sim, "17", "mc info").await;
    assert!(
        sensors.text.contains("Firmware Revision         : 2.48"),
        "{sensors:?}"
    );
}

#[tokio::test]
async fn dcmi_reads_and_limits() {
    let sim = start(SimConfig::default()).await;
    let said = ipmitool(&sim, "17", "dcmi power reading").await;
    assert!(
        said.text
            .contains("Instantaneous power reading:                   310 Watts"),
        "{said:?}"
    );
    let said = ipmitool(&sim, "17", "dcmi power set_limit limit 240").await;
    assert!(said.ok, "{said:?}");
    assert_eq!(sim.ipmi(0).power_limit, None, "not active yet");
    assert!(ipmitool(&sim, "17", "dcmi power activate").await.ok);
    assert_eq!(sim.ipmi(0).power_limit, Some(240));
    let said = ipmitool(&sim, "17", "dcmi power get_limit").await;
    assert!(said.text.contains("240 Watts"), "{said:?}");
    let said = ipmitool(&sim, "17", "dcmi power reading").await;
    assert!(said.text.contains("240 Watts"), "{said:?}");
    assert!(ipmitool(&sim, "17", "dcmi power deactivate").await.ok);
    assert_eq!(sim.ipmi(0).power_limit, None);
    let none = start(profile(IpmiProfile {
        dcmi_limit: DcmiLimit::Missing,
        ..IpmiProfile::standard()
    }))
    .await;
    let said = ipmitool(&none, "17", "raw 0x2c 0x03 0xdc 0 0").await;
    assert!(said.text.contains("rsp=0x80"), "{said:?}");
}

#[tokio::test]
async fn one_machine_is_reached_both_ways() {
    let sim = start(SimConfig::default()).await;
    assert!(ipmitool(&sim, "17", "chassis power off").await.ok);
    assert_eq!(power(&sim, 0, 0).await, "Off");
    reset(&sim, 0, 0, "On").await.unwrap();
    let said = ipmitool(&sim, "17", "chassis power status").await;
    assert_eq!(said.text.trim(), "Chassis Power is on");
    sim.add_fault(Fault::new(Effect::Unreachable { silent: false }).protocol(Protocol::Redfish))
        .unwrap();
    assert!(reset(&sim, 0, 0, "ForceOff").await.is_err());
    assert!(ipmitool(&sim, "17", "chassis power off").await.ok);
    assert_eq!(sim.power_state(0, 0), PowerState::Off);
}

#[tokio::test]
async fn what_is_not_offered_or_not_allowed_is_refused() {
    let three = start(profile(IpmiProfile {
        suites: vec![CipherSuite::Three],
        ..IpmiProfile::standard()
    }))
    .await;
    let said = ipmitool(&three, "17", "chassis power status").await;
    assert!(
        !said.ok && said.text.contains("invalid authentication algorithm"),
        "{said:?}"
    );
    let user = start(profile(IpmiProfile {
        privilege_limit: 2,
        ..IpmiProfile::standard()
    }))
    .await;
    let said = ipmitool(&user, "3", "chassis power status").await;
    assert!(!said.ok, "asks for an administrator: {said:?}");
    let said = ipmitool(&user, "3", "-L USER chassis power status").await;
    assert!(said.ok, "{said:?}");
    let said = ipmitool(&user, "3", "-L USER chassis power off").await;
    assert!(
        !said.ok && said.text.contains("nsufficient privilege"),
        "{said:?}"
    );
    assert_eq!(user.power_state(0, 0), PowerState::On);
    let address = user.ipmi_address(0).unwrap();
    let (host, port) = (address.ip().to_string(), address.port().to_string());
    let wrong = [
        "-I", "lanplus", "-C", "17", "-H", &host, "-p", &port, "-U", "root", "-P", "wrong",
    ];
    let said = run(
        "ipmitool",
        &[&wrong[..], &["-L", "USER", "power", "status"]].concat(),
    )
    .await;
    assert!(!said.ok, "{said:?}");
}

#[tokio::test]
async fn a_machine_that_is_off_is_not_restarted() {
    for (when_off, ok) in [(IpmiWhenOff::Refuse, false), (IpmiWhenOff::Ignore, true)] {
        let ipmi = IpmiProfile {
            when_off,
            ..IpmiProfile::standard()
        };
        let sim = start(profile(ipmi).initial_power(PowerState::Off)).await;
        for command in ["chassis power reset", "chassis power cycle"] {
            let said = ipmitool(&sim, "3", command).await;
            assert_eq!(said.ok, ok, "{said:?}");
        }
        assert_eq!(
            (sim.power_state(0, 0), sim.executed(0, 0).len()),
            (PowerState::Off, 0)
        );
    }
}

#[tokio::test]
async fn lost_answers_to_a_reset_make_ipmitool_send_it_again() {
    for (duplicates, resets) in [(Duplicates::Executed, 4), (Duplicates::AnsweredAgain, 1)] {
        let sim = start(profile(IpmiProfile {
            duplicates,
            ..IpmiProfile::standard()
        }))
        .await;
        sim.add_fault(Fault::new(Effect::ExecuteThenCut).times(3))
            .unwrap();
        let said = ipmitool(&sim, "17", "chassis power reset").await;
        assert!(said.ok, "{said:?}");
        assert_eq!(
            executed(&sim),
            vec![ResetType::ForceRestart; resets],
            "{duplicates:?}"
        );
    }
}

#[tokio::test]
async fn faults_befall_ipmi_too() {
    let sim = start(SimConfig::default()).await;
    let effects = [
        (Effect::Ignore, true),
        (Effect::CompletionCode { code: 0xd2 }, false),
        (Effect::Busy { retry_after: 1 }, false),
        (Effect::SessionStatus { status: 1 }, false),
        (Effect::SessionCap, false),
        (Effect::Unauthorized, false),
        (Effect::DuplicateAnswer, true),
        (Effect::WrongChecksum, true),
        (Effect::Slow { ms: 5 }, true),
    ];
    for (effect, ok) in effects {
        sim.set_power(0, 0, PowerState::On);
        let ignored = effect == Effect::Ignore;
        sim.add_fault(Fault::new(effect.clone()).path("/ipmi/00/02").for_ms(60_000))
            .unwrap();
        // The steps of the set-up have a hyphen in their path.
        sim.add_fault(Fault::new(effect.clone()).path("-")).unwrap();
        let said = ipmitool(&sim, "17", "-R 1 chassis power off").await;
        assert_eq!(said.ok, ok, "{effect:?}: {said:?}");
        let off = sim.power_state(0, 0) == PowerState::Off;
        assert_eq!(off, ok && !ignored, "{effect:?}");
        sim.clear_faults();
    }
    sim.add_fault(Fault::new(Effect::WrongState { state: "Off".into() }))
        .unwrap();
    sim.set_power(0, 0, PowerState::On);
    let said = ipmitool(&sim, "17", "chassis power status").await;
    assert_eq!(said.text.trim(), "Chassis Power is off");
    sim.clear_faults();
    for effect in [Effect::CutBeforeExecuting, Effect::LateAnswer, Effect::WrongCode] {
        sim.add_fault(
            Fault::new(effect.clone())
                .on(bmc_sim::Requests::PowerReadings)
                .times(1),
        )
        .unwrap();
        let said = ipmitool(&sim, "17", "chassis power status").await;
        assert!(said.ok, "{effect:?}: {said:?}");
        assert_eq!(sim.faults()[0].hits, 1, "{effect:?}");
        sim.clear_faults();
    }
}

/// An Open Session Request for suite 3.
const OPEN_SESSION: [u8; 48] = [
    0x06, 0x00, 0xff, 0x07, 0x06, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 32, 0, // RMCP and session header
    0x01, 0x04, 0, 0, 0xa4, 0xa3, 0xa2, 0xa1, // tag, level, the asker's number of the session
    0, 0, 0, 8, 1, 0, 0, 0, 1, 0, 0, 8, 1, 0, 0, 0, 2, 0, 0, 8, 1, 0, 0, 0, // algorithms
];

#[tokio::test]
async fn a_full_table_of_sessions_refuses_and_silence_frees_it() {
    let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let with_timeout = |session_timeout_ms| {
        start(profile(IpmiProfile {
            max_sessions: 1,
            session_timeout_ms,
            ..IpmiProfile::standard()
        }))
    };
    let full = with_timeout(600_000).await;
    socket
        .send_to(&OPEN_SESSION, full.ipmi_address(0).unwrap())
        .await
        .unwrap();
    until(|| async { full.ipmi(0).slots }, |slots| *slots == 1).await;
    let said = ipmitool(&full, "17", "-R 1 chassis power status").await;
    assert!(
        !said.ok && said.text.contains("insufficient resources"),
        "{said:?}"
    );
    let freed = with_timeout(200).await;
    socket
        .send_to(&OPEN_SESSION, freed.ipmi_address(0).unwrap())
        .await
        .unwrap();
    until(|| async { freed.counts(0).ipmi_steps }, |steps| *steps == 1).await;
    until(|| async { freed.ipmi(0).slots }, |slots| *slots == 0).await;
}

#[tokio::test]
async fn a_reset_of_the_bmc_ends_its_sessions_and_takes_a_while() {
    let sim = start(SimConfig::default().delays(Delays {
        manager_reset: Duration::from_secs(2),
        ..Delays::default()
    }))
    .await;
    let said = ipmitool(&sim, "17", "mc reset cold").await;
    assert!(said.text.contains("Sent cold reset"), "{said:?}");
    assert_eq!(sim.ipmi(0).slots, 0);
    let away = ipmitool(&sim, "17", "-R 1 chassis power status").await;
    assert!(!away.ok, "{away:?}");
    let back = || async { ipmitool(&sim, "17", "-R 1 chassis power status").await };
    until(back, |said| said.ok).await;
}

#[tokio::test]
async fn thousands_have_a_socket_each() {
    let sim = start(SimConfig::default().count(2_000)).await;
    let last = sim.ipmi_address(1_999).unwrap();
    assert_eq!(last.port(), sim.ipmi_address(0).unwrap().port());
    let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let ping = [0x06, 0x00, 0xff, 0x06, 0, 0, 0x11, 0xbe, 0x80, 7, 0, 0];
    socket.send_to(&ping, last).await.unwrap();
    let mut pong = [0; 64];
    let (length, from) = tokio::time::timeout(PATIENCE, socket.recv_from(&mut pong))
        .await
        .unwrap()
        .unwrap();
    assert_eq!((length, from, pong[9]), (28, last, 7));
    assert_eq!(sim.counts(1_999).ipmi_steps, 1);
}
