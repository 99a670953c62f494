//! Which sequence numbers of a session were seen (section 6.12.13).

/// How far behind the highest number one may come late.
const BEHIND: u32 = 32;

/// A sliding window: every number counts once, late ones as long as they are near. A jump ahead is fine, for the packet was proven
/// to come from the BMC, and packets get lost; some BMCs count by twos.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Window {
    highest: Option<u32>,
    /// Bit `n`: the number `highest - n` was seen.
    seen: u32,
}

impl Window {
    /// Takes the number of a packet that was proven to be the BMC's; false when it was seen, or is too old to tell.
    pub(crate) fn take(&mut self, number: u32) -> bool {
        let Some(highest) = self.highest else {
            *self = Self {
                highest: Some(number),
                seen: 1,
            };
            return true;
        };
        let ahead = number.wrapping_sub(highest);
        let behind = highest.wrapping_sub(number);
        if (1..=u32::MAX / 2).contains(&ahead) {
            self.seen = self.seen.checked_shl(ahead).unwrap_or(0) | 1;
            self.highest = Some(number);
            return true;
        }
        let Some(bit) = (behind < BEHIND).then(|| 1 << behind) else {
            return false;
        };
        let fresh = self.seen & bit == 0;
        self.seen |= bit;
        fresh
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn late_ones_count_and_repeated_ones_do_not() {
        let mut window = Window::default();
        let taken: Vec<bool> = [1, 3, 5, 2, 3, 5, 40, 9, 8, 40, 41]
            .into_iter()
            .map(|number| window.take(number))
            .collect();
        assert_eq!(
            taken,
            [
                true, true, true, true, false, false, true, true, false, false, true
            ]
        );
    }

    #[test]
    fn numbers_go_round() {
        let mut window = Window::default();
        for number in [u32::MAX - 1, u32::MAX, 0, 1] {
            assert!(window.take(number) && !window.take(number), "{number}");
        }
        assert!(!window.take(u32::MAX));
    }

    proptest! {
        #[test]
        fn no_number_is_taken_twice(start: u32, steps in proptest::collection::vec(-40_i32..40, 0..300)) {
            let mut window = Window::default();
            let (mut number, mut taken) = (start, HashSet::new());
            for step in steps {
                number = number.wrapping_add_signed(step);
                prop_assert!(!window.take(number) || taken.insert(number));
            }
        }
    }
}
