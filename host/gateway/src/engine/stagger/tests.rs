use std::fmt::Write as _;

use super::*;
use crate::clock::ManualClock;

const T0: Timestamp = Timestamp::from_millis(1_000_000);
const EVERY: Duration = Duration::from_secs(10);

/// Groups whose leaves of the time before are used up.
fn schedule(limits: &[usize]) -> Schedule {
    let groups = limits.iter().map(|on| (*on, EVERY));
    Schedule::new(groups, T0 - EVERY)
}

fn join(schedule: &mut Schedule, groups: &[usize]) -> Ticket {
    schedule.join(&id("x1000c0s0b0n0"), &groups.into())
}

/// When each of these tickets goes, in order of time, with the clock moving on by itself.
fn play(schedule: &mut Schedule, tickets: &[Ticket]) -> Vec<(u64, usize)> {
    let mut gone = Vec::new();
    let mut now = T0;
    while gone.len() < tickets.len() {
        let before = gone.len();
        for (index, ticket) in tickets.iter().enumerate() {
            if gone.iter().all(|(_, known)| *known != index) && schedule.turn(*ticket, now) == Turn::Go {
                gone.push((now.since(T0).as_secs(), index));
            }
        }
        if gone.len() == before {
            now = now + Duration::from_secs(1);
            assert!(
                now.since(T0) < Duration::from_hours(1),
                "nobody goes: {schedule:?}"
            );
        }
    }
    gone
}

#[test]
fn a_group_lets_so_many_through_in_an_interval_in_order() {
    let mut schedule = schedule(&[2]);
    let tickets: Vec<_> = (0..5).map(|_| join(&mut schedule, &[0])).collect();
    let expected: Vec<_> = tickets
        .iter()
        .map(|ticket| schedule.expected(&[0], Some(*ticket), T0).since(T0).as_secs())
        .collect();
    assert_eq!(expected, [0, 0, 10, 10, 20]);
    assert_eq!(
        schedule.expected(&[0], None, T0).since(T0),
        EVERY * 2,
        "one that came now would be the sixth"
    );
    let gone = play(&mut schedule, &tickets);
    assert_eq!(gone, [(0, 0), (0, 1), (10, 2), (10, 3), (20, 4)]);
}

#[test]
fn a_component_of_several_groups_needs_the_leave_of_all() {
    let mut schedule = schedule(&[1, 2]);
    let [first, second] = [(), ()].map(|()| join(&mut schedule, &[0, 1]));
    let third = join(&mut schedule, &[1]);
    // The third waits behind the second in their common group, so that it cannot take its leave again and again.
    assert_eq!(
        play(&mut schedule, &[first, second, third]),
        [(0, 0), (10, 1), (10, 2)]
    );
}

#[test]
fn one_that_gives_up_takes_no_leave() {
    let mut schedule = schedule(&[1]);
    let tickets: Vec<_> = (0..3).map(|_| join(&mut schedule, &[0])).collect();
    schedule.leave(tickets[0]);
    assert_eq!(schedule.turn(tickets[2], T0), Turn::Later);
    assert_eq!(play(&mut schedule, &tickets[1..]), [(0, 0), (10, 1)]);
    assert_eq!(schedule.turn(tickets[0], T0), Turn::Later);
}

#[test]
fn a_start_counts_as_if_all_leaves_had_just_been_given() {
    let mut schedule = Schedule::new([(3, EVERY)], T0);
    let ticket = join(&mut schedule, &[0]);
    assert_eq!(schedule.turn(ticket, T0), Turn::At(T0 + EVERY));
    assert_eq!(schedule.turn(ticket, T0 + EVERY), Turn::Go);
}

