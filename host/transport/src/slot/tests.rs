use std::sync::atomic::{AtomicUsize, Ordering};

use tokio_util::sync::CancellationToken;

use super::*;
use crate::fault::FaultDelivery;

const LIMIT: Duration = Duration::from_mins(1);

fn slots(parallel: u8, gap_ms: u64) -> Slots {
    Slots::new(Pace {
        parallel,
        gap: Duration::from_millis(gap_ms),
        ..Pace::default()
    })
}

fn scope(lane: Lane) -> Scope {
    Scope::new(
        lane,
        Instant::now() + Duration::from_secs(5),
        CancellationToken::new(),
    )
}

/// Lets every task run until it waits, without moving the clock.
async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_action_that_came_last_goes_before_polls() {
    let slots = Arc::new(slots(1, 0));
    let order = Arc::new(Mutex::new(Vec::new()));
    let held = slots
        .acquire(Use::Request, &scope(Lane::Poll), LIMIT)
        .await
        .unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for (name, lane) in [
        ("poll-1", Lane::Poll),
        ("poll-2", Lane::Poll),
        ("action", Lane::Action),
    ] {
        let (slots, order) = (Arc::clone(&slots), Arc::clone(&order));
        tasks.spawn(async move {
            let _slot = slots.acquire(Use::Request, &scope(lane), LIMIT).await.unwrap();
            order.lock().unwrap().push(name);
        });
        settle().await;
    }
    drop(held);
    tasks.join_all().await;
    assert_eq!(*order.lock().unwrap(), ["action", "poll-1", "poll-2"]);
}

#[tokio::test(start_paused = true)]
async fn an_action_passes_a_poll_that_waits_for_the_gap() {
    let slots = Arc::new(slots(1, 1000));
    let start = Instant::now();
    drop(
        slots
            .acquire(Use::Request, &scope(Lane::Poll), LIMIT)
            .await
            .unwrap(),
    );
    let mut tasks = tokio::task::JoinSet::new();
    for lane in [Lane::Poll, Lane::Action] {
        let slots = Arc::clone(&slots);
        tasks.spawn(async move {
            drop(slots.acquire(Use::Request, &scope(lane), LIMIT).await.unwrap());
            (lane, start.elapsed().as_secs())
        });
        settle().await;
    }
    let mut ends = tasks.join_all().await;
    ends.sort_by_key(|(_, at)| *at);
    assert_eq!(ends, [(Lane::Action, 1), (Lane::Poll, 2)]);
}

#[tokio::test(start_paused = true)]
async fn no_more_than_parallel_are_in_flight() {
    let slots = Arc::new(slots(3, 0));
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let start = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..12 {
        let (slots, now, most) = (Arc::clone(&slots), Arc::clone(&now), Arc::clone(&most));
        tasks.spawn(async move {
            let _slot = slots
                .acquire(Use::Request, &scope(Lane::Action), LIMIT)
                .await
                .unwrap();
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_secs(1)).await;
            now.fetch_sub(1, Ordering::SeqCst);
        });
    }
    tasks.join_all().await;
    assert_eq!(most.load(Ordering::SeqCst), 3);
    assert_eq!(start.elapsed(), Duration::from_secs(4));
}

#[tokio::test(start_paused = true)]
async fn the_gap_counts_from_the_end_of_a_request_and_not_from_connecting() {
    let slots = slots(1, 500);
    let start = Instant::now();
    let slot = slots
        .acquire(Use::Request, &scope(Lane::Action), LIMIT)
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    drop(slot);
    drop(
        slots
            .acquire(Use::Connect, &scope(Lane::Action), LIMIT)
            .await
            .unwrap(),
    );
    assert_eq!(start.elapsed(), Duration::from_millis(200));
    drop(
        slots
            .acquire(Use::Request, &scope(Lane::Action), LIMIT)
            .await
            .unwrap(),
    );
    assert_eq!(start.elapsed(), Duration::from_millis(700));
}

#[tokio::test(start_paused = true)]
async fn a_waiter_that_goes_away_blocks_nobody() {
    let slots = Arc::new(slots(1, 0));
    let held = slots
        .acquire(Use::Request, &scope(Lane::Action), LIMIT)
        .await
        .unwrap();
    let gone = scope(Lane::Action);
    let leaving = {
        let (slots, gone) = (Arc::clone(&slots), gone.clone());
        tokio::spawn(async move { slots.acquire(Use::Request, &gone, LIMIT).await.map(drop) })
    };
    settle().await;
    let next = {
        let slots = Arc::clone(&slots);
        tokio::spawn(async move {
            slots
                .acquire(Use::Request, &scope(Lane::Poll), LIMIT)
                .await
                .map(drop)
        })
    };
    settle().await;
    gone.cancel.cancel();
    assert_eq!(leaving.await.unwrap().unwrap_err().reason, Reason::Cancelled);
    drop(held);
    next.await.unwrap().unwrap();
    assert_eq!(slots.lock().in_flight, 0);
    assert!(slots.lock().actions.is_empty() && slots.lock().polls.is_empty());
}

#[tokio::test(start_paused = true)]
async fn waiting_stops_the_clock_of_the_call_and_is_bounded() {
    let slots = slots(1, 0);
    let _held = slots
        .acquire(Use::Request, &scope(Lane::Action), LIMIT)
        .await
        .unwrap();
    let scope = scope(Lane::Action);
    let before = scope.due();
    let fault = slots.acquire(Use::Request, &scope, LIMIT).await.unwrap_err();
    assert_eq!(fault.reason, Reason::Timeout);
    assert_eq!(scope.waited(), LIMIT);
    assert_eq!(scope.due() - before, LIMIT);
}

#[tokio::test(start_paused = true)]
async fn the_line_is_bounded() {
    let slots = Arc::new(slots(1, 0));
    let _held = slots
        .acquire(Use::Request, &scope(Lane::Poll), LIMIT)
        .await
        .unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..WAITERS_MAX {
        let slots = Arc::clone(&slots);
        tasks.spawn(async move {
            slots
                .acquire(Use::Request, &scope(Lane::Poll), LIMIT)
                .await
                .map(drop)
        });
    }
    for _ in 0..WAITERS_MAX {
        tokio::task::yield_now().await;
    }
    let fault = slots
        .acquire(Use::Request, &scope(Lane::Poll), LIMIT)
        .await
        .unwrap_err();
    assert_eq!(
        (fault.delivery, fault.reason),
        (FaultDelivery::NotSent, Reason::Timeout)
    );
    assert_eq!(slots.lock().polls.len(), WAITERS_MAX);
    tasks.abort_all();
}

#[tokio::test(start_paused = true)]
async fn a_driver_can_only_tighten_the_pace() {
    let slots = slots(2, 100);
    slots.tighten(Pace {
        parallel: 4,
        gap: Duration::from_secs(1),
        ..Pace::default()
    });
    assert_eq!(slots.pace().parallel, 2);
    assert_eq!(slots.pace().gap, Duration::from_secs(1));
}
