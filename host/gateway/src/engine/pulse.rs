//! Which components may look different from before.
//!
//! Whoever changes something that a screen shows touches the component. A touch is two counters, whether anybody looks or not; who
//! looks compares the counters with those it has seen and so misses nothing, however late it comes.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use switchyard_core::ComponentId;

/// The counters of every component.
#[derive(Debug)]
pub(super) struct Pulse {
    places: HashMap<ComponentId, usize>,
    touched: Box<[AtomicU32]>,
    beats: AtomicU64,
}

impl Pulse {
    /// The components in their order.
    pub(super) fn new<'a>(components: impl IntoIterator<Item = &'a ComponentId>) -> Self {
        let places: HashMap<_, _> = components.into_iter().cloned().zip(0..).collect();
        Self {
            touched: places.iter().map(|_| AtomicU32::new(0)).collect(),
            places,
            beats: AtomicU64::new(0),
        }
    }

    /// Says that a component may look different. To be called after the change.
    pub(super) fn touch(&self, component: &ComponentId) {
        let counter = self
            .places
            .get(component)
            .and_then(|place| self.touched.get(*place));
        if let Some(counter) = counter {
            counter.fetch_add(1, Ordering::AcqRel);
            self.beats.fetch_add(1, Ordering::AcqRel);
        }
    }
}

/// What one onlooker has seen of a pulse.
#[derive(Debug)]
pub(super) struct Seen {
    touched: Box<[u32]>,
    beats: u64,
}

impl Seen {
    /// One who has looked at `count` components before any of them was touched.
    pub(super) fn new(count: usize) -> Self {
        Self {
            touched: std::iter::repeat_n(0, count).collect(),
            beats: 0,
        }
    }

    /// The places of the components that were touched since the last call. To be called before they are looked at.
    pub(super) fn news(&mut self, pulse: &Pulse) -> Vec<usize> {
        let beats = pulse.beats.load(Ordering::Acquire);
        if beats == self.beats {
            return Vec::new();
        }
        self.beats = beats;
        let counters = pulse.touched.iter().zip(&mut self.touched);
        counters
            .enumerate()
            .filter_map(|(place, (counter, seen))| {
                let now = counter.load(Ordering::Acquire);
                (std::mem::replace(seen, now) != now).then_some(place)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everyone_sees_each_touch_once() {
        let ids: Vec<_> = ["a", "b", "c"].map(|id| ComponentId::parse(id).unwrap()).into();
        let pulse = Pulse::new(&ids);
        let (mut early, mut late) = (Seen::new(3), Seen::new(3));
        pulse.touch(&ids[2]);
        assert_eq!(early.news(&pulse), [2]);
        assert!(early.news(&pulse).is_empty());
        pulse.touch(&ids[0]);
        pulse.touch(&ids[0]);
        pulse.touch(&ComponentId::parse("nobody").unwrap());
        assert_eq!(early.news(&pulse), [0]);
        assert_eq!(late.news(&pulse), [0, 2]);
    }
}
