//! Another inventory takes the place of the one that holds.

use std::time::Instant;

use super::*;
use crate::inventory::{Inventory, Part, Source};

const OTHER: &str = "[[controller]]\nid = \"x0c0s9b0\"\naddress = \"http://127.0.0.1:1000\"\n\
                     [[component]]\nid = \"x0c0s9b0n0\"\ncontroller = \"x0c0s9b0\"\npath = \"/redfish/v1/Systems/1\"\n";

/// One BMC of [`Bench::start`] with its node.
fn blade(n: usize, more: &str) -> String {
    format!(
        "[[controller]]\nid = \"x0c0s{n}b0\"\naddress = \"http://127.0.0.1:{}\"\n\
         [[component]]\nid = \"x0c0s{n}b0n0\"\nkind = \"node\"\naliases = [\"nid{n}\"]\n\
         controller = \"x0c0s{n}b0\"\npath = \"/redfish/v1/Systems/1\"\n{more}\n",
        n + 1
    )
}

fn inventory(folder: &std::path::Path, text: &str) -> Arc<Inventory> {
    let file = folder.join("other.toml");
    std::fs::write(&file, text).unwrap();
    Inventory::read(&file, switchyard_transport::Timeouts::default()).unwrap()
}

#[tokio::test]
async fn what_has_not_changed_is_kept_and_the_rest_comes_and_goes() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path(), model(3, PowerState::On)).await;
    bench
        .ended(
            bench
                .ask(Operation::SoftRestart, &["x0c0s0b0n0", "x0c0s1b0n0"])
                .await,
        )
        .await;
    let engine = &bench.engine;
    let row = |name: &str| engine.fleet().get(name);
    let (kept, changed) = (row("x0c0s0b0n0").unwrap(), row("x0c0s1b0n0").unwrap());
    let endpoint = engine.endpoints().get("x0c0s0b0").unwrap();
    let first = engine.overview(None);
    let next = [blade(0, ""), blade(1, "role = \"Compute\""), OTHER.to_owned()].concat();
    let replaced = engine
        .replace_inventory(inventory(folder.path(), &next))
        .await
        .unwrap();
    let one_of_each = Counts {
        added: 1,
        removed: 1,
        changed: 1,
    };
    assert_eq!(replaced.components, one_of_each);
    let controllers = Counts {
        changed: 0,
        ..one_of_each
    };
    assert_eq!(replaced.controllers, controllers);
    assert!(Arc::ptr_eq(&row("x0c0s0b0n0").unwrap(), &kept));
    assert!(Arc::ptr_eq(
        &engine.endpoints().get("x0c0s0b0").unwrap(),
        &endpoint
    ));
    let now = row("x0c0s1b0n0").unwrap();
    assert_eq!(
        (now.seen(), now.last_sent()),
        (changed.seen(), changed.last_sent())
    );
    assert_eq!(now.component.facts.role.as_deref(), Some("Compute"));
    assert!(row("x0c0s2b0n0").is_none() && engine.endpoints().get("x0c0s2b0").is_none());
    assert_eq!(row("x0c0s9b0n0").unwrap().seen().state, PowerState::Unknown);

    let second = engine.overview(Some(first.mark));
    assert!(first.whole && second.whole, "places mean something else now");
    let shown: Vec<_> = second.rows.iter().map(|(_, glance)| glance.id.as_str()).collect();
    assert_eq!(shown, ["x0c0s0b0n0", "x0c0s1b0n0", "x0c0s9b0n0"]);
    assert_eq!(second.tally.total, 3);
    let third = engine.overview(Some(second.mark));
    assert!(!third.whole && third.rows.is_empty());

    let again = engine
        .replace_inventory(inventory(folder.path(), &next))
        .await
        .unwrap();
    assert_eq!(again, Replaced::default());
    assert!(
        !engine
            .overview(Some(third.mark))
            .tally
            .phases
            .contains_key("queued")
    );
    engine.stop().await;
}

