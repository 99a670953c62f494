//! Drivers that come, change and go while they are called.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use switchyard_core::{ControllerId, Timestamp};
use switchyard_drivers::{
    AotCache, Call, CallCaches, Depot, Installed, Lifecycle, LifecycleError, Lineup, Policy, Registry,
    Runtime, RuntimeConfig, Source, Version,
};

use crate::refusals::package;
use crate::support::{Bench, MANIFEST, hostile, subject};

const OLD: Version = Version::new(1, 2, 3);
const NEW: Version = Version::new(1, 3, 0);

fn manifest(version: Version) -> String {
    MANIFEST.replace("1.2.3", &version.to_string())
}

/// The life cycle of what lies in a folder, with the cache of compiled drivers beside it.
fn open(folder: &Path) -> Arc<Lifecycle> {
    let aot = AotCache::open(&folder.join("cache")).unwrap();
    let runtime = Runtime::caching(RuntimeConfig::default(), aot).unwrap();
    let registry = Arc::new(Registry::new(runtime, Policy::permissive()));
    Lifecycle::open(registry, Depot::open(&folder.join("drivers")).unwrap()).unwrap()
}

async fn install(lifecycle: &Arc<Lifecycle>, version: Version) -> Result<Installed, LifecycleError> {
    let place = lifecycle.place().unwrap();
    lifecycle
        .install(place, package(&manifest(version), hostile(), None))
        .await
}

fn id(name: &str) -> ControllerId {
    ControllerId::parse(name).unwrap()
}

/// The version that a controller is spoken to with.
fn used(lifecycle: &Lifecycle, controller: &str) -> Version {
    let driver = lifecycle.registry().for_controller("hostile", &id(controller));
    driver.unwrap().manifest().version
}

#[tokio::test]
async fn a_version_is_tried_by_some_then_used_by_all_and_what_is_decided_outlives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let lifecycle = open(folder.path());
    assert!(matches!(install(&lifecycle, OLD).await, Ok(Installed::New(_))));
    assert_eq!(used(&lifecycle, "a"), OLD, "the first is used at once");
    assert!(matches!(
        install(&lifecycle, OLD).await,
        Ok(Installed::Already(_))
    ));
    assert!(matches!(install(&lifecycle, NEW).await, Ok(Installed::New(_))));
    assert_eq!(used(&lifecycle, "a"), OLD, "a further one is used by nobody");

    let tried: BTreeSet<_> = [id("a")].into();
    lifecycle.upgrade("hostile", NEW, tried).await.unwrap();
    assert_eq!([used(&lifecycle, "a"), used(&lifecycle, "b")], [NEW, OLD]);
    drop(lifecycle);
    let lifecycle = open(folder.path());
    assert_eq!([used(&lifecycle, "a"), used(&lifecycle, "b")], [NEW, OLD]);
    let compilations = ["a", "b"].map(|name| {
        let driver = lifecycle.registry().for_controller("hostile", &id(name)).unwrap();
        driver.compilation().cached
    });
    assert_eq!(compilations, [true, true], "nothing is compiled twice");

    let in_use = lifecycle.remove("hostile", Some(NEW), || 0).await.unwrap_err();
    assert_eq!(in_use.code(), "driver.in-use");
    lifecycle.promote("hostile", NEW).await.unwrap();
    assert_eq!([used(&lifecycle, "a"), used(&lifecycle, "b")], [NEW, NEW]);
    lifecycle.roll_back("hostile").await.unwrap();
    assert_eq!([used(&lifecycle, "a"), used(&lifecycle, "b")], [OLD, OLD]);
    let removed = lifecycle.remove("hostile", Some(NEW), || 0).await.unwrap();
    assert_eq!(removed.to_string(), "hostile@1.3.0");
    drop(lifecycle);
    let lifecycle = open(folder.path());
    assert_eq!(
        lifecycle.registry().shelf("hostile").unwrap().versions().count(),
        1
    );

    let left = lifecycle.remove("hostile", None, || 7).await.unwrap_err();
    assert!(
        matches!(left, LifecycleError::InUse { controllers: 7, .. }),
        "{left}"
    );
    lifecycle.remove("hostile", None, || 0).await.unwrap();
    assert!(lifecycle.registry().ids().is_empty());
    let gone = lifecycle.remove("hostile", None, || 0).await.unwrap_err();
    assert_eq!(gone.code(), "driver.not-found");
}

