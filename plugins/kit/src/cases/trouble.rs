//! What a driver does when its BMC does not.

use std::time::Duration;

use bmc_sim::{Effect, Fault, PowerState, Requests};
use switchyard_core::{Cause, Delivery, PowerState as State, Primitive};
use tokio::time::{Instant, timeout};

use super::{ensure, ill, node, nodes, sent};
use crate::rig::{KitError, Rig};
use crate::suite::{Ending, Objection, Stage};

/// How long a cancelled call may take to end.
const LEAVES_WITHIN: Duration = Duration::from_secs(3);
/// The most tries of a login in one call: some makes refuse a right one now and then, and accounts are locked after a few more.
const LOGIN_TRIES: u64 = 3;
/// How long the BMC asks to be left alone.
const BUSY_SECONDS: u64 = 7;

fn add(rig: &Rig, fault: Fault) -> Result<(), Objection> {
    rig.sim.add_fault(fault).map_err(KitError::from)?;
    Ok(())
}

pub(super) async fn never_repeats(stage: Stage<'_>) -> Ending {
    for effect in [Effect::ExecuteThenCut, Effect::CutInAnswer] {
        let rig = stage.rig().await?;
        let subject = node(stage, &rig, Primitive::ForceRestart).await?;
        add(&rig, Fault::new(effect.clone()))?;
        rig.sim.reset_counters();
        let permit = Rig::permit();
        let acting = stage
            .driver
            .act(rig.call(), &subject, Primitive::ForceRestart, permit.clone());
        let answer = acting.await;
        let delivery = permit.settled().await;
        if delivery == Delivery::MaybeSent {
            ill("act, whose answer was lost,", answer)?;
        }
        let counts = rig.sim.counts(0);
        ensure!(
            counts.executed == 1 && sent(counts) == 1,
            "{effect:?}: a restart was sent {} times and executed {} times",
            sent(counts),
            counts.executed
        );
    }
    Ok(())
}

pub(super) async fn keeps_the_words(stage: Stage<'_>) -> Ending {
    stage.needs_http()?;
    let rig = stage.rig().await?;
    let subject = node(stage, &rig, Primitive::ForceOff).await?;
    let words = "The chassis door is open.";
    add(&rig, Fault::refuse(400, "Example.1.0.DoorOpen", words))?;
    let acting = stage
        .driver
        .act(rig.call(), &subject, Primitive::ForceOff, Rig::permit());
    let failure = ill("act, which was refused with 400,", acting.await)?;
    ensure!(
        failure.status == Some(400),
        "the BMC answered 400, the failure says {:?}",
        failure.status
    );
    ensure!(
        failure.text.contains(words),
        "the BMC said {words:?}, the failure says {:?}",
        failure.text
    );
    ensure!(
        failure.codes.iter().any(|code| code.contains("DoorOpen")),
        "the BMC's message id is Example.1.0.DoorOpen, the failure has {:?}",
        failure.codes
    );
    Ok(())
}

pub(super) async fn hears_busy(stage: Stage<'_>) -> Ending {
    stage.needs_http()?;
    let rig = stage.rig().await?;
    let subject = node(stage, &rig, Primitive::ForceOff).await?;
    let busy = Effect::Busy {
        retry_after: BUSY_SECONDS,
    };
    add(&rig, Fault::new(busy))?;
    let failure = ill(
        "observe of a busy BMC",
        stage.driver.observe(rig.call(), &subject).await,
    )?;
    ensure!(
        failure.cause == Cause::Busy,
        "a BMC that answers 503 with Retry-After is busy, the failure is {}",
        failure.cause.code()
    );
    ensure!(
        failure.retry_after == Some(Duration::from_secs(BUSY_SECONDS)),
        "the BMC asks for {BUSY_SECONDS} s, the failure says {:?}",
        failure.retry_after
    );
    Ok(())
}

pub(super) async fn gives_a_login_up(stage: Stage<'_>) -> Ending {
    let rig = Rig::with_password(stage.config(), "wrong".to_owned()).await?;
    let failure = ill(
        "survey with a wrong password",
        stage.driver.survey(rig.call()).await,
    )?;
    ensure!(
        failure.cause == Cause::Auth,
        "the password is wrong, the failure is {}",
        failure.cause.code()
    );
    let tries = rig.sim.counts(0).auth_failures;
    ensure!(
        tries <= LOGIN_TRIES,
        "a refused login was tried {tries} times in one call"
    );
    Ok(())
}

pub(super) async fn survives_garbage(stage: Stage<'_>) -> Ending {
    let rig = stage.rig().await?;
    let (subject, _) = nodes(stage, &rig).await?.remove(0);
    let bytes = 8 << 20;
    for effect in [Effect::GarbageBody, Effect::HugeBody { bytes }] {
        rig.sim.clear_faults();
        rig.sim.set_power(0, 0, PowerState::On);
        add(&rig, Fault::new(effect.clone()).on(Requests::Reads))?;
        match stage.driver.observe(rig.forgetful_call(), &subject).await {
            Ok(reading) => ensure!(
                reading.state == State::Unknown,
                "{effect:?}: observe says {:?}",
                reading.state
            ),
            Err(failure) => ensure!(
                failure.cause != Cause::Driver,
                "{effect:?}: the driver trapped or panicked: {failure}"
            ),
        }
    }
    Ok(())
}

pub(super) async fn leaves_in_time(stage: Stage<'_>) -> Ending {
    let rig = stage.rig().await?;
    let (subject, _) = nodes(stage, &rig).await?.remove(0);
    let silence = Effect::Hang {
        for_ms: None,
        execute: false,
    };
    add(&rig, Fault::new(silence))?;
    let call = rig.call();
    let cancel = call.cancel.clone();
    let observing = stage.driver.observe(call, &subject);
    let cancelling = async {
        while rig.sim.faults().iter().all(|fault| fault.hits == 0) {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        cancel.cancel();
    };
    let begun = Instant::now();
    let (answer, ()) = timeout(Duration::from_secs(30), async {
        tokio::join!(observing, cancelling)
    })
    .await
    .map_err(|_| Objection::Broken("a cancelled call did not end".to_owned()))?;
    let failure = ill("a cancelled call", answer)?;
    ensure!(
        begun.elapsed() < LEAVES_WITHIN,
        "a cancelled call took {:?} to end",
        begun.elapsed()
    );
    ensure!(
        failure.cause == Cause::Cancelled,
        "a cancelled call ended as {}",
        failure.cause.code()
    );
    Ok(())
}
