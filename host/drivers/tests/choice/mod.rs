//! Which driver speaks to a controller that names none.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use switchyard_core::{Cause, Failure};
use switchyard_drivers::{
    Choices, Chosen, Depot, Driver, Lifecycle, Policy, Registry, Runtime, RuntimeConfig,
};
use tokio_util::sync::CancellationToken;

use crate::refusals::package;
use crate::support::{Bench, MANIFEST, hostile};

/// A driver that recognises what answers over HTTP.
const PROBER: &str = "[probe]\nschemes = [\"http\"]\n";

/// A rule that fits what the hostile driver finds out.
fn fits(priority: i32) -> String {
    format!("[[match]]\npriority = {priority}\nall = [{{ fact = \"vendor\", equals = \"hostile\" }}]\n")
}

fn manifest(id: &str, rest: &str) -> String {
    format!("{}{rest}", MANIFEST.replace("hostile", id))
}

struct Case {
    folder: tempfile::TempDir,
    lifecycle: Arc<Lifecycle>,
    choices: Arc<Choices>,
    bench: Bench,
}

fn open(folder: &Path) -> (Arc<Lifecycle>, Arc<Choices>) {
    let runtime = Runtime::new(RuntimeConfig::default()).unwrap();
    let registry = Arc::new(Registry::new(runtime, Policy::permissive()));
    let lifecycle = Lifecycle::open(registry, Depot::open(&folder.join("drivers")).unwrap()).unwrap();
    let file = folder.join("choices.json");
    let choices = Choices::open(Arc::clone(lifecycle.registry()), Some(file));
    (lifecycle, choices)
}

impl Case {
    async fn new(manifests: &[String]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (lifecycle, choices) = open(folder.path());
        let case = Self {
            folder,
            lifecycle,
            choices,
            bench: Bench::new().await,
        };
        for manifest in manifests {
            case.install(manifest).await;
        }
        case
    }

    async fn install(&self, manifest: &str) {
        let place = self.lifecycle.place().unwrap();
        let package = package(manifest, hostile(), None);
        self.lifecycle.install(place, package).await.unwrap();
        self.choices.match_again();
    }

    async fn driver(&self, survey: bool) -> Result<String, Failure> {
        let cancel = CancellationToken::new();
        let call = |_: &Driver| self.bench.call();
        let driver = self
            .choices
            .driver(&self.bench.controller, survey, &cancel, call)
            .await?;
        Ok(driver.manifest().id.clone())
    }

    /// How often the controller was probed.
    fn probes(&self) -> usize {
        self.bench.bmc.asked("GET /")
    }

    fn id(&self) -> &switchyard_core::ControllerId {
        &self.bench.controller.endpoint().id
    }
}

#[tokio::test]
async fn a_controller_is_probed_once_and_rules_are_held_against_what_was_found() {
    let case = Case::new(&[manifest("standard", &format!("{PROBER}{}", fits(0)))]).await;
    assert_eq!(case.choices.look(case.id()), Chosen::Unknown);
    let (first, second) = tokio::join!(case.driver(true), case.driver(false));
    assert_eq!(
        (first.unwrap().as_str(), second.unwrap().as_str()),
        ("standard", "standard")
    );
    assert_eq!(case.probes(), 1, "two calls at once make one probe");

    // A dialect takes part without a probe of its own.
    case.install(&manifest("dialect", &fits(10))).await;
    assert_eq!(case.driver(false).await.unwrap(), "dialect");
    assert_eq!(case.choices.users("dialect").all, 1);
    assert_eq!(
        case.choices.users("dialect").without_other,
        0,
        "the standard driver would do"
    );
    case.lifecycle.remove("dialect", None, || 0).await.unwrap();
    case.choices.match_again();
    assert_eq!(case.driver(false).await.unwrap(), "standard");
    assert_eq!(case.choices.users("standard").without_other, 1);
    assert_eq!(case.probes(), 1);

    case.choices.retain(|controller| controller == case.id());
    assert_eq!(case.choices.users("standard").all, 1);
    case.choices.retain(|controller| controller != case.id());
    assert_eq!(case.choices.users("standard").all, 0, "it left the inventory");
}

