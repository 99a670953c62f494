use PowerState::{Off, On, PoweringOff, PoweringOn};

use super::*;

fn laws(delays: Delays) -> Laws {
    Laws {
        delays,
        os_ignores: false,
        restart_view: RestartView::PassesOff,
        reset_step_ms: 1000,
    }
}

fn each(ms: u64) -> Laws {
    laws(Delays::all(Duration::from_millis(ms)))
}

fn power(machine: &Machine, now: u64, laws: &Laws) -> PowerState {
    machine.reading(Moment(now), laws).power
}

fn at(machine: &mut Machine, now: u64, laws: &Laws) -> PowerState {
    machine.advance(Moment(now), laws);
    power(machine, now, laws)
}

#[test]
fn without_delays_every_change_is_instant() {
    let laws = each(0);
    let mut machine = Machine::new(PowerState::Off);
    assert_eq!(machine.apply(Moment(5), ResetType::On, &laws), Outcome::Changed);
    assert_eq!(power(&machine, 5, &laws), PowerState::On);
    assert_eq!(
        machine.apply(Moment(6), ResetType::GracefulShutdown, &laws),
        Outcome::Changed
    );
    assert_eq!(power(&machine, 6, &laws), PowerState::Off);
    assert_eq!(
        machine.apply(Moment(7), ResetType::ForceOff, &laws),
        Outcome::Unchanged
    );
    assert_eq!(machine.settles_at(), None);
}

#[test]
fn on_and_off_pass_through_their_transitional_states() {
    let laws = each(100);
    let mut machine = Machine::new(PowerState::Off);
    machine.apply(Moment(0), ResetType::On, &laws);
    assert_eq!(at(&mut machine, 99, &laws), PowerState::PoweringOn);
    assert_eq!(at(&mut machine, 100, &laws), PowerState::On);
    machine.apply(Moment(200), ResetType::ForceOff, &laws);
    assert_eq!(at(&mut machine, 299, &laws), PowerState::PoweringOff);
    assert_eq!(at(&mut machine, 300, &laws), PowerState::Off);
}

#[test]
fn a_restart_is_seen_off_and_updates_last_reset_time_when_it_comes_out() {
    let laws = each(100);
    let mut machine = Machine::new(PowerState::On);
    let before = machine.reading(Moment(5_000), &laws).last_reset;
    machine.apply(Moment(5_000), ResetType::ForceRestart, &laws);
    let seen: Vec<_> = [5_000, 5_050, 5_090, 5_100]
        .map(|now| at(&mut machine, now, &laws))
        .into();
    assert_eq!(seen, [PoweringOff, Off, PoweringOn, On]);
    let after = machine.reading(Moment(5_100), &laws).last_reset;
    assert_eq!((before, after), (Moment(0), Moment(5_100)));
}

#[test]
fn each_restart_shows_in_last_reset_time_even_within_one_second() {
    let laws = each(0);
    let mut machine = Machine::new(PowerState::On);
    let mut last = machine.reading(Moment(0), &laws).last_reset;
    for now in 1..5 {
        machine.apply(Moment(now), ResetType::ForceRestart, &laws);
        let next = machine.reading(Moment(now), &laws).last_reset;
        assert!(next.since(last) >= 1000, "{next:?} after {last:?}");
        last = next;
    }
}

#[test]
fn a_restart_that_stays_on_shows_in_boot_progress_only() {
    let laws = Laws {
        restart_view: RestartView::StaysOn,
        ..each(100)
    };
    let mut machine = Machine::new(PowerState::On);
    machine.apply(Moment(1_000), ResetType::ForceRestart, &laws);
    let during = machine.reading(Moment(1_050), &laws);
    assert_eq!((during.power, during.booted), (PowerState::On, Boot::Starting));
    machine.advance(Moment(1_150), &laws);
    assert_eq!(machine.reading(Moment(1_150), &laws).booted, Boot::Starting);
    assert_eq!(machine.reading(Moment(1_200), &laws).booted, Boot::OsRunning);
}

