//! Calls that change something.

use std::time::Duration;

use bmc_sim::{Acceptance, PowerState, Profile};
use switchyard_core::{Cause, Observation, PowerState as State, Primitive};
use switchyard_drivers::{Progress, Submitted};

use super::{ensure, ill, node, nodes, sent, well};
use crate::rig::Rig;
use crate::suite::{Ending, Objection, Stage};

/// How often pending work is asked for.
const POLLS: usize = 50;
/// The longest pause between two of them.
const PAUSE: Duration = Duration::from_millis(100);

pub(super) async fn switches(stage: Stage<'_>) -> Ending {
    let rig = stage.rig().await?;
    let steps = [
        (Primitive::ForceOff, State::Off),
        (Primitive::On, State::On),
        (Primitive::GracefulShutdown, State::Off),
    ];
    let (subject, abilities) = nodes(stage, &rig).await?.remove(0);
    for (what, end) in steps {
        if !abilities.iter().any(|ability| ability.what == what) {
            continue;
        }
        rig.sim.reset_counters();
        let permit = Rig::permit();
        let acting = stage.driver.act(rig.call(), &subject, what, permit.clone());
        well(&format!("act {what}"), acting.await)?;
        let delivery = permit.settled().await;
        ensure!(delivery.is_accepted(), "{what}: the permit says {delivery:?}");
        let counts = rig.sim.counts(0);
        let sent = sent(counts);
        ensure!(sent == 1, "{what} took {sent} changing requests");
        ensure!(
            counts.executed == 1,
            "{what} was executed {} times",
            counts.executed
        );
        let reading = well("observe", stage.driver.observe(rig.call(), &subject).await)?;
        ensure!(
            reading.state == end,
            "after {what} observe says {:?}",
            reading.state
        );
    }
    Ok(())
}

pub(super) async fn needs_no_memory(stage: Stage<'_>) -> Ending {
    let rig = stage.rig().await?;
    let subject = node(stage, &rig, Primitive::ForceOff).await?;
    let acting = stage
        .driver
        .act(rig.forgetful_call(), &subject, Primitive::ForceOff, Rig::permit());
    well("act without a cache", acting.await)?;
    let reading = well(
        "observe without a cache",
        stage.driver.observe(rig.forgetful_call(), &subject).await,
    )?;
    ensure!(
        reading.state == State::Off,
        "the node is off, observe says {:?}",
        reading.state
    );
    Ok(())
}

pub(super) async fn follows_work(stage: Stage<'_>) -> Ending {
    stage.needs_http()?;
    let profile = Profile {
        acceptance: Acceptance::Task,
        ..stage.config().profile
    };
    let rig = Rig::start(stage.config().profile(profile)).await?;
    let subject = node(stage, &rig, Primitive::ForceOff).await?;
    let acting = stage
        .driver
        .act(rig.call(), &subject, Primitive::ForceOff, Rig::permit());
    let mut handle = match well("act", acting.await)? {
        Submitted::Pending { handle, .. } => handle,
        // A driver may leave the BMC's task alone: the host observes in any case.
        Submitted::Accepted => return Ok(()),
        Submitted::Already => {
            return Err(Objection::Broken(
                "act said that nothing is to be done".to_owned(),
            ));
        }
    };
    for _ in 0..POLLS {
        match well("poll", stage.driver.poll(rig.call(), &handle).await)? {
            Progress::Done | Progress::Gone => return Ok(()),
            Progress::Failed(failure) => {
                return Err(Objection::Broken(format!("poll says that it failed: {failure}")));
            }
            Progress::Running {
                handle: next,
                poll_after,
            } => {
                handle = next;
                tokio::time::sleep(poll_after.min(PAUSE)).await;
            }
        }
    }
    Err(Objection::Broken(
        "the work is over, poll says that it still runs".to_owned(),
    ))
}

pub(super) async fn forgets_unknown_work(stage: Stage<'_>) -> Ending {
    let rig = stage.rig().await?;
    for handle in ["/redfish/v1/TaskService/Tasks/none", "nonsense", ""] {
        match stage.driver.poll(rig.call(), handle).await {
            Ok(Progress::Gone | Progress::Failed(_)) | Err(_) => {}
            Ok(other) => {
                return Err(Objection::Broken(format!(
                    "poll of {handle:?}, which the BMC does not know, says {other:?}"
                )));
            }
        }
    }
    Ok(())
}

pub(super) async fn refuses_what_is_not_offered(stage: Stage<'_>) -> Ending {
    let rig = stage.rig().await?;
    let (subject, abilities) = nodes(stage, &rig).await?.remove(0);
    let missing = Primitive::ALL
        .into_iter()
        .find(|what| !abilities.iter().any(|ability| ability.what == *what));
    let Some(what) = missing else {
        return Err(Objection::NotApplicable("it offers everything".to_owned()));
    };
    rig.sim.reset_counters();
    let permit = Rig::permit();
    let acting = stage.driver.act(rig.call(), &subject, what, permit.clone());
    let failure = ill(&format!("act {what}"), acting.await)?;
    ensure!(
        failure.cause == Cause::NotSupported,
        "{what} is not offered, the failure is {}",
        failure.cause.code()
    );
    ensure!(sent(rig.sim.counts(0)) == 0, "{what} was sent all the same");
    Ok(())
}

pub(super) async fn proves_a_restart(stage: Stage<'_>) -> Ending {
    let rig = stage.rig().await?;
    let subject = node(stage, &rig, Primitive::ForceRestart).await?;
    let before = well("observe", stage.driver.observe(rig.call(), &subject).await)?;
    let acting = stage
        .driver
        .act(rig.call(), &subject, Primitive::ForceRestart, Rig::permit());
    well("act", acting.await)?;
    let after = well("observe", stage.driver.observe(rig.call(), &subject).await)?;
    ensure!(
        after.state == State::On,
        "after a restart observe says {:?}",
        after.state
    );
    if before.evidence.is_empty() {
        return Err(Objection::NotApplicable(
            "its readings carry no evidence: restarts will end unproven".to_owned(),
        ));
    }
    ensure!(
        texts(&before) != texts(&after),
        "a restart left the evidence as it was: {:?}",
        texts(&after)
    );
    rig.sim.set_power(0, 0, PowerState::On);
    Ok(())
}

fn texts(reading: &Observation) -> Vec<String> {
    let facts = reading.evidence.iter();
    facts
        .map(|fact| format!("{}={}", fact.name, fact.value))
        .collect()
}