#[tokio::test]
async fn a_choice_outlives_a_restart() {
    let case = Case::new(&[manifest("standard", &format!("{PROBER}{}", fits(0)))]).await;
    let stop = CancellationToken::new();
    let keeper = tokio::spawn(Arc::clone(&case.choices).keep(stop.clone()));
    case.driver(false).await.unwrap();
    stop.cancel();
    keeper.await.unwrap();
    let (lifecycle, choices) = open(case.folder.path());
    let again = Case {
        lifecycle,
        choices,
        ..case
    };
    assert_eq!(again.driver(true).await.unwrap(), "standard");
    assert_eq!(again.probes(), 1);
}

#[tokio::test]
async fn doubts_and_operators_have_a_controller_probed_again() {
    let case = Case::new(&[manifest("standard", &format!("{PROBER}{}", fits(0)))]).await;
    case.driver(true).await.unwrap();
    case.choices.doubt(case.id());
    case.driver(true).await.unwrap();
    assert_eq!(case.probes(), 1, "it was probed a moment ago");
    case.choices.forget(case.id());
    case.driver(false).await.unwrap();
    assert_eq!(case.probes(), 2);
    // Another version of the driver that recognised it may find out more.
    case.install(&manifest("standard", &format!("{PROBER}{}", fits(0))).replace("1.2.3", "1.3.0"))
        .await;
    case.lifecycle
        .promote("standard", "1.3.0".parse().unwrap())
        .await
        .unwrap();
    case.choices.match_again();
    case.driver(false).await.unwrap();
    assert_eq!(case.probes(), 2, "a doubt waits for the next survey");
    case.driver(true).await.unwrap();
    assert_eq!(case.probes(), 3);
}

#[tokio::test]
async fn what_nobody_recognises_is_asked_again_after_a_while() {
    let case = Case::new(&[manifest("standard", PROBER)]).await;
    let failure = case.driver(true).await.unwrap_err();
    assert_eq!(failure.cause, Cause::NotSupported);
    assert!(failure.text.contains("name one with `driver`"), "{failure}");
    assert!(matches!(case.choices.look(case.id()), Chosen::Unrecognised(_)));
    assert!(case.driver(true).await.is_err());
    assert_eq!(case.probes(), 1, "the answer is remembered");
    tokio::time::pause();
    tokio::time::advance(Duration::from_mins(5)).await;
    tokio::time::resume();
    assert!(case.driver(true).await.is_err());
    assert_eq!(case.probes(), 2);
    // A driver that comes is asked at once.
    case.install(&manifest("dialect", &fits(10))).await;
    assert_eq!(case.driver(false).await.unwrap(), "dialect");
}

#[tokio::test]
async fn an_address_that_no_driver_reaches_is_a_clear_failure() {
    let elsewhere = "[probe]\nschemes = [\"http\"]\nports = [1]\n";
    let case = Case::new(&[manifest("standard", elsewhere)]).await;
    let failure = case.driver(true).await.unwrap_err();
    assert!(failure.text.contains("http:// addresses"), "{failure}");
    assert_eq!(case.probes(), 0);
}

#[tokio::test]
async fn what_answers_at_another_address_is_asked_anew() {
    let mut case = Case::new(&[manifest("standard", &format!("{PROBER}{}", fits(0)))]).await;
    case.driver(false).await.unwrap();
    assert_eq!(case.probes(), 1);

    let id = case.id().clone();
    case.bench = Bench::new().await;
    assert_eq!(*case.id(), id, "the same controller, moved");
    assert_eq!(case.probes(), 0);
    assert_eq!(case.driver(false).await.unwrap(), "standard");
    assert_eq!(case.probes(), 1);
    case.driver(false).await.unwrap();
    assert_eq!(case.probes(), 1);
}