#[test]
fn never_more_than_allowed_in_any_interval() {
    let mut schedule = schedule(&[3]);
    let (mut now, mut gone) = (T0, Vec::new());
    for step in 0..200_u64 {
        let ticket = join(&mut schedule, &[0]);
        if schedule.turn(ticket, now) == Turn::Go {
            gone.push(now);
        } else {
            schedule.leave(ticket);
        }
        now = now + Duration::from_millis(700 + step * 13 % 900);
    }
    assert!(gone.len() > 40, "{}", gone.len());
    for window in gone.windows(4) {
        assert!(window[3].since(window[0]) >= EVERY, "{window:?}");
    }
}

fn stagger(sets: &[&str], clock: &Arc<ManualClock>) -> Stagger {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("inventory.toml");
    let mut text = String::from("[[controller]]\nid = \"bmc\"\naddress = \"http://127.0.0.1:1\"\n");
    for (path, id) in ["x1000c0s0b0n0", "x1000c0s0b0n1", "x1000c0s0b0n2", "x1001c0s0b0n0"]
        .iter()
        .enumerate()
    {
        writeln!(
            text,
            "[[component]]\nid = \"{id}\"\ncontroller = \"bmc\"\npath = \"/{path}\""
        )
        .unwrap();
    }
    std::fs::write(&file, text).unwrap();
    let inventory = Inventory::read(&file, switchyard_transport::Timeouts::default()).unwrap();
    let group = |set: &&str| StaggerGroup {
        components: NameSet::parse_names(set).unwrap(),
        on: 1,
        every: EVERY,
    };
    let groups: Vec<_> = sets.iter().map(group).collect();
    Stagger::new(&groups, &inventory, Arc::clone(clock) as Arc<dyn Clock>)
}

fn id(text: &str) -> ComponentId {
    ComponentId::parse(text).unwrap()
}

#[test]
fn a_set_means_what_is_in_it_and_what_is_below() {
    let clock = Arc::new(ManualClock::new(T0));
    let stagger = stagger(&["x1000c[0-7]", "x1000c0s0b0n1"], &clock);
    let groups = |name: &str| stagger.groups_of(&id(name)).map(|of| of.to_vec());
    assert_eq!(groups("x1000c0s0b0n0"), Some(vec![0]));
    assert_eq!(groups("x1000c0s0b0n1"), Some(vec![0, 1]));
    assert_eq!(groups("x1001c0s0b0n0"), None);
    assert_eq!(stagger.next(&id("x1001c0s0b0n0"), T0), T0);
    assert_eq!(stagger.next(&id("x1000c0s0b0n0"), T0), T0 + EVERY);
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_with_leave_or_a_cancel_and_the_next_moves_up() {
    let clock = Arc::new(ManualClock::new(T0 - EVERY));
    let stagger = Arc::new(stagger(&["x1000"], &clock));
    clock.set(T0);
    let (first, second) = (id("x1000c0s0b0n0"), id("x1000c0s0b0n1"));
    let cancel = CancellationToken::new();
    stagger.wait(&first, &cancel).await.unwrap();

    let wait = |component: &ComponentId, cancel: &CancellationToken| {
        let (stagger, component, cancel) = (Arc::clone(&stagger), component.clone(), cancel.clone());
        tokio::spawn(async move { stagger.wait(&component, &cancel).await })
    };
    let expected = async |component: &ComponentId, at: Timestamp| {
        let moved = async {
            while stagger.next(component, T0) != at {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(Duration::from_mins(10), moved)
            .await
            .unwrap();
    };
    let one = wait(&first, &cancel);
    expected(&second, T0 + EVERY * 2).await;
    let two = wait(&second, &CancellationToken::new());
    // Who asks now would be behind both.
    expected(&id("x1000c0s0b0n2"), T0 + EVERY * 3).await;
    assert_eq!(stagger.next(&second, T0), T0 + EVERY * 2);
    cancel.cancel();
    assert_eq!(one.await.unwrap(), Err(Cancelled));
    assert_eq!(stagger.next(&second, T0), T0 + EVERY);
    clock.set(T0 + EVERY);
    two.await.unwrap().unwrap();
    assert_eq!(stagger.next(&second, T0 + EVERY), T0 + EVERY * 2);
}
