use std::collections::BTreeSet;
use std::path::Path;

use serde_json::json;
use switchyard_core::{Kind, Subject};
use switchyard_transport::TlsPolicy;
use tokio::sync::watch;

use super::*;
use crate::clock::SystemClock;
use crate::engine::Found;
use crate::inventory::Part;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(20);
const ONE: &str = "http://10.0.0.2:80";
const OTHER: &str = "http://10.0.0.3:80";

/// A host that tells the same UUID as every other one, as soon as it is let. `pair` has two nodes.
#[derive(Debug)]
struct Twins {
    let_speak: watch::Receiver<BTreeSet<String>>,
    asked: Mutex<Vec<String>>,
}

#[async_trait]
impl Introducer for Twins {
    async fn introduce(&self, controller: &Controller, _: &CancellationToken) -> Result<Introduced, Failure> {
        let name = controller.endpoint.id.as_str();
        lock(&self.asked).push(name.to_owned());
        let mut let_speak = self.let_speak.clone();
        let_speak.wait_for(|names| names.contains(name)).await.unwrap();
        let nodes = if name == "pair" { 2 } else { 1 };
        let node = |index: usize| Found {
            subject: Subject {
                kind: Kind::Node,
                id: format!("/Systems/{index}"),
            },
            abilities: Arc::from([]),
        };
        Ok(Introduced {
            findings: Findings {
                members: (0..nodes).map(node).collect(),
                ..Findings::default()
            },
            resources: vec![("/Systems/0".to_owned(), json!({ "UUID": "03000200-0400" }))],
        })
    }
}

struct Bench {
    folder: tempfile::TempDir,
    keeper: Keeper,
    discoveries: Discoveries,
    speaker: Arc<Twins>,
    let_speak: watch::Sender<BTreeSet<String>>,
}

fn keeper() -> Keeper {
    Keeper::new([Source::File, Source::Discovered], Arc::new(SystemClock))
}

impl Bench {
    /// Over a file, where one is given.
    async fn start(file: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        if let Some(text) = file {
            std::fs::write(folder.path().join(DISCOVERED_FILE), text).unwrap();
        }
        let keeper = keeper();
        keeper.put(Source::File, Part::default()).await.unwrap();
        Discoveries::restore(folder.path(), &keeper, Timeouts::default())
            .await
            .unwrap();
        let (let_speak, receiver) = watch::channel(BTreeSet::new());
        let speaker = Arc::new(Twins {
            let_speak: receiver,
            asked: Mutex::default(),
        });
        let discoveries = Discoveries::new(Parts {
            keeper: keeper.clone(),
            introducer: Arc::clone(&speaker) as Arc<dyn Introducer>,
            folder: folder.path().to_owned(),
            clock: Arc::new(SystemClock),
            timeouts: Timeouts::default(),
        })
        .unwrap();
        Self {
            folder,
            keeper,
            discoveries,
            speaker,
            let_speak,
        }
    }

    /// A discovery that found these hosts.
    fn found(&self, addresses: &[&str]) -> Uuid {
        let now = SystemClock.now();
        let discovery = Discovery {
            id: fresh_id(now),
            ranges: Vec::new(),
            by: "a test".to_owned(),
            started_at: now,
            ended_at: None,
            cancelled: false,
            total: addresses.len(),
            asked: addresses.len(),
            hosts: addresses.iter().map(|address| host(address)).collect(),
        };
        let id = discovery.id;
        lock(&self.discoveries.inner.runs).push_back(Arc::new(Mutex::new(discovery)));
        id
    }

    fn accept(&self, discovery: Uuid, address: &str, name: &str) -> Result<Discovery, AcceptanceError> {
        let acceptance = Acceptance {
            names: Names::Map([(address.to_owned(), name.to_owned())].into()),
            credential: "lab".to_owned(),
            driver: None,
            fingerprints: std::collections::BTreeMap::new(),
            insecure: true,
        };
        self.discoveries.accept(discovery, acceptance)
    }

