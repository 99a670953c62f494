//! What a driver knows beyond power, where it exports it.

use std::sync::Arc;

use switchyard_core::{
    BootOverride, Cause, Failure, Indicator, Light, MeterReading, PowerLimit, Subject, WantedBoot,
    WantedLimit,
};
use switchyard_transport::Permit;

use super::Driver;
use crate::bindings::Exports;
use crate::bindings::v0_1::{limits, meter_readings, power_limits};
use crate::call::{Call, Submitted};
use crate::instance::{Export, run};

/// Which interfaces beyond power a driver exports. One that is there may still answer `not-supported` for a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offers {
    /// Power limits.
    pub limits: bool,
    /// The boot override.
    pub boot: bool,
    /// The indicator.
    pub indicator: bool,
    /// Power readings.
    pub readings: bool,
}

/// Calls one function of an optional interface.
macro_rules! call {
    ($self:ident, $interface:ident, $call:ident, $export:expr, $permit:expr, |$guest:ident, $store:ident| $body:expr) => {{
        let Exports::V0_1(exports) = $self.exports();
        if exports.$interface.is_none() {
            return Err($self.lacks(stringify!($interface)));
        }
        run(
            $self,
            exports,
            $call,
            $export,
            $permit,
            move |exports, instance, $store| {
                Box::pin(async move {
                    let indices = exports.$interface.as_ref();
                    let indices = indices
                        .ok_or_else(|| wasmtime::Error::msg(concat!("no export ", stringify!($interface))))?;
                    let $guest = indices.load(&mut *$store, instance)?;
                    $body.await
                })
            },
        )
        .await
    }};
}

impl Driver {
    /// Which interfaces beyond power it exports.
    pub fn offers(&self) -> Offers {
        let Exports::V0_1(exports) = self.exports();
        Offers {
            limits: exports.limits.is_some(),
            boot: exports.boot.is_some(),
            indicator: exports.indicator.is_some(),
            readings: exports.readings.is_some(),
        }
    }

    /// Reads a subject's power limits from the BMC.
    pub async fn limits(&self, call: Call, of: &Subject) -> Result<Vec<PowerLimit>, Failure> {
        let of = of.into();
        let limits = call!(self, limits, call, Export::Limits, None, |guest, store| guest
            .call_read(store, &of));
        Ok(power_limits(limits?))
    }

    /// Sets power limits under a permit for settings. As with [`Driver::act`], what was sent is for the permit to say.
    pub async fn set_limits(
        &self,
        call: Call,
        on: &Subject,
        wanted: &[WantedLimit],
        permit: Arc<Permit>,
    ) -> Result<Submitted, Failure> {
        let on = on.into();
        let wanted: Vec<limits::Wanted> = wanted.iter().map(Into::into).collect();
        let submitted = call!(
            self,
            limits,
            call,
            Export::SetLimits,
            Some(permit),
            |guest, store| guest.call_change(store, &on, &wanted)
        );
        Ok(submitted?.into())
    }

    /// Reads a subject's boot override from the BMC.
    pub async fn boot(&self, call: Call, of: &Subject) -> Result<BootOverride, Failure> {
        let of = of.into();
        let boot = call!(self, boot, call, Export::Boot, None, |guest, store| guest
            .call_read(store, &of));
        Ok(boot?.into())
    }

    /// Sets a boot override under a permit for settings.
    pub async fn set_boot(
        &self,
        call: Call,
        on: &Subject,
        wanted: WantedBoot,
        permit: Arc<Permit>,
    ) -> Result<Submitted, Failure> {
        let on = on.into();
        let submitted = call!(self, boot, call, Export::SetBoot, Some(permit), |guest, store| {
            guest.call_change(store, &on, wanted.into())
        });
        Ok(submitted?.into())
    }

    /// Reads a subject's indicator from the BMC.
    pub async fn indicator(&self, call: Call, of: &Subject) -> Result<Indicator, Failure> {
        let of = of.into();
        let indicator = call!(self, indicator, call, Export::Indicator, None, |guest, store| {
            guest.call_read(store, &of)
        });
        Ok(indicator?.into())
    }

    /// Sets an indicator under a permit for settings.
    pub async fn set_indicator(
        &self,
        call: Call,
        on: &Subject,
        wanted: Light,
        permit: Arc<Permit>,
    ) -> Result<Submitted, Failure> {
        let on = on.into();
        let submitted = call!(
            self,
            indicator,
            call,
            Export::SetIndicator,
            Some(permit),
            |guest, store| guest.call_change(store, &on, wanted.into())
        );
        Ok(submitted?.into())
    }

    /// Reads a subject's power meters from the BMC.
    pub async fn readings(&self, call: Call, of: &Subject) -> Result<Vec<MeterReading>, Failure> {
        let of = of.into();
        let readings = call!(self, readings, call, Export::Readings, None, |guest, store| guest
            .call_read(store, &of));
        Ok(meter_readings(readings?))
    }

    fn lacks(&self, interface: &str) -> Failure {
        Failure::new(
            Cause::NotSupported,
            format!("The driver {} knows no {interface}.", self.name()),
        )
    }
}
