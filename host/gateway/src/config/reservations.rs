//! `[smd.reservations]`.

use super::layers::Layers;

/// Whether components are reserved in SMD before they are switched.
#[derive(Debug, Clone, Copy)]
pub struct Reservations {
    /// Whether they are. Without, nobody is asked, and locks in SMD keep nobody off.
    pub enabled: bool,
}

pub(super) fn read(layers: &mut Layers<'_>) -> Reservations {
    Reservations {
        enabled: layers.parsed("smd.reservations.enabled", true),
    }
}