    fn standing(&self, discovery: Uuid, address: &str) -> Standing {
        let hosts = self.discoveries.get(discovery).unwrap().hosts;
        let host = hosts.into_iter().find(|host| host.address.to_string() == address);
        host.unwrap().standing
    }

    /// Lets a host speak, and says what became of it.
    async fn heard(&self, discovery: Uuid, address: &str, name: &str) -> Standing {
        self.let_speak.send_modify(|names| {
            names.insert(name.to_owned());
        });
        self.settled(discovery, address).await
    }

    async fn settled(&self, discovery: Uuid, address: &str) -> Standing {
        let settled = async {
            loop {
                let standing = self.standing(discovery, address);
                if standing != Standing::Accepting {
                    return standing;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, settled).await.unwrap()
    }

    async fn accepted(&self, discovery: Uuid, address: &str, name: &str) -> Standing {
        self.accept(discovery, address, name).unwrap();
        self.heard(discovery, address, name).await
    }
}

fn host(address: &str) -> Host {
    let address: Address = address.parse().unwrap();
    Host {
        socket: SocketAddr::new(address.host.parse().unwrap(), address.port),
        address,
        says: Says::default(),
        certificate: None,
        known_as: None,
        standing: Standing::Found,
    }
}

/// What the next start makes of the folder.
async fn next_start(folder: &Path) -> Keeper {
    let keeper = keeper();
    keeper.put(Source::File, Part::default()).await.unwrap();
    Discoveries::restore(folder, &keeper, Timeouts::default())
        .await
        .unwrap();
    keeper
}

fn is_accepted(standing: &Standing) -> bool {
    matches!(standing, Standing::Accepted { .. })
}

fn refused_with(standing: &Standing) -> (&'static str, &str) {
    match standing {
        Standing::Refused { code, text } => (code, text),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn machines_that_tell_one_uuid_are_read_at_the_next_start() {
    let bench = Bench::start(None).await;
    let found = bench.found(&[ONE, OTHER]);
    for (address, name) in [(ONE, "a"), (OTHER, "b")] {
        let standing = bench.accepted(found, address, name).await;
        assert!(is_accepted(&standing), "{standing:?}");
    }
    let next = next_start(bench.folder.path()).await;
    assert!(next.is_complete(), "{:?}", next.reports());
    let aliases = |id: &str| {
        let inventory = next.inventory();
        let id = switchyard_core::ComponentId::parse(id).unwrap();
        inventory.component(&id).unwrap().facts.aliases.len()
    };
    assert_eq!((aliases("a"), aliases("b")), (1, 0));
}

#[tokio::test]
async fn a_host_that_the_next_start_could_not_read_is_refused_alone() {
    let bench = Bench::start(None).await;
    let found = bench.found(&[ONE, OTHER]);
    assert!(is_accepted(&bench.accepted(found, ONE, "pair").await));
    // The pair's nodes are `pair-1` and `pair-2`.
    let standing = bench.accepted(found, OTHER, "pair-2").await;
    let (code, text) = refused_with(&standing);
    assert_eq!(code, "discovery.not-stored");
    assert!(text.contains("`pair-2"), "{text}");
    let next = next_start(bench.folder.path()).await;
    assert!(next.is_complete(), "{:?}", next.reports());
    assert_eq!(next.inventory().controllers().len(), 1);
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_told_of_and_not_written_over() {
    let broken = "{\"controller\": [{\"id\": \"a\"}]}\n";
    let bench = Bench::start(Some(broken)).await;
    assert_eq!(bench.keeper.inventory().awaited(), [Source::Discovered]);
    let report = &bench.keeper.reports()[1];
    let failure = report.failure.as_ref().unwrap();
    assert!(failure.text.contains("discovered.json"), "{}", failure.text);
    let found = bench.found(&[ONE]);
    let standing = bench.accepted(found, ONE, "b").await;
    assert_eq!(refused_with(&standing).0, "discovery.not-stored");
    let file = bench.folder.path().join(DISCOVERED_FILE);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), broken);

    // Once it was corrected, it holds with what is accepted then.
    std::fs::write(
        &file,
        "{\"controller\": [{\"id\": \"a\", \"address\": \"http://10.0.0.9\"}]}",
    )
    .unwrap();
    assert!(is_accepted(&bench.accepted(found, ONE, "b").await));
    assert!(bench.keeper.is_complete());
    assert_eq!(bench.keeper.inventory().controllers().len(), 2);
}

#[tokio::test]
async fn acceptances_that_overlap_leave_each_other_alone() {
    let bench = Bench::start(None).await;
    let found = bench.found(&[ONE, OTHER]);
    bench.accept(found, ONE, "a").unwrap();
    assert!(is_accepted(&bench.accepted(found, OTHER, "b").await));
    assert_eq!(bench.standing(found, ONE), Standing::Accepting);
    // Another discovery found the same hosts, and one more.
    let again = bench.found(&[ONE, "http://10.0.0.4:80"]);
    let busy = bench.accept(again, ONE, "c").unwrap_err();
    assert!(matches!(busy, AcceptanceError::Busy(_)), "{busy}");
    let promised = bench.accept(again, "http://10.0.0.4:80", "a").unwrap_err();
    assert!(matches!(promised, AcceptanceError::Promised(_)), "{promised}");
    assert!(is_accepted(&bench.heard(found, ONE, "a").await));
    assert_eq!(
        *lock(&bench.speaker.asked),
        ["a", "b"],
        "each login is tried once"
    );
}

#[tokio::test]
async fn a_host_that_the_scan_finds_meanwhile_is_not_taken_for_the_accepted_one() {
    let bench = Bench::start(None).await;
    let found = bench.found(&[ONE]);
    bench.accept(found, ONE, "a").unwrap();
    let run = bench.discoveries.run(found).unwrap();
    lock(&run).hosts.insert(0, host("http://10.0.0.1:80"));
    assert!(is_accepted(&bench.heard(found, ONE, "a").await));
    assert_eq!(bench.standing(found, "http://10.0.0.1:80"), Standing::Found);
}

#[tokio::test]
async fn what_the_inventory_has_got_meanwhile_is_not_accepted() {
    let bench = Bench::start(None).await;
    let found = bench.found(&[ONE]);
    bench.accept(found, ONE, "a").unwrap();
    let text = format!("{{\"controller\": [{{\"id\": \"z\", \"address\": \"{ONE}\"}}]}}");
    let part = Part::parse(Path::new("inventory.json"), text, Timeouts::default()).unwrap();
    bench.keeper.put(Source::File, part).await.unwrap();
    let standing = bench.heard(found, ONE, "a").await;
    let (code, text) = refused_with(&standing);
    assert_eq!(code, "discovery.conflict");
    assert!(text.contains("the controller z"), "{text}");
}

/// Begins, and goes away at the first wait.
async fn hang_up<F: Future>(asked: F) {
    let mut asked = Box::pin(asked);
    let began =
        std::future::poll_fn(|context| std::task::Poll::Ready(asked.as_mut().poll(context).is_ready()));
    assert!(!began.await, "it was over at once");
}

#[tokio::test]
async fn a_change_is_whole_when_its_caller_hangs_up() {
    let bench = Bench::start(None).await;
    let found = bench.found(&[ONE]);
    assert!(is_accepted(&bench.accepted(found, ONE, "a").await));
    let id = ControllerId::parse("a").unwrap();
    hang_up(bench.discoveries.pin(vec![(id.clone(), Fingerprint([7; 32]))])).await;
    hang_up(bench.discoveries.remove(&id)).await;
    tokio::time::timeout(PATIENCE, bench.discoveries.stop())
        .await
        .unwrap();
    assert_eq!(
        bench.keeper.pins().unwrap()[&id].fingerprint,
        Fingerprint([7; 32])
    );
    assert_eq!(bench.keeper.inventory().controllers().len(), 0);
    let next = next_start(bench.folder.path()).await;
    assert_eq!(
        (next.pins(), next.inventory().controllers().len()),
        (bench.keeper.pins(), 0)
    );
}

#[tokio::test]
async fn damaged_pins_stop_no_start_and_let_nobody_in_who_might_be_another() {
    let bench = Bench::start(None).await;
    let pins = bench.folder.path().join(PINS_FILE);
    std::fs::write(&pins, "{ \"x0c0s0b0\": ").unwrap();
    Discoveries::restore(bench.folder.path(), &bench.keeper, Timeouts::default())
        .await
        .unwrap();
    let report = &bench.keeper.reports()[1];
    let failure = report.failure.as_ref().unwrap();
    assert!(failure.text.contains("pins.json"), "{}", failure.text);
    let own = Fingerprint([9; 32]);
    let text = json!({ "controller": [
        { "id": "any", "address": "https://10.0.0.1", "tls": { "verify": "none" } },
        { "id": "pinned", "address": "https://10.0.0.2", "tls": { "pin": format!("sha256:{own}") } },
        { "id": "plain", "address": ONE.replace("0.2", "0.3") },
    ]});
    let part = Part::parse(Path::new("inventory.json"), text.to_string(), Timeouts::default()).unwrap();
    bench.keeper.put(Source::File, part).await.unwrap();
    let tls = |id: &str| {
        let id = ControllerId::parse(id).unwrap();
        bench
            .keeper
            .inventory()
            .controller(&id)
            .unwrap()
            .endpoint
            .tls
            .clone()
    };
    // What is accepted meanwhile does not take the reason away.
    let put = bench.keeper.put(Source::Discovered, Part::default()).await;
    put.unwrap();
    assert!(bench.keeper.reports()[1].failure.is_some());
    let nobodys = TlsPolicy::Pin { sha256: [0; 32] };
    assert_eq!(
        (tls("any"), tls("pinned")),
        (nobodys, TlsPolicy::Pin { sha256: own.0 })
    );
    assert_eq!(tls("plain"), TlsPolicy::System);
    // Nothing is written over what may be mended.
    let any = ControllerId::parse("any").unwrap();
    let wanted = vec![(any, Fingerprint([7; 32]))];
    bench.discoveries.pin(wanted.clone()).await.unwrap_err();
    assert_eq!(std::fs::read_to_string(&pins).unwrap(), "{ \"x0c0s0b0\": ");
    std::fs::write(&pins, "{}").unwrap();
    bench.discoveries.pin(wanted).await.unwrap();
    assert!(bench.keeper.reports()[1].failure.is_none());
    assert_eq!(tls("any"), TlsPolicy::Pin { sha256: [7; 32] });
}

#[tokio::test]
async fn a_discovery_is_cancelled_and_the_next_begins_at_once() {
    let bench = Bench::start(None).await;
    // Addresses that are never given to anybody: nobody answers, at once or ever.
    let ranges = vec!["http://192.0.2.0/24".to_owned()];
    let questions = || targets(&ranges, &[Protocol::Https]).unwrap();
    let begin = || {
        bench
            .discoveries
            .begin(ranges.clone(), questions(), "a test".to_owned())
    };
    let first = begin().unwrap();
    assert!(matches!(begin(), Err(BeginError::Running(id)) if id == first.id));
    let (cancelled, is_changed) = bench.discoveries.cancel(first.id).unwrap();
    assert!(cancelled.cancelled && is_changed);
    let (_, is_changed) = bench.discoveries.cancel(first.id).unwrap();
    assert!(!is_changed, "it was cancelled before");
    let second = begin().unwrap();
    let ended = async {
        while bench.discoveries.get(first.id).unwrap().ended_at.is_none() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, ended).await.unwrap();
    let first = bench.discoveries.get(first.id).unwrap();
    assert!(first.asked < first.total, "{} of {}", first.asked, first.total);
    assert!(!bench.discoveries.get(second.id).unwrap().cancelled);
    assert!(bench.discoveries.cancel(Uuid::nil()).is_none());
    bench.discoveries.stop().await;
}
