//! Settings that change while the engine runs, and those that do not.

use super::*;

#[tokio::test]
async fn what_takes_a_restart_stays_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path(), model(1, PowerState::Off)).await;
    let before = EngineSettings::default();
    let changed = EngineSettings {
        start_within: Duration::from_secs(7),
        finished_shown_max: before.finished_shown_max + 1,
        tasks_moving: before.tasks_moving + 1,
        ..before.clone()
    };
    bench.engine.retune(&changed, &PollerSettings::default(), &[]);
    let now = bench.engine.inner.settings();
    assert_eq!(now.start_within, changed.start_within);
    assert_eq!(now.tasks_moving, before.tasks_moving);
    assert_eq!(
        now.finished_shown_max, before.finished_shown_max,
        "GET /transitions shows as many as at the start"
    );
}
