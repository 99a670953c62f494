//! A loaded driver.

mod origin;
mod settings;
mod tally;

pub(crate) use origin::Origin;
pub use settings::Offers;
pub(crate) use tally::Tally;
pub use tally::{Calls, Stop};

use std::fmt;
use std::sync::Arc;

use switchyard_core::{Fact, Failure, Observation, Primitive, Subject, Timestamp};
use switchyard_transport::Permit;

use crate::bindings::{Exports, v0_1};
use crate::call::{Call, Findings, Progress, Submitted};
use crate::engine::Runtime;
use crate::instance::{Export, run};
use crate::manifest::Manifest;
use crate::version::Version;

/// A driver's id and version, as `id@version`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DriverName {
    id: Arc<str>,
    version: Version,
}

impl DriverName {
    /// The id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The version.
    pub fn version(&self) -> Version {
        self.version
    }
}

impl fmt::Display for DriverName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.id, self.version)
    }
}

/// A loaded driver. Every call runs in a fresh instance; a trap, a limit or a cancellation ends that call only, as a failure of cause
/// `Driver`, `Timeout` or `Cancelled` that names the driver.
pub struct Driver {
    runtime: Arc<Runtime>,
    manifest: Manifest,
    origin: Origin,
    name: DriverName,
    tally: Tally,
    exports: Exports,
}

impl fmt::Debug for Driver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Driver {
    pub(crate) fn new(runtime: Arc<Runtime>, manifest: Manifest, origin: Origin, exports: Exports) -> Self {
        let name = DriverName {
            id: manifest.id.as_str().into(),
            version: manifest.version,
        };
        Self {
            runtime,
            manifest,
            origin,
            name,
            tally: Tally::default(),
            exports,
        }
    }

    /// What the driver says of itself.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Id and version.
    pub fn name(&self) -> &DriverName {
        &self.name
    }

    /// Recognises the BMC in a few reads.
    pub async fn probe(&self, call: Call) -> Result<Vec<Fact>, Failure> {
        let Exports::V0_1(exports) = &self.exports;
        let facts = run(
            self,
            exports,
            call,
            Export::Probe,
            None,
            |exports, instance, store| {
                Box::pin(async move { exports.power.load(&mut *store, instance)?.call_probe(store).await })
            },
        );
        Ok(v0_1::facts(facts.await?))
    }

    /// Lists what is behind the BMC, and fills the cache of the call.
    pub async fn survey(&self, call: Call) -> Result<Findings, Failure> {
        let Exports::V0_1(exports) = &self.exports;
        let findings = run(
            self,
            exports,
            call,
            Export::Survey,
            None,
            |exports, instance, store| {
                Box::pin(async move {
                    exports
                        .power
                        .load(&mut *store, instance)?
                        .call_survey(store)
                        .await
                })
            },
        );
        Ok(findings.await?.into())
    }

    /// Reads a subject's state. `now` is the time at which the call begins: the reading proves nothing about what happens later.
    pub async fn observe(&self, call: Call, of: &Subject, now: Timestamp) -> Result<Observation, Failure> {
        let Exports::V0_1(exports) = &self.exports;
        let of = of.into();
        let observation = run(
            self,
            exports,
            call,
            Export::Observe,
            None,
            move |exports, instance, store| {
                Box::pin(async move {
                    exports
                        .power
                        .load(&mut *store, instance)?
                        .call_observe(store, &of)
                        .await
                })
            },
        );
        Ok(v0_1::observation(observation.await?, now))
    }

    /// Sends one primitive under the permit. The answer is the driver's word; what was sent is the permit's: wait for
    /// `Permit::settled` after this returns, whatever it returns.
    pub async fn act(
        &self,
        call: Call,
        on: &Subject,
        what: Primitive,
        permit: Arc<Permit>,
    ) -> Result<Submitted, Failure> {
        let Exports::V0_1(exports) = &self.exports;
        let on = on.into();
        let submitted = run(
            self,
            exports,
            call,
            Export::Act,
            Some(permit),
            move |exports, instance, store| {
                Box::pin(async move {
                    let power = exports.power.load(&mut *store, instance)?;
                    power.call_act(store, &on, what.into()).await
                })
            },
        );
        Ok(submitted.await?.into())
    }

    /// Asks about pending work.
    pub async fn poll(&self, call: Call, handle: &str) -> Result<Progress, Failure> {
        let Exports::V0_1(exports) = &self.exports;
        let handle = handle.to_owned();
        let progress = run(
            self,
            exports,
            call,
            Export::Poll,
            None,
            move |exports, instance, store| {
                Box::pin(async move {
                    exports
                        .power
                        .load(&mut *store, instance)?
                        .call_poll(store, &handle)
                        .await
                })
            },
        );
        Ok(progress.await?.into())
    }

    /// The runtime that runs it.
    pub fn runtime(&self) -> &Arc<Runtime> {
        &self.runtime
    }

    pub(crate) fn exports(&self) -> &Exports {
        &self.exports
    }
}
