use std::sync::Arc;
use std::time::Duration;

use switchyard_core::Timestamp;

use super::*;
use crate::clock::ManualClock;

fn registry() -> (Arc<ManualClock>, Dependencies) {
    let clock = Arc::new(ManualClock::default());
    clock.set(Timestamp::from_millis(1_000));
    (Arc::clone(&clock), Dependencies::new(clock))
}

#[test]
fn nothing_is_configured_until_somebody_takes_a_handle() {
    let (_, dependencies) = registry();
    assert_eq!(dependencies.all().len(), Dependency::ALL.len());
    let states = dependencies.all().into_iter().map(|(_, standing)| standing.state);
    assert!(states.into_iter().all(|state| state == State::NotConfigured));
    let _handle = dependencies.handle(Dependency::Smd);
    assert_eq!(
        dependencies.standing(Dependency::Smd).unwrap().state,
        State::Degraded
    );
}

#[test]
fn a_state_lasts_since_it_began_and_remembers_the_last_success() {
    let (clock, dependencies) = registry();
    let handle = dependencies.handle(Dependency::SecretStore);
    handle.ok();
    clock.set(Timestamp::from_millis(2_000));
    handle.away("It is sealed.");
    clock.set(Timestamp::from_millis(3_000));
    handle.away("It does not answer.");
    let standing = dependencies.standing(Dependency::SecretStore).unwrap();
    assert_eq!((standing.state, standing.since.as_millis()), (State::Away, 2_000));
    assert_eq!(standing.last_success, Some(Timestamp::from_millis(1_000)));
    assert_eq!(standing.reason.as_deref(), Some("It does not answer."));
    assert_eq!(dependencies.away(), [Dependency::SecretStore]);
    handle.ok();
    let standing = dependencies.standing(Dependency::SecretStore).unwrap();
    assert_eq!((standing.state, standing.reason), (State::Ok, None));
    assert!(dependencies.away().is_empty());
}

#[test]
fn a_reason_is_cut_at_a_character() {
    let (_, dependencies) = registry();
    let handle = dependencies.handle(Dependency::Disk);
    handle.away(&"ä".repeat(REASON_MAX_BYTES));
    let reason = dependencies.standing(Dependency::Disk).unwrap().reason.unwrap();
    assert!(reason.len() <= REASON_MAX_BYTES && reason.chars().all(|letter| letter == 'ä'));
}

#[test]
fn what_is_kept_has_an_age() {
    let (clock, dependencies) = registry();
    let handle = dependencies.handle(Dependency::Jwks);
    handle.cached(dependencies.now());
    clock.set(Timestamp::from_millis(1_000) + Duration::from_secs(90));
    let cached = dependencies
        .standing(Dependency::Jwks)
        .unwrap()
        .cached_at
        .unwrap();
    assert_eq!(dependencies.now().since(cached), Duration::from_secs(90));
}
