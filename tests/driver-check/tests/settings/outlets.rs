//! Outlets of power distribution units.

use bmc_sim::{
    Effect, Fault, OutletKind, Outlets, PowerState as Power, Profile, SettingsProfile, SimConfig, Target,
};
use switchyard_core::{Kind, PowerState, Primitive, Subject, Timestamp};

use crate::bench::{Bench, action};

fn unit(kind: OutletKind, vendor: &str) -> SimConfig {
    let settings = SettingsProfile {
        outlets: Some(Outlets { count: 4, kind }),
        ..SettingsProfile::standard()
    };
    SimConfig::default().profile(Profile {
        vendor: vendor.to_owned(),
        settings,
        ..Profile::standard()
    })
}

fn outlet(bench: &Bench, index: usize) -> Subject {
    Subject {
        kind: Kind::Outlet,
        id: bench.sim.outlet_path(0, index),
    }
}

#[tokio::test]
async fn outlets_are_found_read_and_switched() {
    for (driver, kind, primitives) in [
        ("redfish-standard", OutletKind::Standard, 3),
        ("redfish-standard", OutletKind::ServerTech, 2),
        ("redfish-servertech", OutletKind::ServerTech, 2),
    ] {
        let case = format!("{driver} {kind:?}");
        let bench = Bench::with(driver, unit(kind, "Server Technology")).await;
        let findings = bench.driver.survey(bench.call()).await.unwrap();
        let outlets: Vec<_> = findings
            .members
            .iter()
            .filter(|member| member.subject.kind == Kind::Outlet)
            .collect();
        assert_eq!(outlets.len(), 4, "{case}");
        let second = outlet(&bench, 1);
        assert_eq!(outlets[1].subject, second, "{case}");
        assert_eq!(outlets[1].abilities.len(), primitives, "{case}");

        let node = &bench.driver;
        node.act(bench.call(), &second, Primitive::ForceOff, action())
            .await
            .unwrap();
        assert_eq!(
            bench.sim.power_state_of(0, Target::Outlet(1)),
            Power::Off,
            "{case}"
        );
        let read = node
            .observe(bench.call(), &second, Timestamp::from_millis(1))
            .await
            .unwrap();
        assert_eq!(read.state, PowerState::Off, "{case}");
        node.act(bench.call(), &second, Primitive::On, action())
            .await
            .unwrap();
        assert_eq!(bench.sim.executed_of(0, Target::Outlet(1)).len(), 2, "{case}");
        assert_eq!(bench.sim.executed_of(0, Target::Outlet(0)).len(), 0, "{case}");
        bench.sim.stop().await;
    }
}

#[tokio::test]
async fn a_lost_answer_of_an_outlet_is_not_repeated() {
    let bench = Bench::with("redfish-standard", unit(OutletKind::Standard, "Example")).await;
    bench.sim.add_fault(Fault::new(Effect::ExecuteThenCut)).unwrap();
    let permit = action();
    let lost = bench
        .driver
        .act(bench.call(), &outlet(&bench, 0), Primitive::PowerCycle, permit)
        .await;
    assert!(lost.is_err());
    assert_eq!(bench.sim.executed_of(0, Target::Outlet(0)).len(), 1);
    bench.sim.stop().await;
}

#[tokio::test]
async fn rack_units_of_server_technology_get_their_driver() {
    let bench = Bench::with(
        "redfish-standard",
        unit(OutletKind::ServerTech, "Server Technology"),
    )
    .await;
    let facts = bench.driver.probe(bench.call()).await.unwrap();
    let own = Bench::with("redfish-servertech", unit(OutletKind::ServerTech, "x")).await;
    assert!(own.driver.manifest().priority(&facts).is_some(), "{facts:?}");
    bench.sim.stop().await;
    own.sim.stop().await;
}
