//! Power limits, from reading to reading back, in every place that BMCs keep them.

use bmc_sim::{Effect, Fault, LimitPlace, PowerState, Requests, SettingsProfile, Tags};
use switchyard_core::{Cause, LimitMode, PowerLimit, Watts};
use switchyard_drivers::Submitted;

use crate::bench::Bench;

fn place(limits: LimitPlace, tags: Tags) -> SettingsProfile {
    SettingsProfile {
        limits,
        tags,
        ..SettingsProfile::standard()
    }
}

fn watts(limit: &PowerLimit) -> [Option<f64>; 3] {
    [limit.watts, limit.min, limit.max].map(|watts| watts.map(Watts::get))
}

fn why_not(limit: &PowerLimit) -> Option<&str> {
    let fact = limit.facts.iter().find(|fact| fact.name == "why-not-writable");
    fact.map(|fact| fact.value.as_str())
}

#[tokio::test]
async fn a_limit_is_set_read_back_and_lifted_in_every_place() {
    let cases = [
        (
            "redfish-standard",
            LimitPlace::PowerControl,
            Tags::Checked,
            "Server Power Control",
        ),
        (
            "redfish-standard",
            LimitPlace::PowerControl,
            Tags::Strong,
            "Server Power Control",
        ),
        (
            "redfish-standard",
            LimitPlace::PowerControl,
            Tags::None,
            "Server Power Control",
        ),
        (
            "redfish-intel",
            LimitPlace::Nameless,
            Tags::Checked,
            "Node Power Limit",
        ),
        (
            "redfish-ami",
            LimitPlace::Triggered,
            Tags::AnyOnly,
            "Server Power Control",
        ),
        (
            "redfish-hpe",
            LimitPlace::PowerControl,
            Tags::NeverAny,
            "Server Power Control",
        ),
        (
            "redfish-hpe",
            LimitPlace::Accelerators,
            Tags::NeverAny,
            "Node Power Limit",
        ),
        (
            "redfish-standard",
            LimitPlace::Metrics,
            Tags::Checked,
            "Node Power Limit",
        ),
        (
            "redfish-openbmc",
            LimitPlace::MetricsOfControl,
            Tags::Checked,
            "System Power Limit",
        ),
        (
            "redfish-standard",
            LimitPlace::Controls,
            Tags::Checked,
            "System Power Limit",
        ),
        (
            "redfish-lenovo",
            LimitPlace::ManualControl,
            Tags::Strong,
            "System Power Limit",
        ),
        (
            "redfish-cray",
            LimitPlace::Deep,
            Tags::Checked,
            "Node Power Limit",
        ),
    ];
    for (driver, at, tags, name) in cases {
        let case = format!("{driver} {at:?} {tags:?}");
        let bench = Bench::new(driver, place(at, tags)).await;
        let before = bench.limits().await;
        assert_eq!(before[0].name, name, "{case}");
        assert_eq!(before[0].watts, None, "{case}");
        assert!(before[0].writable, "{case}: {:?}", why_not(&before[0]));
        assert_eq!(before[0].max, Watts::new(900.0), "{case}");

        let set = bench.set_limit(name, Some(450.0)).await;
        assert_eq!(set, Ok(Submitted::Accepted), "{case}");
        assert_eq!(bench.sim.settings(0, 0).limit, Some(450.0), "{case}");
        let after = bench.limits().await;
        assert_eq!(after[0].watts, Watts::new(450.0), "{case}");
        assert!(
            matches!(after[0].mode, LimitMode::Automatic | LimitMode::Manual),
            "{case}"
        );

        let again = bench.set_limit(name, Some(450.0)).await;
        assert_eq!(again, Ok(Submitted::Already), "{case}");
        let lifted = bench.set_limit(name, None).await;
        assert_eq!(lifted, Ok(Submitted::Accepted), "{case}");
        assert_eq!(bench.sim.settings(0, 0).limit, None, "{case}");
        bench.sim.stop().await;
    }
}

