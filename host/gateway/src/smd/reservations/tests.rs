//! What is known of reservations, and the calls that are made for them.

mod calling;

use switchyard_core::{ComponentId, Reservation, TaskId, Timestamp};
use switchyard_store::{Grip, Key, ReservationRecord};
use uuid::Uuid;

use super::table::{Grant, Loss, State, Table};
use super::*;

const T0: Timestamp = Timestamp::from_millis(1_000_000);

fn node() -> ComponentId {
    ComponentId::parse("x0c0s0b0n0").unwrap()
}

fn task(number: u128) -> TaskId {
    TaskId(Uuid::from_u128(number))
}

fn grip() -> Grip {
    Grip {
        key: Key::new("rk".to_owned()),
        deputy_key: Key::new("dk".to_owned()),
        expires_at: T0 + TERM,
    }
}

fn stored(grip: Option<Grip>) -> Table {
    Table::of(vec![ReservationRecord {
        component: node(),
        asked_at: T0,
        grip,
    }])
}

/// A table in which two tasks have the component.
fn held() -> Table {
    let mut table = Table::default();
    for number in [1, 2] {
        table.join(&node(), task(number));
    }
    let entry = table.entries.get_mut(&node()).unwrap();
    entry.state = State::Held(grip());
    for user in entry.users.values_mut() {
        user.granted = Some(Grant::Own);
    }
    table
}

#[test]
fn it_holds_until_our_own_clock_says_otherwise() {
    let table = held();
    let standing = |task, now| table.standing(&node(), task, now);
    assert_eq!(standing(task(1), T0), Reservation::Held);
    assert_eq!(standing(task(1), T0 + TERM), Reservation::Wanted);
    assert_eq!(standing(task(3), T0), Reservation::Wanted, "it has not asked");
}

#[test]
fn it_is_renewed_when_less_than_half_is_left_and_released_when_the_last_has_left() {
    let mut table = held();
    assert!(table.to_renew(T0 + RENEW_WHEN_LEFT).is_empty());
    let late = T0 + RENEW_WHEN_LEFT + Duration::from_millis(1);
    assert_eq!(table.to_renew(late).len(), 1);
    assert!(table.leave(&node(), task(1)));
    assert!(!table.leave(&node(), task(1)), "it has left already");
    assert!(table.to_release().is_empty());
    assert!(table.leave(&node(), task(2)));
    assert_eq!(table.to_release().len(), 1);
    assert!(table.to_renew(late).is_empty(), "what nobody uses is not renewed");
}

#[test]
fn who_had_it_learns_of_its_loss() {
    let mut table = held();
    table.join(&node(), task(3));
    let loss = table.lost(&node());
    assert!(loss.used && !loss.resumed);
    let users = &table.entries[&node()].users;
    assert!(users[&task(1)].lost && users[&task(2)].lost && !users[&task(3)].lost);
    assert_eq!(table.standing(&node(), task(1), T0), Reservation::Wanted);
    assert_eq!(table.lost(&node()), Loss::default(), "it is lost once");
}

#[test]
fn what_was_held_before_a_restart_is_acquired_anew_when_it_is_gone() {
    let mut table = stored(Some(grip()));
    table.resume(&node(), task(1));
    assert_eq!(table.standing(&node(), task(1), T0), Reservation::Held);
    let loss = table.lost(&node());
    assert!(loss.resumed && !loss.used);
    table.entries.get_mut(&node()).unwrap().state = State::Held(grip());
    table.grant_all(&node());
    assert_eq!(table.standing(&node(), task(1), T0), Reservation::Held);
}

#[test]
fn what_nobody_took_up_again_is_released() {
    let table = stored(Some(grip()));
    assert_eq!(table.to_release().len(), 1);
}

#[test]
fn a_wish_without_an_answer_stands_in_the_way_until_it_has_expired() {
    let mut table = stored(None);
    let until = table.entries[&node()].state.unknown_until().unwrap();
    assert_eq!(until, T0 + TERM + CLEAN_UP);
    assert!(table.tidy(until - Duration::from_millis(1)).is_empty());
    assert_eq!(table.tidy(until), [node()]);
    assert!(table.entries.is_empty());
}

#[test]
fn nothing_of_a_key_is_shown() {
    assert!(!format!("{:?}", held()).contains("rk"));
}
