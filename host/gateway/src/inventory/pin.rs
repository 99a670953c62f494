//! Certificates that are pinned over what the inventory says.

use std::collections::BTreeMap;
use std::sync::Arc;

use switchyard_core::ControllerId;
use switchyard_transport::{Fingerprint, LegacyTrust, Scheme, TlsPolicy};

use super::{Controller, Inventory};

/// A certificate that an administrator has pinned over what the inventory says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pin {
    /// The certificate.
    pub fingerprint: Fingerprint,
    /// What the inventory said then. When it says something else, the pin holds no longer.
    pub over: Option<Fingerprint>,
}

impl Controller {
    /// The fingerprint of the one certificate that it may have, where it is pinned.
    pub fn pinned(&self) -> Option<Fingerprint> {
        match self.endpoint.tls {
            TlsPolicy::Pin { sha256 } | TlsPolicy::Legacy(LegacyTrust::Pin { sha256 }) => {
                Some(Fingerprint(sha256))
            }
            TlsPolicy::System
            | TlsPolicy::Authority { .. }
            | TlsPolicy::Unverified
            | TlsPolicy::Legacy(LegacyTrust::Unverified) => None,
        }
    }
}

/// The fingerprint of no certificate that anybody has.
const NOBODYS: [u8; 32] = [0; 32];

impl Inventory {
    /// The same inventory while nobody knows which certificates were pinned over it. Where its source pins none, whoever answers could be
    /// somebody else than the one that was pinned, so that nobody is let in.
    #[must_use]
    pub fn with_lost_pins(mut self) -> Self {
        for controller in self.controllers.values_mut() {
            let endpoint = &controller.endpoint;
            if endpoint.address.scheme != Scheme::Https || controller.pinned().is_some() {
                continue;
            }
            let mut refused = (**controller).clone();
            refused.endpoint.tls = match refused.endpoint.tls {
                TlsPolicy::Legacy(_) => TlsPolicy::Legacy(LegacyTrust::Pin { sha256: NOBODYS }),
                _ => TlsPolicy::Pin { sha256: NOBODYS },
            };
            *controller = Arc::new(refused);
        }
        self
    }

    /// The same inventory with these pins over what it says.
    #[must_use]
    pub fn pinned(mut self, pins: &BTreeMap<ControllerId, Pin>) -> Self {
        for (id, pin) in pins {
            let Some(controller) = self.controllers.get_mut(id) else {
                continue;
            };
            if controller.pinned() != pin.over {
                continue;
            }
            let Fingerprint(sha256) = pin.fingerprint;
            let mut pinned = (**controller).clone();
            pinned.endpoint.tls = match pinned.endpoint.tls {
                TlsPolicy::Legacy(_) => TlsPolicy::Legacy(LegacyTrust::Pin { sha256 }),
                _ => TlsPolicy::Pin { sha256 },
            };
            *controller = Arc::new(pinned);
        }
        self
    }
}
