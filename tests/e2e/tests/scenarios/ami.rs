//! AMI MegaRAC, and NVIDIA.

use bmc_sim::{Effect, Fault, PowerState, ResetType, Target};
use switchyard_core::{Cause, Delivery, Kind, Operation, Primitive};

use crate::bench::{Bench, Faults, well};

#[tokio::test]
async fn megarac_any_tag_only() {
    let bench = Bench::of("megarac-any-tag-only").await;
    let client = bench.set_indicator(&bench.node()).await;
    assert!(client.is_ok(), "{client:?}");
    assert_eq!(bench.sim.settings(0, 0).changes, 1);
}

#[tokio::test]
async fn megarac_aux_power_cycle() {
    let bench = Bench::of("megarac-aux-power-cycle").await;
    assert!(
        bench.offers(Kind::Node, Primitive::FullPowerCycle),
        "lent by the chassis"
    );
    bench
        .act(&bench.node(), Primitive::FullPowerCycle)
        .await
        .1
        .unwrap();
    let executed = bench.sim.executed_of(0, Target::Chassis);
    assert_eq!(executed[0].reset_type, ResetType::FullPowerCycle);
}

#[tokio::test]
async fn megarac_root_without_links() {
    let bench = Bench::of("megarac-root-without-links").await;
    assert!(bench.offers(Kind::Node, Primitive::On));
    let outcome = bench.run(Operation::ForceOff, Kind::Node).await;
    assert!(well(&outcome), "{outcome:?}");
}

#[tokio::test]
async fn dgx_lost_member() {
    let bench = Bench::with("dgx-lost-member", Faults::AtOnce, 1, &[]).await;
    let lost = bench
        .findings
        .identity
        .iter()
        .any(|fact| fact.name == "unreadable" && fact.value.contains("HGX_Baseboard_0"));
    assert!(lost && bench.offers(Kind::Node, Primitive::On));
    let outcome = bench.run(Operation::ForceOff, Kind::Node).await;
    assert!(well(&outcome), "{outcome:?}");
}

#[tokio::test]
async fn dgx_manager_reset_any() {
    let bench = Bench::of("dgx-manager-reset-any").await;
    let outcome = bench.run(Operation::SoftRestart, Kind::Controller).await;
    assert!(well(&outcome), "{outcome:?}");
    assert_eq!(bench.sim.counts(0).posts, 1, "the condition was right at once");
    assert!(!bench.offers(Kind::Node, Primitive::ForceRestart));
    assert!(bench.advice(Kind::Node).unwrap().contains("IPMI"));
}

#[tokio::test]
async fn asrock_flashing() {
    let bench = Bench::of("asrock-flashing").await;
    bench
        .sim
        .add_fault(Fault::new(Effect::Unauthorized).path("/redfish"))
        .unwrap();
    let failure = bench.observe(&bench.node()).await.unwrap_err();
    assert_eq!(failure.cause, Cause::Busy);
    assert!(failure.text.contains("47% done"), "{}", failure.text);
}

#[tokio::test]
async fn gb200_aux_needs_off() {
    let bench = Bench::of("gb200-aux-needs-off").await;
    assert!(bench.offers(Kind::Chassis, Primitive::FullPowerCycle));
    let (delivery, answer) = bench.act(&bench.node(), Primitive::FullPowerCycle).await;
    assert_eq!(
        (delivery, answer.unwrap_err().cause),
        (Delivery::NotSent, Cause::Conflict)
    );
    bench.sim.set_power(0, 0, PowerState::Off);
    bench
        .act(&bench.node(), Primitive::FullPowerCycle)
        .await
        .1
        .unwrap();
    assert_eq!(bench.sim.executed_of(0, Target::Chassis).len(), 1);
}

#[tokio::test]
async fn bluefield_null_members() {
    let bench = Bench::of("bluefield-null-members").await;
    let outcome = bench.run(Operation::ForceOff, Kind::Node).await;
    assert!(well(&outcome), "{outcome:?}");
}
