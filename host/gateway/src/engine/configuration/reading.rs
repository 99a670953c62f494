//! Readings of settings and meters, live from the BMC.

use std::sync::Arc;
use std::time::Duration;

use switchyard_core::configuration::{Snapshot, Track, Values};
use switchyard_core::{Cause, ControllerId, Failure, MeterReading, Subject, Timestamp};
use tokio_util::sync::CancellationToken;

use crate::engine::hardware::Urgency;
use crate::engine::{Engine, Inner, Row, survey};

/// How long somebody who looks waits for a reading, with the survey that it may take.
const LOOK_WITHIN: Duration = Duration::from_secs(45);

impl Engine {
    /// What a component is set to, read from its BMC now.
    pub async fn read_setting(&self, row: &Row, track: Track) -> Result<Snapshot, Failure> {
        let inner = &self.inner;
        bounded(inner, async |call| {
            let controller = controller(row)?;
            let subject = survey::subject(inner, row, controller, Urgency::Action, call).await?;
            setting(inner, controller, &subject, track, call).await
        })
        .await
    }

    /// What the meters of a component show, read from its BMC now, and when that was asked for.
    pub async fn read_meters(&self, row: &Row) -> Result<(Timestamp, Vec<MeterReading>), Failure> {
        let inner = &self.inner;
        bounded(inner, async |call| {
            let controller = controller(row)?;
            let subject = survey::subject(inner, row, controller, Urgency::Action, call).await?;
            let at = inner.clock.now();
            let meters = inner
                .hardware
                .readings(controller, &subject, Urgency::Action, call)
                .await?;
            Ok((at, meters))
        })
        .await
    }
}

fn controller(row: &Row) -> Result<&ControllerId, Failure> {
    row.component.controller.as_ref().ok_or_else(|| {
        let text = "No controller switches this component; name one in the inventory.";
        Failure::new(Cause::NotSupported, text)
    })
}

/// Makes a call that ends with the patience of whoever looks, or with the service.
async fn bounded<T>(
    inner: &Arc<Inner>,
    call: impl AsyncFnOnce(&CancellationToken) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let token = inner.stop.child_token();
    let _guard = token.clone().drop_guard();
    let read = tokio::time::timeout(LOOK_WITHIN, call(&token)).await;
    read.unwrap_or_else(|_| {
        let text = format!("The BMC was not read within {} s.", LOOK_WITHIN.as_secs());
        Err(Failure::new(Cause::Timeout, text))
    })
}

/// Reads one track.
pub(super) async fn setting(
    inner: &Inner,
    controller: &ControllerId,
    subject: &Subject,
    track: Track,
    call: &CancellationToken,
) -> Result<Snapshot, Failure> {
    let hardware = &inner.hardware;
    let at = inner.clock.now();
    let values = match track {
        Track::Limits | Track::Snapshot => Values::Limits(
            hardware
                .limits(controller, subject, Urgency::Action, call)
                .await?,
        ),
        Track::Boot => Values::Boot(hardware.boot(controller, subject, Urgency::Action, call).await?),
        Track::Indicator => {
            let indicator = hardware.indicator(controller, subject, Urgency::Action, call);
            Values::Indicator(indicator.await?)
        }
    };
    Ok(Snapshot { at, values })
}
