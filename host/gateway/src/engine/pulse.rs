//! Which components may look different from before.
//!
//! Whoever changes something that a screen shows touches the component. A touch is two counters, whether anybody looks or not; who
//! looks compares the counters with those it has seen and so misses nothing, however late it comes.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use arc_swap::ArcSwap;
use switchyard_core::ComponentId;

/// The counters of every component.
#[derive(Debug)]
pub(super) struct Pulse {
    /// Replaced as a whole when another inventory comes to hold.
    counters: ArcSwap<Counters>,
}

#[derive(Debug)]
struct Counters {
    places: HashMap<ComponentId, usize>,
    touched: Box<[AtomicU32]>,
    beats: AtomicU64,
}

impl Counters {
    fn new<'a>(components: impl IntoIterator<Item = &'a ComponentId>) -> Self {
        let places: HashMap<_, _> = components.into_iter().cloned().zip(0..).collect();
        Self {
            touched: places.iter().map(|_| AtomicU32::new(0)).collect(),
            places,
            beats: AtomicU64::new(0),
        }
    }
}

impl Pulse {
    /// The components in their order.
    pub(super) fn new<'a>(components: impl IntoIterator<Item = &'a ComponentId>) -> Self {
        Self {
            counters: ArcSwap::from_pointee(Counters::new(components)),
        }
    }

    /// Takes over other components, which all look different by that. To be called when they can be looked at.
    pub(super) fn replace<'a>(&self, components: impl IntoIterator<Item = &'a ComponentId>) {
        self.counters.store(Arc::new(Counters::new(components)));
    }

    /// Says that a component may look different. To be called after the change.
    pub(super) fn touch(&self, component: &ComponentId) {
        let counters = self.counters.load();
        let counter = counters
            .places
            .get(component)
            .and_then(|place| counters.touched.get(*place));
        if let Some(counter) = counter {
            counter.fetch_add(1, Ordering::AcqRel);
            counters.beats.fetch_add(1, Ordering::AcqRel);
        }
    }
}

/// What one onlooker has seen of a pulse.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// The counters that it looked at last.
    counters: Option<Arc<Counters>>,
    touched: Box<[u32]>,
    beats: u64,
}

/// What an onlooker has not seen yet.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum News {
    /// The places of components that were touched.
    Touched(Vec<usize>),
    /// All of it: these are other components, in other places, or the first ones.
    Everything,
}

impl Seen {
    /// What has happened since the last call. To be called before the components are looked at.
    pub(super) fn news(&mut self, pulse: &Pulse) -> News {
        let counters = pulse.counters.load_full();
        if !self
            .counters
            .as_ref()
            .is_some_and(|seen| Arc::ptr_eq(seen, &counters))
        {
            self.beats = counters.beats.load(Ordering::Acquire);
            let touched = counters.touched.iter();
            self.touched = touched.map(|counter| counter.load(Ordering::Acquire)).collect();
            self.counters = Some(counters);
            return News::Everything;
        }
        let beats = counters.beats.load(Ordering::Acquire);
        if beats == self.beats {
            return News::Touched(Vec::new());
        }
        self.beats = beats;
        let counters = counters.touched.iter().zip(&mut self.touched);
        let touched = counters.enumerate().filter_map(|(place, (counter, seen))| {
            let now = counter.load(Ordering::Acquire);
            (std::mem::replace(seen, now) != now).then_some(place)
        });
        News::Touched(touched.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everyone_sees_each_touch_once() {
        let ids: Vec<_> = ["a", "b", "c"].map(|id| ComponentId::parse(id).unwrap()).into();
        let pulse = Pulse::new(&ids);
        let (mut early, mut late) = (Seen::default(), Seen::default());
        assert_eq!(early.news(&pulse), News::Everything);
        assert_eq!(late.news(&pulse), News::Everything);
        pulse.touch(&ids[2]);
        assert_eq!(early.news(&pulse), News::Touched(vec![2]));
        assert_eq!(early.news(&pulse), News::Touched(Vec::new()));
        pulse.touch(&ids[0]);
        pulse.touch(&ids[0]);
        pulse.touch(&ComponentId::parse("nobody").unwrap());
        assert_eq!(early.news(&pulse), News::Touched(vec![0]));
        assert_eq!(late.news(&pulse), News::Touched(vec![0, 2]));
    }

    #[test]
    fn other_components_are_news_altogether() {
        let ids: Vec<_> = ["a", "b", "c"].map(|id| ComponentId::parse(id).unwrap()).into();
        let pulse = Pulse::new(&ids[..2]);
        let mut seen = Seen::default();
        seen.news(&pulse);
        pulse.replace(&ids[1..]);
        pulse.touch(&ids[2]);
        assert_eq!(seen.news(&pulse), News::Everything);
        pulse.touch(&ids[0]);
        pulse.touch(&ids[1]);
        assert_eq!(seen.news(&pulse), News::Touched(vec![0]));
    }
}
