//! Boot options (IPMI 2.0, sections 28.12 to 28.14).

use super::message::Reply;
use crate::clock::Moment;

/// Version of the parameters.
const VERSION: u8 = 1;
/// Codes: parameter not supported, set in progress, data of the wrong length.
const UNSUPPORTED: u8 = 0x80;
const IN_PROGRESS: u8 = 0x81;
const WRONG_LENGTH: u8 = 0xc7;
/// Parameters.
const SET_IN_PROGRESS: usize = 0;
const CLEARING: usize = 3;
const FLAGS: usize = 5;
/// Lengths of the parameters 0 to 5.
const LENGTHS: [usize; 6] = [1, 1, 1, 1, 2, 5];
/// Of the flags: they are valid; they are so for every start.
const VALID: u8 = 0x80;
const PERSISTENT: u8 = 0x40;
/// Of the clearing: not when no command for the chassis comes in time.
const KEEP_WITHOUT_COMMAND: u8 = 0x08;

/// The boot options of one machine.
#[derive(Debug, Clone, Default)]
pub(super) struct BootOptions {
    values: [[u8; 5]; 6],
    flags_set: Moment,
    starts_when_set: u32,
}

impl BootOptions {
    /// Set System Boot Options; `starts` is how often the machine has started.
    pub(super) fn set(&mut self, now: Moment, starts: u32, data: &[u8]) -> Reply {
        let [selector, data @ ..] = data else {
            return Reply::code(WRONG_LENGTH);
        };
        let number = usize::from(selector & 0x7f);
        let (Some(value), Some(length)) = (self.values.get_mut(number), LENGTHS.get(number)) else {
            return Reply::code(UNSUPPORTED);
        };
        if data.len() != *length {
            return Reply::code(WRONG_LENGTH);
        }
        if number == SET_IN_PROGRESS && data == [1] && value.first() == Some(&1) {
            return Reply::code(IN_PROGRESS);
        }
        *value = [0; 5];
        for (to, from) in value.iter_mut().zip(data) {
            *to = *from;
        }
        if number == FLAGS {
            self.flags_set = now;
            self.starts_when_set = starts;
        }
        Reply::ok([])
    }

    /// Get System Boot Options.
    pub(super) fn get(&mut self, now: Moment, starts: u32, timeout_ms: u64, data: &[u8]) -> Reply {
        let [selector, _, _] = data else {
            return Reply::code(WRONG_LENGTH);
        };
        let number = usize::from(selector & 0x7f);
        self.clear(now, starts, timeout_ms);
        let (Some(value), Some(length)) = (self.values.get(number), LENGTHS.get(number)) else {
            return Reply::code(UNSUPPORTED);
        };
        let mut out = vec![VERSION, selector & 0x7f];
        out.extend(value.iter().take(*length));
        Reply::ok(out)
    }

    /// The flags while they are valid.
    pub(super) fn flags(&mut self, now: Moment, starts: u32, timeout_ms: u64) -> Option<[u8; 5]> {
        self.clear(now, starts, timeout_ms);
        let flags = self.values[FLAGS];
        (flags[0] & VALID != 0).then_some(flags)
    }

    /// A command for the chassis came: the flags wait for the start that it makes, however long that takes.
    pub(super) fn chassis_commanded(&mut self, now: Moment, starts: u32, timeout_ms: u64) {
        self.clear(now, starts, timeout_ms);
        if self.values[FLAGS][0] & VALID != 0 {
            self.flags_set = Moment(u64::MAX);
        }
    }

    /// Makes the flags invalid when their time is over or the start they were for has been.
    fn clear(&mut self, now: Moment, starts: u32, timeout_ms: u64) {
        let keeps = self.values[CLEARING][0] & KEEP_WITHOUT_COMMAND != 0;
        let flags = &mut self.values[FLAGS];
        let is_over = !keeps && now.since(self.flags_set) >= timeout_ms;
        let was_used = flags[0] & PERSISTENT == 0 && starts != self.starts_when_set;
        if is_over || was_used {
            flags[0] &= !VALID;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: u64 = 60_000;
    const PXE: [u8; 6] = [5, 0x80, 0x04, 0, 0, 0];

    fn flags(options: &mut BootOptions, at: u64, starts: u32) -> Option<[u8; 5]> {
        options.flags(Moment(at), starts, TIMEOUT)
    }

    #[test]
    fn flags_are_for_one_start_and_for_a_minute() {
        let mut options = BootOptions::default();
        assert_eq!(options.set(Moment(0), 1, &PXE).completion, 0);
        assert!(flags(&mut options, 59_999, 1).is_some());
        assert_eq!(flags(&mut options, 60_000, 1), None);
        options.set(Moment(0), 1, &PXE);
        assert_eq!(flags(&mut options, 1, 2), None, "used");
        options.set(Moment(0), 2, &[3, 0x08]);
        options.set(Moment(0), 2, &PXE);
        assert!(flags(&mut options, 1_000_000, 2).is_some());
        options.set(Moment(0), 2, &[3, 0]);
        options.set(Moment(0), 2, &PXE);
        options.chassis_commanded(Moment(10), 2, TIMEOUT);
        assert!(flags(&mut options, 90_000, 2).is_some());
        options.set(Moment(0), 2, &[5, 0xc0, 0x04, 0, 0, 0]);
        assert!(flags(&mut options, 1, 3).is_some(), "persistent");
    }

    #[test]
    fn what_is_not_there_is_refused() {
        let mut options = BootOptions::default();
        assert_eq!(options.set(Moment(0), 0, &[7, 1]).completion, UNSUPPORTED);
        assert_eq!(options.set(Moment(0), 0, &[5, 0x80]).completion, WRONG_LENGTH);
        assert_eq!(options.set(Moment(0), 0, &[0, 1]).completion, 0);
        assert_eq!(options.set(Moment(0), 0, &[0, 1]).completion, IN_PROGRESS);
        let reply = options.get(Moment(0), 0, TIMEOUT, &[5, 0, 0]);
        assert_eq!(reply.data, [1, 5, 0, 0, 0, 0, 0]);
    }
}