#[tokio::test]
async fn nought_lifts_where_null_is_refused() {
    let bench = Bench::new(
        "redfish-standard",
        SettingsProfile {
            takes_null: false,
            ..SettingsProfile::standard()
        },
    )
    .await;
    bench
        .set_limit("Server Power Control", Some(300.5))
        .await
        .unwrap();
    assert_eq!(bench.sim.settings(0, 0).limit, Some(300.5));
    bench.set_limit("Server Power Control", Some(0.0)).await.unwrap();
    assert_eq!(bench.sim.settings(0, 0).limit, None);
    bench.sim.stop().await;
}

#[tokio::test]
async fn node_and_accelerator_of_cray_are_two_limits_that_go_with_the_power() {
    let bench = Bench::new("redfish-cray", place(LimitPlace::Deep, Tags::Checked)).await;
    bench
        .set_limit("Accelerator0 Power Limit", Some(400.0))
        .await
        .unwrap();
    let found = bench.limits().await;
    let watts: Vec<_> = found.iter().map(watts).collect();
    assert_eq!(
        watts,
        [
            [None, Some(100.0), Some(900.0)],
            [Some(400.0), Some(100.0), Some(900.0)]
        ]
    );
    let facts: Vec<&str> = found[0].facts.iter().map(|fact| fact.name.as_str()).collect();
    assert_eq!(
        facts,
        ["power-up-watts", "host-max-watts", "host-min-watts", "exception"]
    );

    bench.sim.set_power(0, 0, PowerState::Off);
    let off = bench.limits().await;
    assert_eq!(
        why_not(&off[0]),
        Some("the node is off: its controls appear when it is on")
    );
    let refused = bench
        .set_limit("Node Power Limit", Some(400.0))
        .await
        .unwrap_err();
    assert_eq!(refused.cause, Cause::Conflict);
    bench.sim.stop().await;
}

#[tokio::test]
async fn what_the_bmc_refuses_comes_with_its_words() {
    let bench = Bench::new(
        "redfish-hpe",
        SettingsProfile {
            licensed: false,
            ..place(LimitPlace::Accelerators, Tags::NeverAny)
        },
    )
    .await;
    let found = bench.limits().await;
    assert!(!found[0].writable);
    assert!(
        found[0].facts.iter().any(|fact| fact.name == "license"),
        "{found:?}"
    );
    bench.sim.stop().await;

    let bench = Bench::new("redfish-standard", SettingsProfile::standard()).await;
    let low = bench
        .set_limit("Server Power Control", Some(50.0))
        .await
        .unwrap_err();
    assert_eq!(low.cause, Cause::Invalid, "the BMC says what the least is");
    let busy = Fault::refuse(503, "Base.1.13.ServiceTemporarilyUnavailable", "Not now.");
    bench.sim.add_fault(busy.on(Requests::Settings)).unwrap();
    let refused = bench
        .set_limit("Server Power Control", Some(500.0))
        .await
        .unwrap_err();
    assert_eq!((refused.cause, refused.text.as_str()), (Cause::Busy, "Not now."));
    assert_eq!(bench.sim.settings(0, 0).changes, 0);
    bench.sim.stop().await;
}

#[tokio::test]
async fn a_lost_answer_is_not_followed_by_another_change() {
    let bench = Bench::new("redfish-standard", SettingsProfile::standard()).await;
    let cut = Fault::new(Effect::ExecuteThenCut).on(Requests::Settings);
    bench.sim.add_fault(cut).unwrap();
    let lost = bench.set_limit("Server Power Control", Some(500.0)).await;
    assert!(lost.is_err());
    assert_eq!(bench.sim.settings(0, 0).changes, 1);
    bench.sim.stop().await;
}

#[tokio::test]
async fn readings_follow_the_limit() {
    let places = [
        LimitPlace::PowerControl,
        LimitPlace::Metrics,
        LimitPlace::Controls,
    ];
    for at in places {
        let bench = Bench::new("redfish-standard", place(at, Tags::Checked)).await;
        let draw = || async {
            let read = bench.driver.readings(bench.call(), &bench.node()).await.unwrap();
            read[0].watts.map(Watts::get)
        };
        assert_eq!(draw().await, Some(500.0), "{at:?}");
        let name = bench.limits().await[0].name.clone();
        bench.set_limit(&name, Some(200.0)).await.unwrap();
        assert_eq!(draw().await, Some(200.0), "{at:?}");
        bench.sim.stop().await;
    }
}
