//! A list of components that SMD cannot take for all of them.

use serde::Serialize;
use switchyard_core::ComponentId;

/// The most components in one request to SMD.
pub const IDS_MAX: usize = 2_000;

/// At least one component. SMD takes an empty list of a reservation for every component that it knows, so that none must ever be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ComponentIds(Vec<ComponentId>);

impl ComponentIds {
    /// The components, unless there are none.
    pub fn new(ids: Vec<ComponentId>) -> Option<Self> {
        (!ids.is_empty()).then_some(Self(ids))
    }

    /// The components in pieces of at most [`IDS_MAX`].
    pub fn pieces(ids: &[ComponentId]) -> impl Iterator<Item = Self> {
        ids.chunks(IDS_MAX).filter_map(|piece| Self::new(piece.to_vec()))
    }

    /// The components.
    pub fn as_slice(&self) -> &[ComponentId] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_list_is_empty() {
        assert_eq!(ComponentIds::new(Vec::new()), None);
        assert_eq!(ComponentIds::pieces(&[]).count(), 0);
        let ids: Vec<_> = (0..=IDS_MAX)
            .map(|n| ComponentId::parse(&format!("x0c0s{n}b0n0")).unwrap())
            .collect();
        let lengths: Vec<_> = ComponentIds::pieces(&ids)
            .map(|piece| piece.as_slice().len())
            .collect();
        assert_eq!(lengths, [IDS_MAX, 1]);
    }
}
