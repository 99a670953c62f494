//! Calls that only read.

use std::collections::BTreeSet;

use bmc_sim::{Effect, Fault, PowerState};
use switchyard_core::{PowerState as State, Primitive};

use super::{ensure, nodes, well};
use crate::suite::{Ending, Stage};

pub(super) async fn recognises(stage: Stage<'_>) -> Ending {
    let rig = stage.rig().await?;
    let facts = well("probe", stage.driver.probe(rig.call()).await)?;
    ensure!(!facts.is_empty(), "probe found nothing to tell");
    let executed = rig.sim.executed_all(0).len();
    ensure!(executed == 0, "probe changed something");
    Ok(())
}

pub(super) async fn surveys(stage: Stage<'_>) -> Ending {
    let rig = stage.rig().await?;
    let findings = well("survey", stage.driver.survey(rig.call()).await)?;
    ensure!(
        findings.pace.parallel >= 1,
        "the pace allows no request in flight"
    );
    let mut seen = BTreeSet::new();
    for member in &findings.members {
        let subject = &member.subject;
        let id = format!("{:?} {}", subject.kind, subject.id);
        ensure!(!member.name.is_empty(), "{id} has no name for people");
        let mut offered = BTreeSet::new();
        for ability in &member.abilities {
            let what = ability.what;
            ensure!(offered.insert(what), "{id} offers {what} twice");
            ensure!(
                ability.replay >= what.replay_floor(),
                "{id} calls {what} {:?}, which is looser than {:?}",
                ability.replay,
                what.replay_floor()
            );
            ensure!(
                !ability.limit.is_zero() && ability.usual <= ability.limit,
                "{id}: {what} usually takes {:?} and at the longest {:?}",
                ability.usual,
                ability.limit
            );
        }
        ensure!(seen.insert(id.clone()), "{id} is listed twice");
    }
    let (_, abilities) = nodes(stage, &rig).await?.remove(0);
    for needed in [Primitive::On, Primitive::ForceOff] {
        ensure!(
            abilities.iter().any(|ability| ability.what == needed),
            "the BMC offers {needed}, the driver does not"
        );
    }
    Ok(())
}

pub(super) async fn tells_on_from_off(stage: Stage<'_>) -> Ending {
    let rig = stage.rig().await?;
    let (subject, _) = nodes(stage, &rig).await?.remove(0);
    for (power, expected) in [
        (PowerState::On, State::On),
        (PowerState::Off, State::Off),
        (PowerState::On, State::On),
    ] {
        rig.sim.set_power(0, 0, power);
        let reading = well("observe", stage.driver.observe(rig.call(), &subject).await)?;
        ensure!(
            reading.state == expected,
            "the node is {power:?}, observe says {:?}",
            reading.state
        );
        ensure!(
            !reading.raw.is_empty(),
            "observe keeps the BMC's own word from us"
        );
    }
    Ok(())
}

pub(super) async fn knows_what_it_does_not_know(stage: Stage<'_>) -> Ending {
    stage.needs_http()?;
    let rig = stage.rig().await?;
    let (subject, _) = nodes(stage, &rig).await?.remove(0);
    let state = "Hovering".to_owned();
    rig.sim
        .add_fault(Fault::new(Effect::WrongState { state }))
        .map_err(crate::rig::KitError::from)?;
    match stage.driver.observe(rig.call(), &subject).await {
        Ok(reading) => ensure!(
            reading.state == State::Unknown,
            "the BMC says \"Hovering\", observe says {:?}",
            reading.state
        ),
        Err(failure) => ensure!(
            !failure.text.is_empty(),
            "observe failed without a word at a state that it does not know"
        ),
    }
    Ok(())
}

pub(super) async fn tells_subjects_apart(stage: Stage<'_>) -> Ending {
    stage.needs_http()?;
    let rig = crate::rig::Rig::start(stage.config().nodes(3)).await?;
    let nodes = nodes(stage, &rig).await?;
    ensure!(
        nodes.len() == 3,
        "three nodes are behind the BMC, survey found {}",
        nodes.len()
    );
    rig.sim.set_power(0, 1, PowerState::Off);
    let mut states = Vec::new();
    for (subject, _) in &nodes {
        let reading = well("observe", stage.driver.observe(rig.call(), subject).await)?;
        states.push(reading.state);
    }
    let off = states.iter().filter(|state| **state == State::Off).count();
    ensure!(off == 1, "one of three nodes is off, observe says {states:?}");
    Ok(())
}
