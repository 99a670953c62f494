//! Certificates that are pinned anew, over what the inventory says.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use switchyard_core::ControllerId;
use switchyard_transport::{Fingerprint, Scheme};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::keeping::blocking;
use super::{Certificate, Discoveries, IN_FLIGHT_MAX, Inner, RecordError, record, scan};
use crate::inventory::{Controller, Pin};

/// The name of the file.
pub const FILE: &str = "pins.json";

/// What a controller is pinned to, and what it shows.
#[derive(Debug, Clone)]
pub struct Presented {
    /// The controller.
    pub controller: ControllerId,
    /// Its address.
    pub address: String,
    /// The fingerprint that holds now, where one does.
    pub pinned: Option<Fingerprint>,
    /// The certificate that it shows, or why none was seen.
    pub certificate: Result<Certificate, String>,
}

impl Presented {
    /// Whether it shows another certificate than the one that it is pinned to, or is pinned to none.
    pub fn differs(&self) -> bool {
        let shown = self
            .certificate
            .as_ref()
            .ok()
            .map(|certificate| certificate.fingerprint);
        shown.is_some() && shown != self.pinned
    }
}

/// Why a pin is not stored.
#[derive(Debug, thiserror::Error)]
pub enum PinError {
    /// A controller shows another certificate than the one that was confirmed.
    #[error("{0} shows another certificate than the one that was confirmed: {1}")]
    Changed(ControllerId, String),
    /// The pins cannot be kept.
    #[error(transparent)]
    Record(#[from] RecordError),
}

#[derive(Serialize, Deserialize)]
struct Row {
    pin: String,
    /// What it was set over; the inventory has been told something else when this differs.
    over: Option<String>,
}

/// Reads the pins; without a file there are none. Blocks.
pub(super) fn read(folder: &Path) -> Result<BTreeMap<ControllerId, Pin>, RecordError> {
    let path = folder.join(FILE);
    let failed = |source| RecordError::File {
        path: path.clone(),
        source,
    };
    let text = match std::fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(failed(error)),
    };
    let wrong = |text: &str| failed(io::Error::other(text.to_owned()));
    let rows: BTreeMap<ControllerId, Row> =
        serde_json::from_slice(&text).map_err(|error| failed(error.into()))?;
    let fingerprint = |text: &str| {
        text.parse::<Fingerprint>()
            .map_err(|error| wrong(&error.to_string()))
    };
    rows.into_iter()
        .map(|(id, Row { pin, over })| {
            let over = over.as_deref().map(fingerprint).transpose()?;
            let pin = Pin {
                fingerprint: fingerprint(&pin)?,
                over,
            };
            Ok((id, pin))
        })
        .collect()
}

fn write(folder: &Path, pins: &BTreeMap<ControllerId, Pin>) -> Result<(), RecordError> {
    let row = |pin: &Pin| Row {
        pin: pin.fingerprint.to_string(),
        over: pin.over.map(|over| over.to_string()),
    };
    let rows: BTreeMap<_, _> = pins.iter().map(|(id, pin)| (id, row(pin))).collect();
    record::replace(&folder.join(FILE), &serde_json::json!(rows))
}

impl Discoveries {
    /// The certificates that controllers show now, beside those that they are pinned to. No credentials are sent.
    pub async fn presented(&self, controllers: Vec<Arc<Controller>>) -> Vec<Presented> {
        let places = Arc::new(Semaphore::new(IN_FLIGHT_MAX));
        let mut asking = JoinSet::new();
        for controller in controllers {
            let (places, http) = (Arc::clone(&places), self.inner.http.clone());
            asking.spawn(async move {
                let _place = places.acquire_owned().await;
                let address = &controller.endpoint.address;
                let certificate = if address.scheme == Scheme::Https {
                    scan::certificate(&http, address).await
                } else {
                    Err(format!("{} has no certificates", address.scheme.as_str()))
                };
                Presented {
                    controller: controller.endpoint.id.clone(),
                    address: address.to_string(),
                    pinned: controller.pinned(),
                    certificate,
                }
            });
        }
        let mut presented = asking.join_all().await;
        presented.sort_by(|one, other| one.controller.cmp(&other.controller));
        presented
    }

    /// Pins controllers to certificates that were seen, over what the inventory says. All of them, or none. Goes on when the caller is gone.
    ///
    /// # Errors
    /// When the pins cannot be kept.
    pub async fn pin(&self, pins: Vec<(ControllerId, Fingerprint)>) -> Result<(), PinError> {
        let inner = Arc::clone(&self.inner);
        self.owned(async move { pin(&inner, pins).await }).await?;
        Ok(())
    }
}

async fn pin(inner: &Inner, pins: Vec<(ControllerId, Fingerprint)>) -> Result<(), RecordError> {
    let _alone = inner.record.lock().await;
    let keeper = &inner.parts.keeper;
    let mut all = if let Some(pins) = keeper.pins() {
        pins
    } else {
        // A file that could not be read is not written over, as long as it cannot be read.
        let folder = inner.parts.folder.clone();
        blocking(move || read(&folder)).await?
    };
    for (id, fingerprint) in pins {
        // A pin over a pin stands over what the inventory itself says.
        let over = keeper.said(&id).and_then(|said| said.pinned());
        all.insert(id, Pin { fingerprint, over });
    }
    let (folder, kept) = (inner.parts.folder.clone(), all.clone());
    blocking(move || write(&folder, &kept)).await?;
    keeper.set_pins(all).await.map_err(RecordError::Replace)?;
    Ok(())
}