#[tokio::test]
async fn a_call_ends_with_the_version_that_it_began_with() {
    let folder = tempfile::tempdir().unwrap();
    let lifecycle = open(folder.path());
    install(&lifecycle, OLD).await.unwrap();
    install(&lifecycle, NEW).await.unwrap();
    let old = lifecycle.registry().get("hostile").unwrap();
    let bench = Bench {
        driver: Arc::clone(&old),
        ..Bench::new().await
    };
    let change = async {
        bench.is_running().await;
        lifecycle.promote("hostile", NEW).await.unwrap();
        lifecycle.remove("hostile", Some(OLD), || 0).await.unwrap();
        assert!(lifecycle.registry().version("hostile", OLD).is_none());
    };
    // It reads on, over the promotion of the other version and the removal of its own.
    let (told, ()) = tokio::join!(bench.told("slow-reads"), change);
    assert_eq!(told, "read");
    assert_eq!((old.calls().ended, old.calls().failed), (1, 0));
    let new = lifecycle.registry().get("hostile").unwrap();
    assert_eq!((new.manifest().version, new.calls().ended), (NEW, 0));
}

#[tokio::test]
async fn a_version_that_traps_is_counted_and_has_a_cache_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let lifecycle = open(folder.path());
    install(&lifecycle, OLD).await.unwrap();
    install(&lifecycle, NEW).await.unwrap();
    lifecycle
        .upgrade("hostile", NEW, [id("bmc-1")].into())
        .await
        .unwrap();
    let bench = Bench::new().await;
    let caches = CallCaches::default();
    let observe = async |name: &str, what: &str| {
        let driver = lifecycle.registry().for_controller("hostile", &id(name)).unwrap();
        let call = Call {
            cache: caches.of(&id("bmc-1"), &driver),
            ..bench.call()
        };
        driver
            .observe(call, &subject(what), Timestamp::from_millis(0))
            .await
    };
    assert_eq!(observe("other", "count-calls").await.unwrap().raw, "1");
    assert_eq!(
        observe("bmc-1", "count-calls").await.unwrap().raw,
        "1",
        "the new version starts anew"
    );
    assert_eq!(
        observe("other", "count-calls").await.unwrap().raw,
        "2",
        "the old one keeps what it had"
    );
    assert!(observe("bmc-1", "panic").await.is_err());
    assert!(observe("bmc-1", "change").await.is_ok());
    let calls = |version| lifecycle.registry().version("hostile", version).unwrap().calls();
    let (old, new) = (calls(OLD), calls(NEW));
    assert_eq!((old.ended, old.stopped, old.last_stop), (2, 0, None));
    assert_eq!((new.ended, new.failed, new.stopped), (3, 1, 1));
    assert!(new.last_stop.unwrap().text.contains("hostile@1.3.0"));
}

#[tokio::test]
async fn one_driver_is_installed_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let lifecycle = open(folder.path());
    let place = lifecycle.place().unwrap();
    assert_eq!(lifecycle.place().unwrap_err().code(), "driver.busy");
    drop(place);
    drop(lifecycle.place().unwrap());
}

