use switchyard_wire::Standing;
use tokio::time::{Duration, Instant};

use super::contact::Contact;
use super::pace::Pace;
use super::screen::Due;
use super::slow::SlowWatch;
use crate::account::Tally;
use crate::account::tests::{each, open};

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn tally(verified: usize, waiting: usize) -> Tally {
    Tally {
        waiting,
        verified,
        ..Tally::default()
    }
}

#[test]
fn tries_again_ever_more_rarely_until_patience_ends() {
    let start = Instant::now();
    let mut contact = Contact::new(seconds(60));
    let mut now = start;
    let mut waits = Vec::new();
    while let Some(wait) = contact.lost(now) {
        waits.push(wait.as_millis());
        now += wait;
    }
    assert_eq!(waits[..6], [250, 500, 1_000, 2_000, 4_000, 5_000]);
    assert_eq!(contact.lasted(now), seconds(60));
    contact.restored();
    assert_eq!(contact.lost(now), Some(Duration::from_millis(250)));
}

#[test]
fn without_patience_the_first_loss_is_the_last() {
    assert_eq!(Contact::new(Duration::ZERO).lost(Instant::now()), None);
}

#[test]
fn an_estimate_comes_when_a_tenth_has_ended() {
    let start = Instant::now();
    let mut pace = Pace::default();
    pace.see(start, tally(0, 200));
    assert_eq!(pace.rate(), None);
    pace.see(start + seconds(2), tally(10, 190));
    assert_eq!(pace.rate(), Some(5.0));
    assert_eq!(pace.remaining(&tally(10, 190)), None);
    pace.see(start + seconds(4), tally(40, 160));
    assert_eq!(pace.rate(), Some(10.0));
    assert_eq!(pace.remaining(&tally(40, 160)), Some(seconds(16)));
    assert_eq!(pace.remaining(&tally(200, 0)), None);
}

#[test]
fn what_ended_before_does_not_count_as_speed() {
    let start = Instant::now();
    let mut pace = Pace::default();
    pace.see(start, tally(100, 100));
    pace.see(start + seconds(10), tally(100, 100));
    assert_eq!(pace.rate(), None);
    pace.see(start + seconds(40), tally(130, 70));
    assert_eq!(pace.rate(), Some(1.0));
}

#[test]
fn the_slowest_are_shown_with_those_that_wait_for_the_same() {
    let start = Instant::now();
    let mut watch = SlowWatch::default();
    let mut members = each("x0c0s[0-1]b0n0", |name| {
        open(name, Standing::InProgress, "verifying", "proof")
    });
    watch.see(start, &members);
    members.extend(each("x0c0s[2-3]b0n0", |name| {
        open(name, Standing::InProgress, "intent", "an answer")
    }));
    watch.see(start + seconds(1), &members);
    assert_eq!(watch.slowest(start + seconds(14), &members), None);
    let slow = watch.slowest(start + seconds(20), &members).unwrap();
    assert_eq!(slow.names, ["x0c0s0b0n0", "x0c0s1b0n0"]);
    assert_eq!((slow.lasted, slow.waits_for.as_str()), (seconds(20), "proof"));
    watch.see(start + seconds(21), &[]);
    assert_eq!(watch.slowest(start + seconds(40), &members), None);
}

#[test]
fn lines_come_every_five_seconds_or_percent() {
    let mut due = Due::default();
    assert!(due.is_due(seconds(0), 0));
    assert!(!due.is_due(seconds(4), 4));
    assert!(due.is_due(seconds(4), 5));
    assert!(!due.is_due(seconds(8), 9));
    assert!(due.is_due(seconds(9), 9));
}
