//! Settings beyond power, where the driver has them.

use switchyard_core::{Cause, Failure, Light, PowerLimit, Primitive, WantedLimit, Watts};

use super::{ensure, node, well};
use crate::rig::Rig;
use crate::suite::{Ending, Objection, Stage};

/// What is asked of a limit without a range, in watts.
const SOME_WATTS: f64 = 300.0;

/// The answer of a reading that the driver may not offer.
fn offered<T>(what: &str, answer: Result<T, Failure>) -> Result<T, Objection> {
    match answer {
        Err(failure) if matches!(failure.cause, Cause::NotSupported | Cause::NotFound) => {
            Err(Objection::NotApplicable(format!("it offers no {what}")))
        }
        answer => well(what, answer),
    }
}

/// A value within the range that is not the present one.
fn another(limit: &PowerLimit) -> Option<Watts> {
    let least = limit.min.map_or(SOME_WATTS, Watts::get);
    let most = limit.max.map_or(least + SOME_WATTS, Watts::get);
    let middle = f64::midpoint(least, most).round();
    let present = limit.watts.map(Watts::get);
    let wanted = if present == Some(middle) { least } else { middle };
    Watts::new(wanted)
}

pub(super) async fn sets_limits(stage: Stage<'_>) -> Ending {
    let rig = stage.rig().await?;
    let subject = node(stage, &rig, Primitive::On).await?;
    let limits = offered("power limits", stage.driver.limits(rig.call(), &subject).await)?;
    let Some(limit) = limits.iter().find(|limit| limit.writable) else {
        return Err(Objection::NotApplicable(
            "no power limit of its node can be set".to_owned(),
        ));
    };
    let wanted = WantedLimit {
        id: limit.id.clone(),
        watts: another(limit),
    };
    let permit = Rig::settings_permit();
    let setting = stage
        .driver
        .set_limits(rig.call(), &subject, std::slice::from_ref(&wanted), permit);
    well("limits.change", setting.await)?;
    let after = well("limits.read", stage.driver.limits(rig.call(), &subject).await)?;
    let set = after.iter().find(|after| after.id == wanted.id);
    ensure!(
        set.is_some_and(|set| set.watts == wanted.watts),
        "{} was set to {:?} and reads {:?}",
        wanted.id,
        wanted.watts,
        set.map(|set| set.watts)
    );
    Ok(())
}

pub(super) async fn sets_the_indicator(stage: Stage<'_>) -> Ending {
    let rig = stage.rig().await?;
    let subject = node(stage, &rig, Primitive::On).await?;
    let state = offered("indicator", stage.driver.indicator(rig.call(), &subject).await)?;
    let wanted = if state.light == Light::Lit {
        Light::Off
    } else {
        Light::Lit
    };
    if !state.lights.contains(&wanted) {
        return Err(Objection::NotApplicable(format!(
            "its light cannot be {wanted:?}"
        )));
    }
    let permit = Rig::settings_permit();
    let setting = stage.driver.set_indicator(rig.call(), &subject, wanted, permit);
    well("indicator.change", setting.await)?;
    let after = well(
        "indicator.read",
        stage.driver.indicator(rig.call(), &subject).await,
    )?;
    ensure!(
        after.light == wanted,
        "the light was set to {wanted:?} and reads {:?}",
        after.light
    );
    Ok(())
}