#[tokio::test]
async fn what_is_refused_leaves_nothing_and_is_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let lifecycle = open(folder.path());
    let place = lifecycle.place().unwrap();
    let broken = package(MANIFEST, b"garbage".to_vec(), None);
    let error = lifecycle.install(place, broken).await.unwrap_err();
    assert_eq!(error.code(), "driver.no-component");
    let [refused] = lifecycle.refused().try_into().unwrap();
    assert_eq!(
        (refused.what.as_str(), refused.code),
        ("hostile@1.2.3", "driver.no-component")
    );
    assert_eq!(
        std::fs::read_dir(folder.path().join("drivers")).unwrap().count(),
        0
    );

    install(&lifecycle, OLD).await.unwrap();
    let other = package(
        &format!("{}summary = \"another\"\n", manifest(OLD)),
        hostile(),
        None,
    );
    let place = lifecycle.place().unwrap();
    assert_eq!(
        lifecycle.install(place, other).await.unwrap_err().code(),
        "driver.exists"
    );
    // A file that somebody changed is refused at the next start, and the same version can be installed again.
    drop(lifecycle);
    std::fs::write(folder.path().join("drivers/hostile/1.2.3/driver.wasm"), "garbage").unwrap();
    let lifecycle = open(folder.path());
    assert!(lifecycle.registry().ids().is_empty());
    assert_eq!(lifecycle.refused().len(), 1);
    assert!(matches!(install(&lifecycle, OLD).await, Ok(Installed::New(_))));
}

/// The process that is killed: installs, tries, promotes, rolls back and removes for ever, and says what is done.
const CHILD_FOLDER: &str = "SWITCHYARD_TEST_DRIVERS_FOLDER";

#[tokio::test]
async fn a_process_that_is_killed_while_drivers_change_leaves_them_whole() {
    const NAME: &str = "lifecycle::a_process_that_is_killed_while_drivers_change_leaves_them_whole";
    if let Some(folder) = std::env::var_os(CHILD_FOLDER) {
        return change_for_ever(Path::new(&folder)).await;
    }
    let folder = tempfile::tempdir().unwrap();
    let first = open(folder.path());
    install(&first, OLD).await.unwrap();
    drop(first);
    for kills in 1..=8_usize {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", NAME, "--nocapture"])
            .env(CHILD_FOLDER, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut said = Vec::new();
        for line in lines.map_while(Result::ok) {
            let Some(done) = line.strip_prefix("done ") else {
                continue;
            };
            said.push(done.to_owned());
            if said.len() == 3 * kills {
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
        assert_whole(folder.path(), said.last().unwrap());
    }
}

/// Whatever was said to be done is there, every version is whole, and nothing else lies about.
fn assert_whole(folder: &Path, last: &str) {
    let lifecycle = open(folder);
    assert!(lifecycle.refused().is_empty(), "{:?}", lifecycle.refused());
    let shelf = lifecycle.registry().shelf("hostile").unwrap();
    let versions: Vec<Version> = shelf.versions().map(|driver| driver.manifest().version).collect();
    assert!(versions.contains(&OLD), "{versions:?}");
    assert!(
        shelf
            .versions()
            .all(|driver| *driver.source() == Source::Installed)
    );
    // The change after the last one that was told of may have come about too.
    if ["installed", "tried", "promoted"].contains(&last) {
        assert!(versions.contains(&NEW), "{last}: {versions:?}");
    }
    let lineup: &Lineup = &shelf.lineup;
    for version in lineup
        .standard
        .iter()
        .chain(lineup.canary.iter().map(|canary| &canary.version))
    {
        assert!(versions.contains(version), "{last}: {lineup:?} {versions:?}");
    }
    let left: Vec<_> = std::fs::read_dir(folder.join("drivers"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .filter(|name| {
            name.to_string_lossy().starts_with('.') || name.to_string_lossy().ends_with(".unfinished")
        })
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[expect(clippy::print_stdout, reason = "the parent reads what is done")]
async fn change_for_ever(folder: &Path) {
    let lifecycle = open(folder);
    let lineup = lifecycle.registry().shelf("hostile").unwrap().lineup;
    // The process before was killed in the middle.
    if lineup.standard == Some(NEW) || lineup.canary.is_some() {
        lifecycle.roll_back("hostile").await.unwrap();
    }
    loop {
        install(&lifecycle, NEW).await.unwrap();
        println!("done installed");
        lifecycle.upgrade("hostile", NEW, [id("a")].into()).await.unwrap();
        println!("done tried");
        lifecycle.promote("hostile", NEW).await.unwrap();
        println!("done promoted");
        lifecycle.roll_back("hostile").await.unwrap();
        println!("done rolled back");
        lifecycle.remove("hostile", Some(NEW), || 0).await.unwrap();
        println!("done removed");
    }
}
