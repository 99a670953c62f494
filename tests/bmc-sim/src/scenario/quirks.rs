//! The scenarios.

use std::time::Duration;

use serde_json::json;

use super::makes::{
    aux_cycle, aux_power_reset, cray_node, idrac, ilo, megarac, nvidia, object, openbmc, supermicro, xcc,
};
use super::{INSTANT, Scenario};
use crate::fault::{Effect, Fault, Requests};
use crate::make::{ActionCondition, Digestion, Make, Manners, OwnAction, Slash};
use crate::power::{Delays, ResetType, RestartView};
use crate::profile::{Acceptance, Announce, FinishedTask, IdStyle, LastResetTime, Profile, Refusal};

/// A scenario without faults and delays, to be completed.
const PLAIN: Scenario = Scenario {
    name: "",
    driver: "redfish-standard",
    about: "",
    profile: Profile::standard,
    faults: Vec::new,
    delays: INSTANT,
};
/// How long a BMC of a scenario is away when it restarts.
const AWAY: Duration = Duration::from_millis(300);
/// How long it has not digested a change of power, in milliseconds.
const UNDIGESTED_MS: u64 = 300;

/// Every scenario, by make.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "idrac10-on-conflict",
        driver: "redfish-dell",
        about: "for a while after an off, On is refused with 409 ActionParameterValueConflict",
        profile: || {
            let refusal = Refusal::new(
                409,
                "IDRAC.2.9.ActionParameterValueConflict",
                "The parameter ResetType conflicts with the present state.",
            );
            undigested(idrac("1.20.25.00"), &[ResetType::On], true, refusal)
        },
        ..PLAIN
    },
    Scenario {
        name: "idrac-already-409",
        driver: "redfish-dell",
        about: "what is there already is refused with 409 PSU501, and the first reading shows the state before",
        profile: || idrac("6.10.30.00"),
        faults: || vec![stale_once("System.Embedded.1", "Off")],
        ..PLAIN
    },
    Scenario {
        name: "idrac9-without-graceful-restart",
        driver: "redfish-dell",
        about: "GracefulRestart is neither listed nor taken",
        profile: || {
            without(
                idrac("4.40.00.00"),
                &[ResetType::GracefulRestart, ResetType::PowerCycle],
            )
        },
        ..PLAIN
    },
    Scenario {
        name: "idrac-on-without-effect",
        driver: "redfish-dell",
        about: "an R650 with iDRAC 5.10.10.05 accepts the first On and stays off",
        profile: || Profile {
            model: "PowerEdge R650".into(),
            ..idrac("5.10.10.05")
        },
        faults: || vec![Fault::new(Effect::Ignore).times(1)],
        ..PLAIN
    },
    Scenario {
        name: "idrac-lockdown",
        driver: "redfish-dell",
        about: "in lockdown, a full power cycle is listed and refused with words of no code",
        profile: || {
            let mut profile = idrac("7.00.00.00");
            profile.reset_types.push(ResetType::FullPowerCycle);
            let attributes = json!({"Attributes": {"Lockdown.1.SystemLockdown": "Enabled"}});
            profile.make.pages.insert(
                "/redfish/v1/Managers/iDRAC.Embedded.1/Oem/Dell/DellAttributes/iDRAC.Embedded.1".into(),
                attributes,
            );
            profile
        },
        ..PLAIN
    },
    Scenario {
        name: "idrac-sys518",
        driver: "redfish-dell",
        about: "after an operation, reads fail with SYS518 for a while",
        profile: || idrac("6.10.30.00"),
        faults: || {
            let busy = Fault::refuse(400, "IDRAC.2.8.SYS518", "iDRAC data sources are unavailable.");
            vec![busy.on(Requests::PowerReadings).times(3)]
        },
        ..PLAIN
    },
    Scenario {
        name: "idrac-sessions-full",
        driver: "redfish-dell",
        about: "the session table is full: 503 RAC0218",
        profile: || idrac("6.10.30.00"),
        faults: || {
            vec![
                Fault::new(Effect::SessionCap)
                    .on(Requests::PowerReadings)
                    .times(3),
            ]
        },
        ..PLAIN
    },
    Scenario {
        name: "idrac10-no-conditions",
        driver: "redfish-dell",
        about: "If-Match on an action is 412",
        profile: || {
            with_manners(idrac("1.20.25.00"), |manners| {
                manners.actions = ActionCondition::Refused;
            })
        },
        ..PLAIN
    },
    Scenario {
        name: "idrac10-zero-dates",
        driver: "redfish-dell",
        about: "LastResetTime is made of zeros",
        profile: || Profile {
            last_reset_time: LastResetTime::Zeros,
            boot_progress: false,
            ..idrac("1.20.25.00")
        },
        delays: SLOW,
        ..PLAIN
    },
    Scenario {
        name: "idrac-silent-root",
        driver: "redfish-dell",
        about: "an XE9780 whose root names nobody",
        profile: || {
            let mut profile = idrac("1.0.0");
            profile.model = "PowerEdge XE9780".into();
            profile.make.root = object(json!({"Vendor": null, "Product": null}));
            profile.make.manager = object(json!({"Model": ""}));
            profile
        },
        ..PLAIN
    },
    Scenario {
        name: "ilo-already-400",
        driver: "redfish-hpe",
        about: "what is there already is refused with 400, and the first reading shows the state before",
        profile: || ilo(5),
        faults: || vec![stale_once("Systems/1", "Off")],
        ..PLAIN
    },
    Scenario {
        name: "ilo-warm-reset",
        driver: "redfish-hpe",
        about: "a forced restart is called GracefulRestart",
        profile: || ilo(6),
        ..PLAIN
    },
    Scenario {
        name: "ilo-undigested",
        driver: "redfish-hpe",
        about: "for a while after a change of power, everything is refused with 400 InvalidOperationForSystemState",
        profile: || {
            let all = [
                ResetType::On,
                ResetType::ForceOff,
                ResetType::ForceRestart,
                ResetType::GracefulRestart,
            ];
            undigested(ilo(5), &all, false, Refusal::invalid_operation_400())
        },
        ..PLAIN
    },
    Scenario {
        name: "ilo5-closes-after-reply",
        driver: "redfish-hpe",
        about: "connections are closed after each reply without a word",
        profile: || with_manners(ilo(5), |manners| manners.closes_silently = true),
        ..PLAIN
    },
    Scenario {
        name: "ilo-wrong-401",
        driver: "redfish-hpe",
        about: "a 401 now and then although the credentials are right",
        profile: || ilo(5),
        faults: || vec![wrong_401("Systems")],
        ..PLAIN
    },
    Scenario {
        name: "ilo-aux-cycle",
        driver: "redfish-hpe",
        about: "the AC cycle is an action of HPE's own and works while the power is off",
        profile: || with_action(ilo(5), aux_cycle()),
        delays: SLOW,
        ..PLAIN
    },
    Scenario {
        name: "ilo4-bare-manager-reset",
        driver: "redfish-hpe",
        about: "Manager.Reset takes no ResetType, and the encoding identity is 406",
        profile: || {
            with_manners(
                Profile {
                    announce: Announce::Nowhere,
                    ..ilo(4)
                },
                |manners| {
                    manners.bare_manager_reset = true;
                    manners.refuses_identity = true;
                },
            )
        },
        delays: SLOW,
        ..PLAIN
    },
    Scenario {
        name: "xcc-on-without-effect",
        driver: "redfish-lenovo",
        about: "the first On after an off is accepted without effect",
        profile: || xcc("ThinkSystem SR650"),
        faults: || vec![Fault::new(Effect::Ignore).times(1)],
        ..PLAIN
    },
    Scenario {
        name: "xcc-sr675-restart-hangs",
        driver: "redfish-lenovo",
        about: "restarts of an SR675 V3 are accepted and hang",
        profile: || xcc("ThinkSystem SR675 V3"),
        ..PLAIN
    },
    Scenario {
        name: "xcc-sr650-v4-dpu",
        driver: "redfish-lenovo",
        about: "a restart over Redfish cuts the power of DPUs in an SR650 V4",
        profile: || xcc("ThinkSystem SR650 V4"),
        ..PLAIN
    },
    Scenario {
        name: "xcc-monitor-deletes-task",
        driver: "redfish-lenovo",
        about: "a look at the monitor of a finished task deletes the task",
        profile: || Profile {
            acceptance: Acceptance::Task,
            finished_task: FinishedTask::Deleted,
            ..xcc("ThinkSystem SR650")
        },
        ..PLAIN
    },
    Scenario {
        name: "megarac-any-tag-only",
        driver: "redfish-ami",
        about: "changes without a condition are dropped, and tags that the BMC gave are refused",
        profile: || megarac("GIGABYTE", "H262-SIM"),
        ..PLAIN
    },
    Scenario {
        name: "megarac-aux-power-cycle",
        driver: "redfish-ami",
        about: "the AC cycle is an action of the chassis",
        profile: || {
            with_action(
                megarac("GIGABYTE", "H262-SIM"),
                OwnAction {
                    name: "AMIChassis.AuxPowerCycle".into(),
                    listed: false,
                    needs_off: None,
                    ..aux_power_reset()
                },
            )
        },
        delays: SLOW,
        ..PLAIN
    },
    Scenario {
        name: "megarac-root-without-links",
        driver: "redfish-ami",
        about: "a DGX whose root leaves Systems and Chassis out, with members that are none",
        profile: || {
            let mut profile = megarac("NVIDIA", "DGXB200");
            profile.make.root = object(json!({
                "Product": null, "Oem": {"Ami": {}}, "Systems": null, "Chassis": null}));
            let strays = vec![
                json!({}),
                json!({"@odata.id": "/redfish/v1/Systems/Capabilities"}),
            ];
            profile.make.strays.insert("Systems".into(), strays);
            profile
        },
        ..PLAIN
    },
    Scenario {
        name: "dgx-lost-member",
        driver: "redfish-ami",
        about: "one of two systems answers 503 HMCCommunicationFailed",
        profile: || {
            let mut profile = megarac("NVIDIA", "DGXB200");
            let lost = "/redfish/v1/Systems/HGX_Baseboard_0";
            profile.make.pages.insert(lost.into(), json!({}));
            let strays = vec![json!({"@odata.id": lost})];
            profile.make.strays.insert("Systems".into(), strays);
            profile
        },
        faults: || {
            let lost = Fault::refuse(
                503,
                "Ami.1.0.HMCCommunicationFailed",
                "The HMC cannot be reached.",
            );
            vec![lost.on(Requests::Reads).path("HGX_Baseboard_0")]
        },
        ..PLAIN
    },
    Scenario {
        name: "dgx-manager-reset-any",
        driver: "redfish-ami",
        about: "the reset of the manager needs If-Match with *",
        profile: || {
            with_manners(megarac("NVIDIA", "DGXH100"), |manners| {
                manners.actions = ActionCondition::AnyForManager;
            })
        },
        delays: SLOW,
        ..PLAIN
    },
    Scenario {
        name: "asrock-flashing",
        driver: "redfish-ami",
        about: "everything is 401 while the BMC writes its firmware, but for the progress of that",
        profile: || {
            let mut profile = megarac("ASRockRack", "SIM");
            let progress = json!({"progress": "47% done"});
            let path = "/api/maintenance/firmware/flash-progress";
            profile.make.pages.insert(path.into(), progress);
            profile
        },
        ..PLAIN
    },
    Scenario {
        name: "supermicro-ac-cycle",
        driver: "redfish-supermicro",
        about: "the AC cycle is an action of Supermicro's own",
        profile: || {
            with_action(
                supermicro(),
                OwnAction {
                    of_chassis: false,
                    name: "OemSystemExtensions.Reset".into(),
                    value: "ACCycle".into(),
                    needs_off: None,
                    ..aux_power_reset()
                },
            )
        },
        delays: SLOW,
        ..PLAIN
    },
    Scenario {
        name: "supermicro-license",
        driver: "redfish-supermicro",
        about: "actions are behind a licence",
        profile: supermicro,
        faults: || {
            let words = "Not licensed to perform this request.";
            vec![Fault::refuse(403, "SMC.1.0.OemLicenseNotPassed", words)]
        },
        ..PLAIN
    },
    Scenario {
        name: "supermicro-202-without-task",
        driver: "redfish-supermicro",
        about: "actions are accepted with 202 and no task",
        profile: supermicro,
        ..PLAIN
    },
    Scenario {
        name: "supermicro-shared-chassis",
        driver: "redfish-supermicro",
        about: "the AC cycle of a chassis that several nodes share is offered at the chassis alone",
        profile: || {
            with_action(
                supermicro(),
                OwnAction {
                    name: "OemSystemExtensions.Reset".into(),
                    value: "ACCycle".into(),
                    needs_off: None,
                    ..aux_power_reset()
                },
            )
        },
        ..PLAIN
    },
    Scenario {
        name: "gb200-aux-needs-off",
        driver: "redfish-nvidia",
        about: "the AC cycle of the chassis is 400 ChassisPowerStateOffRequired while the host is on",
        profile: || with_action(nvidia(), aux_power_reset()),
        delays: SLOW,
        ..PLAIN
    },
    Scenario {
        name: "bluefield-null-members",
        driver: "redfish-nvidia",
        about: "a collection has null for members, and the UUID is empty",
        profile: || {
            let mut profile = nvidia();
            profile.make.system.extend(object(json!({"UUID": ""})));
            let path = "/redfish/v1/Chassis";
            profile.make.pages.insert(path.into(), json!({"Members": null}));
            profile
        },
        ..PLAIN
    },
    Scenario {
        name: "openbmc-slow",
        driver: "redfish-openbmc",
        about: "200 long before the host has followed, and no state on the way",
        profile: || Profile {
            acceptance: Acceptance::Ok,
            ..openbmc()
        },
        delays: SLOW,
        ..PLAIN
    },
    Scenario {
        name: "openbmc-not-ready",
        driver: "redfish-openbmc",
        about: "503 with Retry-After, to reads and to the action",
        profile: openbmc,
        faults: || {
            let busy = Fault::new(Effect::Busy { retry_after: 10 });
            vec![
                busy.clone().on(Requests::PowerReadings).times(2),
                busy.on(Requests::Actions).times(1),
            ]
        },
        ..PLAIN
    },
    Scenario {
        name: "openbmc-restart-stays-off",
        driver: "redfish-openbmc",
        about: "a restart takes the power and does not bring it back",
        profile: || {
            let mut profile = openbmc();
            profile.make.restarts_stay_off = true;
            profile
        },
        ..PLAIN
    },
    Scenario {
        name: "openbmc-policy-wakes",
        driver: "redfish-openbmc",
        about: "when the BMC has restarted, its policy switches the host on",
        profile: || {
            let mut profile = openbmc();
            profile.make.wakes_systems = true;
            profile
        },
        delays: SLOW,
        ..PLAIN
    },
    Scenario {
        name: "cray-power-on-regress",
        driver: "redfish-cray",
        about: "a node is seen powering on and is off again",
        profile: cray_node,
        faults: || {
            let seen = Effect::WrongState {
                state: "PoweringOn".into(),
            };
            vec![
                Fault::new(Effect::Ignore).times(1),
                Fault::new(seen).path("Systems").times(4),
            ]
        },
        ..PLAIN
    },
    Scenario {
        name: "cray-parent-off",
        driver: "redfish-cray",
        about: "a node below a chassis that is off is refused with 400 ResourceInStandby",
        profile: cray_node,
        ..PLAIN
    },
    Scenario {
        name: "intel-board",
        driver: "redfish-intel",
        about: "OpenBMC under Intel's key",
        profile: || {
            let mut profile = openbmc();
            profile.make.root =
                object(json!({"Vendor": null, "Product": null, "Oem": {"Intel_RackScale": {}}}));
            profile.make.system = object(json!({"Manufacturer": "Intel Corporation"}));
            profile
        },
        ..PLAIN
    },
    Scenario {
        name: "names-of-any-kind",
        about: "systems and managers are called as nobody expects",
        profile: || Profile {
            system_ids: IdStyle::Named("Node-a.0".into()),
            chassis_id: "Shelf 1".replace(' ', "_"),
            manager_id: "Self".into(),
            ..Profile::standard()
        },
        ..PLAIN
    },
    Scenario {
        name: "headers-insisted-on",
        about: "406 without Accept and OData-Version, 415 without Content-Type",
        profile: || with_manners(Profile::standard(), |manners| manners.insists_on_headers = true),
        ..PLAIN
    },
    Scenario {
        name: "links-missing",
        about: "ManagedBy and the links to chassis are not there",
        profile: || Profile {
            make: Make {
                system: object(json!({"Links": null})),
                chassis: object(json!({"Links": null})),
                manager: object(json!({"Links": null})),
                ..Make::default()
            },
            ..Profile::standard()
        },
        ..PLAIN
    },
    Scenario {
        name: "slash-wanted",
        about: "a path without a slash at its end is not there",
        profile: || with_manners(Profile::standard(), |manners| manners.slash = Slash::Wanted),
        ..PLAIN
    },
    Scenario {
        name: "slash-unwanted",
        about: "a path with a slash at its end is not there",
        profile: || with_manners(Profile::standard(), |manners| manners.slash = Slash::Unwanted),
        ..PLAIN
    },
    Scenario {
        name: "action-moved",
        about: "the announced target of the action is sent on with 308",
        profile: || with_manners(Profile::standard(), |manners| manners.moved_actions = true),
        ..PLAIN
    },
    Scenario {
        name: "state-cached",
        about: "readings come from a cache that is renewed now and then",
        faults: || vec![Fault::new(Effect::StaleReading { ms: 400 })],
        ..PLAIN
    },
    Scenario {
        name: "one-request-per-connection",
        about: "a second request on a connection is cut",
        profile: || with_manners(Profile::standard(), |manners| manners.closes_silently = true),
        ..PLAIN
    },
    Scenario {
        name: "bmc-restart-takes-long",
        about: "the BMC is away when it restarts itself",
        delays: SLOW,
        ..PLAIN
    },
];

