//! The rules in force, and the plan they make for one request.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{ActiveFault, Effect, Fault, FaultId, InvalidFault, Protocol, Requests};
use crate::clock::Moment;

/// The most rules in force at once.
const MAX_FAULTS: usize = 10_000;

/// What kind of request the rules are asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RequestKind {
    Action,
    PowerReading,
    OtherRead,
    /// A step of setting up a session.
    Session,
    /// A change of something beside power.
    Setting,
    Other,
}

impl RequestKind {
    fn fits(self, requests: Requests) -> bool {
        match requests {
            Requests::Any => true,
            Requests::Actions => self == Self::Action,
            Requests::Reads => matches!(self, Self::PowerReading | Self::OtherRead),
            Requests::PowerReadings => self == Self::PowerReading,
            Requests::Sessions => self == Self::Session,
            Requests::Settings => self == Self::Setting,
        }
    }
}

/// The request that the rules are asked about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) protocol: Protocol,
    pub(crate) bmc: usize,
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) kind: RequestKind,
    /// The request followed a redirect to the same origin already.
    pub(crate) redirected: bool,
}

/// What the rules do to one request.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) slow_ms: u64,
    pub(crate) wrong_state: Option<String>,
    pub(crate) stale_ms: Option<u64>,
    pub(crate) late_ms: Option<u64>,
    pub(crate) twice: bool,
    pub(crate) os_ignores: bool,
    /// The one effect that decides about answer and connection.
    pub(crate) decisive: Option<Effect>,
}

impl Plan {
    /// Takes an effect in; false when the search is over.
    fn add(&mut self, effect: &Effect) -> bool {
        match effect {
            Effect::Slow { ms } => self.slow_ms = self.slow_ms.saturating_add(*ms),
            Effect::WrongState { state } => self.wrong_state = Some(state.clone()),
            Effect::StaleReading { ms } => self.stale_ms = Some(*ms),
            Effect::ExecuteLate { ms } => self.late_ms = Some(*ms),
            Effect::ExecuteTwice => self.twice = true,
            Effect::OsIgnores => self.os_ignores = true,
            decisive => {
                self.decisive = Some(decisive.clone());
                return false;
            }
        }
        true
    }
}

#[derive(Debug)]
struct Rule {
    active: ActiveFault,
    until: Option<Moment>,
    used_by: HashMap<usize, u32>,
}

impl Rule {
    fn is_over(&self, now: Moment) -> bool {
        self.until.is_some_and(|until| until <= now)
            || (!self.active.fault.each_bmc && self.active.fault.remaining == Some(0))
    }

    fn has_hits_left(&self, bmc: usize) -> bool {
        match self.active.fault.remaining {
            None => true,
            Some(limit) if self.active.fault.each_bmc => self.used_by.get(&bmc).copied().unwrap_or(0) < limit,
            Some(left) => left > 0,
        }
    }

    fn fits(&self, asked: &Asked<'_>) -> bool {
        let fault = &self.active.fault;
        let loops = asked.redirected && matches!(fault.effect, Effect::Redirect { location: None });
        !loops
            && !matches!(fault.effect, Effect::Unreachable { .. })
            && fault.speaks(asked.protocol)
            && fault.effect.applies(asked)
            && fault.bmcs.contains(asked.bmc)
            && asked
                .kind
                .fits(fault.on.unwrap_or_else(|| fault.effect.requests()))
            && fault
                .method
                .as_ref()
                .is_none_or(|method| method.eq_ignore_ascii_case(asked.method))
            && fault
                .path
                .as_ref()
                .is_none_or(|part| asked.path.contains(part.as_str()))
    }

    fn hit(&mut self, bmc: usize) {
        self.active.hits += 1;
        if self.active.fault.each_bmc {
            *self.used_by.entry(bmc).or_default() += 1;
        } else if let Some(left) = &mut self.active.fault.remaining {
            *left = left.saturating_sub(1);
        }
    }
}

#[derive(Debug)]
struct Rules {
    in_order: Vec<Rule>,
    next_id: u64,
    dice: Dice,
}

/// The rules in force. Without any, asking costs one atomic load.
#[derive(Debug)]
pub(crate) struct FaultTable {
    any: AtomicBool,
    rules: Mutex<Rules>,
}

