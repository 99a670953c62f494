//! The log over a real store.

use switchyard_core::{ComponentId, Timestamp};
use switchyard_store::{Change, Gap, Journal, Lease, NewEvent};
use switchyard_store_sqlite::SqliteStore;
use tempfile::TempDir;

use super::*;

const PATIENCE: Duration = Duration::from_secs(30);

struct Bench {
    store: Arc<SqliteStore>,
    lease: Lease,
    log: EventLog,
    stop: CancellationToken,
    _folder: TempDir,
}

impl Bench {
    async fn start(ring: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("switchyard.db"))
            .await
            .unwrap();
        let store = Arc::new(store);
        let lease = store.begin("test", Timestamp::from_millis(0)).await.unwrap();
        let log = EventLog::with_ring(Arc::clone(&store) as Arc<dyn Store>, ring);
        let stop = CancellationToken::new();
        tokio::spawn(log.clone().feed(stop.clone()));
        Self {
            store,
            lease,
            log,
            stop,
            _folder: folder,
        }
    }

    /// Appends one event for each number: at that time, of that kind.
    async fn append(&self, numbers: impl IntoIterator<Item = i64>) {
        let change = |number: i64| {
            Change::Event(NewEvent {
                at: Timestamp::from_millis(number),
                kind: number.to_string(),
                component: ComponentId::parse(if number % 10 == 0 { "ten" } else { "other" }).ok(),
                task: None,
                transition: None,
                data: serde_json::Value::Null,
            })
        };
        let changes: Vec<_> = numbers.into_iter().map(change).collect();
        self.store.apply(&self.lease, &changes).await.unwrap();
    }
}

/// Reads until an event of this number came.
async fn numbers(mut reader: Reader, last: i64) -> Vec<i64> {
    let mut numbers = Vec::new();
    let reading = async {
        while numbers.last() != Some(&last) {
            match reader.next().await.unwrap() {
                Piece::Events(events) => {
                    numbers.extend(
                        events
                            .iter()
                            .map(|event| event.event.kind.parse::<i64>().unwrap()),
                    );
                }
                Piece::End => reader.wait().await,
                Piece::Gap { gap, .. } => panic!("a gap: {gap:?}"),
            }
        }
    };
    let done = tokio::time::timeout(PATIENCE, reading).await;
    assert!(done.is_ok(), "{last} never came: {numbers:?}");
    numbers
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_whenever_gets_every_event_once_and_in_order() {
    const LAST: i64 = 3_000;
    let bench = Bench::start(64).await;
    let mut readers = Vec::new();
    for first in (0..LAST).step_by(100) {
        // One who has everything so far and waits, one who begins at the beginning, and one who was cut off a while ago.
        let now = bench.log.read(Since::Now, Filter::default());
        readers.push((first + 1, tokio::spawn(numbers(now, LAST))));
        let oldest = bench.log.read(Since::Oldest, Filter::default());
        readers.push((1, tokio::spawn(numbers(oldest, LAST))));
        for begin in (first..first + 100).step_by(10) {
            bench.append(begin + 1..=begin + 10).await;
        }
        let page = bench
            .log
            .page(Since::Oldest, &Filter::default(), PAGE_MAX)
            .await
            .unwrap();
        let seen = &page.events[page.events.len() / 2];
        let next: i64 = seen.event.kind.parse::<i64>().unwrap() + 1;
        let resumed = bench.log.read(Since::After(seen.id.clone()), Filter::default());
        readers.push((next, tokio::spawn(numbers(resumed, LAST))));
    }
    for (first, reader) in readers {
        let got = reader.await.unwrap();
        assert!(
            got.iter().copied().eq(first..=LAST),
            "from {first}: {} events, {:?} ...",
            got.len(),
            got.iter().take(5).collect::<Vec<_>>()
        );
    }
    bench.stop.cancel();
}

#[tokio::test]
async fn the_ring_rests_while_nobody_reads() {
    let bench = Bench::start(64).await;
    let reader = bench.log.read(Since::Now, Filter::default());
    bench.append(1..=5).await;
    assert_eq!(numbers(reader, 5).await, [1, 2, 3, 4, 5]);
    bench.append(6..=200).await;
    let end = bench.store.event_hint().borrow().clone();
    assert_ne!(*bench.log.shared.ring().end(), end);
    let reader = bench.log.read(Since::Now, Filter::default());
    bench.append(201..=203).await;
    assert_eq!(numbers(reader, 203).await, [201, 202, 203]);
}

#[tokio::test]
async fn what_is_no_longer_kept_is_a_gap_and_reading_goes_on() {
    let bench = Bench::start(64).await;
    bench.append(1..=10).await;
    let first = bench
        .log
        .page(Since::Oldest, &Filter::default(), 3)
        .await
        .unwrap();
    assert_eq!((first.events.len(), first.gap), (3, None));
    let before = Timestamp::from_millis(6);
    bench
        .store
        .prune(&bench.lease, before, before, 100)
        .await
        .unwrap();
    for (since, gap) in [
        (Since::After(first.end), Some(Gap::Pruned)),
        (Since::After(EventId("nonsense".to_owned())), Some(Gap::Unknown)),
        (Since::Oldest, None),
    ] {
        let page = bench
            .log
            .page(since.clone(), &Filter::default(), 3)
            .await
            .unwrap();
        assert_eq!((page.events[0].event.kind.as_str(), page.gap), ("6", gap));
        let mut reader = bench.log.read(since, Filter::default());
        if gap.is_some() {
            let piece = reader.next().await.unwrap();
            let Piece::Gap { gap: told, oldest } = piece else {
                panic!("{piece:?}")
            };
            assert_eq!((Some(told), oldest), (gap, Some(page.events[0].id.clone())));
        }
        assert_eq!(numbers(reader, 10).await, [6, 7, 8, 9, 10]);
    }
}

#[tokio::test]
async fn a_filtered_log_in_pages_is_the_filtered_log() {
    let bench = Bench::start(64).await;
    for begin in (0..2_500).step_by(500) {
        bench.append(begin + 1..=begin + 500).await;
    }
    let tens = Filter {
        component: ComponentId::parse("ten").ok(),
        ..Filter::default()
    };
    let (mut found, mut since) = (Vec::new(), Since::Oldest);
    loop {
        let page = bench.log.page(since.clone(), &tens, 7).await.unwrap();
        assert!(page.events.len() <= 7);
        found.extend(page.events.iter().map(|event| event.event.kind.clone()));
        let next = Since::After(page.end);
        if next == since {
            break;
        }
        since = next;
    }
    let expected: Vec<_> = (1..=250).map(|n| (n * 10).to_string()).collect();
    assert_eq!(found, expected);
}