/// Changes that take a while, so that what is seen meanwhile matters.
const SLOW: Delays = Delays {
    on: AWAY,
    graceful_off: AWAY,
    force_off: AWAY,
    restart: AWAY,
    boot: Duration::ZERO,
    manager_reset: AWAY,
};

fn undigested(profile: Profile, resets: &[ResetType], after_off_only: bool, refusal: Refusal) -> Profile {
    let mut profile = profile;
    profile.make.digestion = Some(Digestion {
        ms: UNDIGESTED_MS,
        resets: resets.to_vec(),
        after_off_only,
        refusal,
    });
    profile
}

fn without(mut profile: Profile, resets: &[ResetType]) -> Profile {
    profile.reset_types.retain(|known| !resets.contains(known));
    profile.restart_view = RestartView::PassesOff;
    profile
}

fn with_manners(mut profile: Profile, set: fn(&mut Manners)) -> Profile {
    set(&mut profile.make.manners);
    profile
}

fn with_action(mut profile: Profile, action: OwnAction) -> Profile {
    profile.make.actions.push(action);
    profile
}

/// One reading of a system that shows an old state.
fn stale_once(path: &str, state: &str) -> Fault {
    Fault::new(Effect::WrongState { state: state.into() })
        .path(path)
        .times(1)
}

/// One 401 in spite of the right password.
fn wrong_401(path: &str) -> Fault {
    Fault::new(Effect::Unauthorized)
        .on(Requests::Reads)
        .path(path)
        .times(1)
}