#[test]
fn an_operating_system_may_ignore_a_shutdown_but_not_force_off() {
    let laws = Laws {
        os_ignores: true,
        ..each(0)
    };
    let mut machine = Machine::new(PowerState::On);
    assert_eq!(
        machine.apply(Moment(0), ResetType::GracefulShutdown, &laws),
        Outcome::IgnoredByOs
    );
    assert_eq!(
        machine.apply(Moment(0), ResetType::GracefulRestart, &laws),
        Outcome::IgnoredByOs
    );
    assert_eq!(power(&machine, 0, &laws), PowerState::On);
    assert_eq!(
        machine.apply(Moment(1), ResetType::ForceOff, &laws),
        Outcome::Changed
    );
    assert_eq!(power(&machine, 1, &laws), PowerState::Off);
}

#[test]
fn force_off_shortens_a_graceful_shutdown_and_stops_a_start() {
    let laws = laws(Delays {
        on: Duration::from_millis(500),
        graceful_off: Duration::from_mins(1),
        force_off: Duration::from_millis(10),
        ..Delays::default()
    });
    let mut machine = Machine::new(PowerState::On);
    machine.apply(Moment(0), ResetType::GracefulShutdown, &laws);
    machine.apply(Moment(100), ResetType::ForceOff, &laws);
    assert_eq!(at(&mut machine, 110, &laws), PowerState::Off);
    machine.apply(Moment(200), ResetType::On, &laws);
    machine.apply(Moment(300), ResetType::ForceOff, &laws);
    assert_eq!(at(&mut machine, 310, &laws), PowerState::Off);
    assert_eq!(at(&mut machine, 10_000, &laws), PowerState::Off);
}

#[test]
fn on_during_power_off_follows_it() {
    let laws = each(100);
    let mut machine = Machine::new(PowerState::On);
    machine.apply(Moment(0), ResetType::ForceOff, &laws);
    assert_eq!(machine.apply(Moment(50), ResetType::On, &laws), Outcome::Changed);
    assert_eq!(at(&mut machine, 120, &laws), PowerState::PoweringOn);
    assert_eq!(at(&mut machine, 200, &laws), PowerState::On);
    assert_eq!(machine.reading(Moment(200), &laws).last_reset, Moment(1_000));
}

#[test]
fn late_resets_execute_in_order_and_at_their_own_time() {
    let laws = each(0);
    let mut machine = Machine::new(PowerState::Off);
    machine.apply_late(Moment(300), ResetType::ForceOff);
    machine.apply_late(Moment(100), ResetType::On);
    machine.apply_late(Moment(100), ResetType::ForceRestart);
    assert_eq!(machine.settles_at(), Some(Moment(300)));
    assert!(machine.advance(Moment(99), &laws).is_empty());
    assert_eq!(
        machine.advance(Moment(1_000), &laws),
        [
            (Moment(100), ResetType::On, Outcome::Changed),
            (Moment(100), ResetType::ForceRestart, Outcome::Changed),
            (Moment(300), ResetType::ForceOff, Outcome::Changed),
        ]
    );
    assert_eq!(power(&machine, 1_000, &laws), PowerState::Off);
}

#[test]
fn a_power_cycle_switches_a_machine_that_is_off_on() {
    let laws = each(0);
    let mut machine = Machine::new(PowerState::Off);
    assert_eq!(
        machine.apply(Moment(0), ResetType::ForceRestart, &laws),
        Outcome::Unchanged
    );
    assert_eq!(
        machine.apply(Moment(0), ResetType::PowerCycle, &laws),
        Outcome::Changed
    );
    assert_eq!(power(&machine, 0, &laws), PowerState::On);
}

#[test]
fn the_power_button_toggles_and_pause_pauses() {
    let laws = each(0);
    let mut machine = Machine::new(PowerState::On);
    machine.apply(Moment(0), ResetType::Pause, &laws);
    assert_eq!(power(&machine, 0, &laws), PowerState::Paused);
    machine.apply(Moment(0), ResetType::Resume, &laws);
    machine.apply(Moment(0), ResetType::PushPowerButton, &laws);
    assert_eq!(power(&machine, 0, &laws), PowerState::Off);
    machine.apply(Moment(0), ResetType::PushPowerButton, &laws);
    assert_eq!(power(&machine, 0, &laws), PowerState::On);
}

#[test]
fn every_word_parses_back() {
    for reset in ResetType::ALL {
        assert_eq!(reset.as_str().parse(), Ok(*reset));
    }
    assert!("on".parse::<ResetType>().is_err());
    assert!("Reset".parse::<PowerState>().is_err());
}