#[tokio::test]
async fn work_in_line_goes_on_unless_its_component_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let hardware = model(3, PowerState::Off);
    for n in 0..3 {
        hardware.fault(n, Fault::Unreachable);
    }
    let bench = Bench::start(folder.path(), Arc::clone(&hardware)).await;
    let id = bench
        .ask(Operation::On, &["x0c0s0b0n0", "x0c0s1b0n0", "x0c0s2b0n0"])
        .await;
    let behind = bench.ask(Operation::SoftRestart, &["x0c0s2b0n0"]).await;
    // The first stays, the second moves to another controller, the third is gone.
    let moved = "[[controller]]\nid = \"x0c0s1b0\"\naddress = \"http://127.0.0.1:2\"\n\
                 [[component]]\nid = \"x0c0s1b0n0\"\ncontroller = \"x0c0s0b0\"\npath = \"/redfish/v1/Systems/2\"\n";
    let next = [blade(0, "").as_str(), moved].concat();
    bench
        .engine
        .replace_inventory(inventory(folder.path(), &next))
        .await
        .unwrap();
    for n in 0..3 {
        hardware.heal(n);
    }
    bench.ended(id).await;
    bench.ended(behind).await;
    let view = bench.view(id).await;
    let told: Vec<_> = view
        .members
        .iter()
        .map(|(_, task)| serde_json::to_string(task.as_ref().unwrap().machine.outcome().unwrap()).unwrap())
        .collect();
    assert!(told[0].contains("verified"), "{}", told[0]);
    assert!(
        told[1].contains("has given this component another controller"),
        "{}",
        told[1]
    );
    assert!(told[2].contains("no longer holds this component"), "{}", told[2]);
    assert_eq!(hardware.executed(0), [Primitive::On]);
    assert!(hardware.executed(1).is_empty() && hardware.executed(2).is_empty());
    let unknown = bench.ask(Operation::On, &["x0c0s2b0n0"]).await;
    let (member, _) = bench.view(unknown).await.members.remove(0);
    let refusal = Refusal::NotInInventory;
    assert_eq!(member.part, switchyard_store::Part::Refused { refusal });
    bench.engine.stop().await;
}

#[tokio::test]
async fn before_every_source_was_read_a_name_is_not_unknown() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path(), model(1, PowerState::On)).await;
    let part = |text: &str| {
        let file = folder.path().join("part.toml");
        std::fs::write(&file, text).unwrap();
        Part::read(&file, switchyard_transport::Timeouts::default()).unwrap()
    };
    let keeper = crate::inventory::Keeper::new([Source::File, Source::Smd], Arc::new(SystemClock));
    keeper.attach(bench.engine.clone()).await.unwrap();
    keeper.put(Source::File, part(&blade(0, ""))).await.unwrap();
    let id = bench.ask(Operation::On, &["x0c0s9b0n0"]).await;
    let (member, _) = bench.view(id).await.members.remove(0);
    assert_eq!(
        member.part,
        switchyard_store::Part::Refused {
            refusal: Refusal::InventoryNotRead
        }
    );
    keeper.put(Source::Smd, part(OTHER)).await.unwrap();
    assert!(bench.engine.fleet().get("x0c0s9b0n0").is_some() && keeper.is_complete());
    bench.engine.stop().await;
}

/// Ten thousand components in two thousand BMCs: requests are answered while they are replaced.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_inventory_is_replaced_while_requests_are_answered() {
    const BMCS: usize = 2_500;
    let text = |role: &str| {
        let mut text = String::new();
        for n in 0..BMCS {
            writeln!(
                text,
                "[[controller]]\nid = \"b{n}\"\naddress = \"http://127.1.{}.{}\"",
                n / 250,
                n % 250 + 1
            )
            .unwrap();
            for m in 0..4 {
                writeln!(
                    text,
                    "[[component]]\nid = \"b{n}n{m}\"\nkind = \"node\"\nrole = \"{role}\"\ncontroller = \"b{n}\"\npath = \"/{m}\""
                )
                .unwrap();
            }
        }
        text
    };
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::with_inventory(folder.path(), model(0, PowerState::On), &text("Compute")).await;
    bench.engine.overview(None);
    let next = inventory(folder.path(), &text("Service"));
    let engine = bench.engine.clone();
    let replacing = tokio::spawn(async move { engine.replace_inventory(next).await.unwrap() });
    let (begun, mut longest) = (Instant::now(), Duration::ZERO);
    while !replacing.is_finished() {
        let asked = Instant::now();
        let row = bench.engine.fleet().get("b77n1").unwrap();
        assert!(row.component.facts.role.is_some());
        bench.store.component(&row.component.id).await.unwrap().unwrap();
        longest = longest.max(asked.elapsed());
        tokio::task::yield_now().await;
    }
    println!(
        "replaced in {:?}, the longest look took {longest:?}",
        begun.elapsed()
    );
    assert_eq!(replacing.await.unwrap().components.changed, 4 * BMCS);
    assert!(longest < Duration::from_secs(2), "{longest:?}");
    bench.engine.stop().await;
}