/// Too many rules, or one that makes no sense.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum RejectedFault {
    #[error("the rule is invalid")]
    Invalid(#[from] InvalidFault),
    #[error("there are {MAX_FAULTS} fault rules already: remove some")]
    Full,
}

impl FaultTable {
    pub(crate) fn new(seed: u64) -> Self {
        let rules = Rules {
            in_order: Vec::new(),
            next_id: 1,
            dice: Dice(seed),
        };
        Self {
            any: AtomicBool::new(false),
            rules: Mutex::new(rules),
        }
    }

    pub(crate) fn add(&self, fault: Fault, now: Moment) -> Result<FaultId, RejectedFault> {
        fault.check()?;
        let mut table = self.lock();
        if table.in_order.len() >= MAX_FAULTS {
            table.in_order.retain(|rule| !rule.is_over(now));
        }
        if table.in_order.len() >= MAX_FAULTS {
            return Err(RejectedFault::Full);
        }
        let id = FaultId(table.next_id);
        table.next_id += 1;
        let until = fault.for_ms.map(|ms| now.after_ms(ms));
        table.in_order.push(Rule {
            active: ActiveFault { id, hits: 0, fault },
            until,
            used_by: HashMap::new(),
        });
        self.any.store(true, Ordering::Release);
        Ok(id)
    }

    pub(crate) fn remove(&self, id: FaultId) -> bool {
        let mut table = self.lock();
        let before = table.in_order.len();
        table.in_order.retain(|rule| rule.active.id != id);
        self.any.store(!table.in_order.is_empty(), Ordering::Release);
        table.in_order.len() < before
    }

    pub(crate) fn clear(&self) {
        let mut table = self.lock();
        table.in_order.clear();
        self.any.store(false, Ordering::Release);
    }

    /// Every rule that was not removed, spent ones included.
    pub(crate) fn list(&self) -> Vec<ActiveFault> {
        self.lock()
            .in_order
            .iter()
            .map(|rule| rule.active.clone())
            .collect()
    }

    /// Decides what happens to a request, and counts the hits.
    pub(crate) fn decide(&self, asked: &Asked<'_>, now: Moment) -> Plan {
        let mut plan = Plan::default();
        if !self.any.load(Ordering::Acquire) {
            return plan;
        }
        let mut table = self.lock();
        let Rules { in_order, dice, .. } = &mut *table;
        for rule in in_order.iter_mut() {
            let hit = !rule.is_over(now)
                && rule.fits(asked)
                && rule.has_hits_left(asked.bmc)
                && dice.fall(rule.active.fault.probability);
            if hit {
                rule.hit(asked.bmc);
                if !plan.add(&rule.active.fault.effect) {
                    break;
                }
            }
        }
        plan
    }

    /// Whether a new connection or a datagram to `bmc` is unreachable, and then whether silently. Counts the hit.
    pub(crate) fn unreachable(&self, protocol: Protocol, bmc: usize, now: Moment) -> Option<bool> {
        if !self.any.load(Ordering::Acquire) {
            return None;
        }
        let mut table = self.lock();
        let Rules { in_order, dice, .. } = &mut *table;
        for rule in in_order.iter_mut() {
            let Effect::Unreachable { silent } = rule.active.fault.effect else {
                continue;
            };
            let hit = !rule.is_over(now)
                && rule.active.fault.speaks(protocol)
                && rule.active.fault.bmcs.contains(bmc)
                && rule.has_hits_left(bmc)
                && dice.fall(rule.active.fault.probability);
            if hit {
                rule.hit(bmc);
                return Some(silent);
            }
        }
        None
    }

    fn lock(&self) -> MutexGuard<'_, Rules> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `SplitMix64`: the same seed throws the same dice.
#[derive(Debug)]
struct Dice(u64);

impl Dice {
    fn fall(&mut self, chance: Option<f64>) -> bool {
        let Some(chance) = chance else { return true };
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        let thrown = u32::try_from(mixed >> 32).unwrap_or(u32::MAX);
        f64::from(thrown) / (f64::from(u32::MAX) + 1.0) < chance
    }
}
