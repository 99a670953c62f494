//! The newest events, for all readers together.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use switchyard_store::{Event, EventId};

/// What the ring holds after a place.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Window {
    /// These events follow.
    Events(Vec<Arc<Event>>),
    /// The place is the end of the ring.
    End,
    /// The ring does not hold the place: the table has to be asked.
    Elsewhere,
}

/// A bounded run of the log without holes.
#[derive(Debug)]
pub(super) struct Ring {
    events: VecDeque<Arc<Event>>,
    /// How many events have left the ring.
    left: usize,
    /// For each place in the ring, how many events ever were in front of it.
    places: HashMap<EventId, usize>,
    start: EventId,
    end: EventId,
    max: usize,
}

impl Ring {
    /// An empty ring at a place of the log.
    pub(super) fn new(start: EventId, max: usize) -> Self {
        Self {
            events: VecDeque::new(),
            left: 0,
            places: HashMap::from([(start.clone(), 0)]),
            end: start.clone(),
            start,
            max: max.max(1),
        }
    }

    /// Empties the ring and sets it to another place.
    pub(super) fn restart(&mut self, start: EventId) {
        *self = Self::new(start, self.max);
    }

    /// The place behind the last event.
    pub(super) fn end(&self) -> &EventId {
        &self.end
    }

    /// Takes in the events that follow on the last one.
    pub(super) fn extend(&mut self, events: Vec<Event>) {
        for event in events {
            if self.events.len() == self.max
                && let Some(oldest) = self.events.pop_front()
            {
                let start = std::mem::replace(&mut self.start, oldest.id.clone());
                self.places.remove(&start);
                self.left += 1;
            }
            self.end = event.id.clone();
            self.events.push_back(Arc::new(event));
            self.places
                .insert(self.end.clone(), self.left + self.events.len());
        }
    }

    /// At most `limit` events after a place.
    pub(super) fn after(&self, place: &EventId, limit: usize) -> Window {
        let Some(in_front) = self.places.get(place) else {
            return Window::Elsewhere;
        };
        let events: Vec<_> = self
            .events
            .iter()
            .skip(in_front - self.left)
            .take(limit)
            .cloned()
            .collect();
        if events.is_empty() {
            Window::End
        } else {
            Window::Events(events)
        }
    }
}

#[cfg(test)]
mod tests {
    use switchyard_core::Timestamp;
    use switchyard_store::NewEvent;

    use super::*;

    fn id(n: usize) -> EventId {
        EventId(format!("log.{n}"))
    }

    fn events(numbers: std::ops::Range<usize>) -> Vec<Event> {
        numbers
            .map(|n| Event {
                id: id(n),
                event: NewEvent {
                    at: Timestamp::from_millis(0),
                    kind: String::new(),
                    component: None,
                    task: None,
                    transition: None,
                    data: serde_json::Value::Null,
                },
            })
            .collect()
    }

    fn numbers(ring: &Ring, after: usize, limit: usize) -> Option<Vec<EventId>> {
        match ring.after(&id(after), limit) {
            Window::Events(events) => Some(events.iter().map(|event| event.id.clone()).collect()),
            Window::End => Some(Vec::new()),
            Window::Elsewhere => None,
        }
    }

    #[test]
    fn a_place_is_in_the_ring_only_while_everything_after_it_is() {
        let mut ring = Ring::new(id(10), 4);
        assert_eq!(numbers(&ring, 10, 9), Some(vec![]));
        ring.extend(events(11..15));
        assert_eq!(numbers(&ring, 10, 9), Some((11..15).map(id).collect()));
        ring.extend(events(15..17));
        assert_eq!(numbers(&ring, 10, 9), None);
        assert_eq!(numbers(&ring, 11, 9), None);
        assert_eq!(numbers(&ring, 12, 9), Some((13..17).map(id).collect()));
        assert_eq!(numbers(&ring, 12, 2), Some((13..15).map(id).collect()));
        assert_eq!(numbers(&ring, 16, 9), Some(vec![]));
        assert_eq!(numbers(&ring, 17, 9), None);
        assert_eq!(ring.places.len(), 5);
        ring.restart(id(20));
        assert_eq!(numbers(&ring, 16, 9), None);
        assert_eq!(numbers(&ring, 20, 9), Some(vec![]));
    }
}
