//! The owner of what holds now: what each source said last, merged, and given to the engine.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use arc_swap::ArcSwap;
use switchyard_core::{ControllerId, Timestamp};

use super::{Controller, Inventory, Merged, Note, Part, Pin, Source};
use crate::clock::Clock;
use crate::engine::{Engine, ReplaceError, Replaced};

/// How a source stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The source.
    pub source: Source,
    /// Controllers that it names.
    pub controllers: usize,
    /// Components that it names.
    pub components: usize,
    /// Groups that it names.
    pub groups: usize,
    /// When it was last read without a mistake; never, if it has yet to be read.
    pub read_at: Option<Timestamp>,
    /// Why it could not be read since then.
    pub failure: Option<SourceFailure>,
    /// What of it does not hold.
    pub notes: Vec<String>,
}

/// Why a source could not be read. What it said before holds on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFailure {
    /// When.
    pub at: Timestamp,
    /// Why.
    pub text: String,
}

/// A cheap handle on the owner of the inventory.
#[derive(Clone)]
pub struct Keeper {
    inner: Arc<Inner>,
}

/// The certificates that are pinned over what the sources say.
type Pins = BTreeMap<ControllerId, Pin>;

struct Inner {
    expected: Vec<Source>,
    clock: Arc<dyn Clock>,
    engine: OnceLock<Engine>,
    /// Held while a part is taken in, so that no two replace the inventory at once.
    parts: tokio::sync::Mutex<BTreeMap<Source, Arc<Part>>>,
    /// What the sources say, without pins over it.
    said: ArcSwap<Inventory>,
    inventory: ArcSwap<Inventory>,
    /// Or why they cannot be read.
    pins: ArcSwap<Result<Pins, SourceFailure>>,
    reports: Mutex<BTreeMap<Source, Report>>,
    /// Notes that were logged and still stand.
    logged: Mutex<HashSet<String>>,
}

impl fmt::Debug for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keeper")
            .field("reports", &*self.reports_mut())
            .finish_non_exhaustive()
    }
}

impl Keeper {
    /// A keeper of an empty inventory that is complete when all of these sources were read.
    pub fn new(expected: impl IntoIterator<Item = Source>, clock: Arc<dyn Clock>) -> Self {
        let expected: Vec<_> = expected.into_iter().collect();
        let reports = expected.iter().map(|source| (*source, Report::of(*source)));
        Self {
            inner: Arc::new(Inner {
                reports: Mutex::new(reports.collect()),
                inventory: ArcSwap::from_pointee(Inventory::default().awaiting(expected.clone())),
                said: ArcSwap::default(),
                pins: ArcSwap::from_pointee(Ok(Pins::new())),
                expected,
                clock,
                engine: OnceLock::new(),
                parts: tokio::sync::Mutex::default(),
                logged: Mutex::default(),
            }),
        }
    }

    /// Takes in what a source says now. When this has returned without an error, that holds.
    ///
    /// # Errors
    /// When the engine cannot take the inventory. What the source said before holds on, and the part has to be put again.
    pub async fn put(&self, source: Source, part: Part) -> Result<Replaced, ReplaceError> {
        let mut parts = self.inner.parts.lock().await;
        let part = Arc::new(part);
        if parts.get(&source).is_some_and(|known| **known == *part) {
            self.note_read(source, &part);
            return Ok(Replaced::default());
        }
        let mut next = parts.clone();
        next.insert(source, Arc::clone(&part));
        let Merged { inventory, notes } = merged(&next).await?;
        let replaced = self.hold(&next, inventory, self.pins().as_ref()).await?;
        *parts = next;
        self.note_read(source, &part);
        self.note(notes);
        Ok(replaced)
    }

    /// Lets certificates be pinned over what the sources say.
    ///
    /// # Errors
    /// When the engine cannot take the inventory. The pins that held before hold on.
    pub async fn set_pins(&self, pins: BTreeMap<ControllerId, Pin>) -> Result<Replaced, ReplaceError> {
        self.take_pins(Ok(pins)).await
    }

    /// Lets nobody in who might be another than the one that was pinned: which certificates were cannot be read.
    ///
    /// # Errors
    /// When the engine cannot take the inventory.
    pub async fn lose_pins(&self, why: String) -> Result<Replaced, ReplaceError> {
        let at = self.inner.clock.now();
        self.take_pins(Err(SourceFailure { at, text: why })).await
    }

    async fn take_pins(&self, pins: Result<Pins, SourceFailure>) -> Result<Replaced, ReplaceError> {
        let parts = self.inner.parts.lock().await;
        let said = Inventory::clone(&self.inner.said.load());
        let replaced = self.hold(&parts, said, pins.as_ref().ok()).await?;
        self.inner.pins.store(Arc::new(pins));
        Ok(replaced)
    }

    /// The certificates that are pinned over what the sources say; nothing while they cannot be read.
    pub fn pins(&self) -> Option<BTreeMap<ControllerId, Pin>> {
        self.inner.pins.load().as_ref().as_ref().ok().cloned()
    }

    /// A controller as its source has it, without a pin over it.
    pub fn said(&self, controller: &ControllerId) -> Option<Arc<Controller>> {
        self.inner.said.load().controller(controller).cloned()
    }

    /// Notes that a source could not be read. What it said before holds on.
    pub fn failed(&self, source: Source, text: impl Into<String>) {
        let failure = SourceFailure {
            at: self.inner.clock.now(),
            text: text.into(),
        };
        let mut reports = self.reports_mut();
        let report = reports.entry(source).or_insert_with(|| Report::of(source));
        report.failure = Some(failure);
    }

    /// Notes that what a source said last was read at another time than it was put, by an earlier process.
    pub fn dated(&self, source: Source, read_at: Timestamp) {
        if let Some(report) = self.reports_mut().get_mut(&source) {
            report.read_at = Some(read_at);
        }
    }

    /// Gives the engine what holds, and from then on what comes to hold.
    ///
    /// # Errors
    /// When the engine cannot take what came since it was started.
    pub async fn attach(&self, engine: Engine) -> Result<Replaced, ReplaceError> {
        let _parts = self.inner.parts.lock().await;
        let inventory = self.inventory();
        let started_with = Arc::clone(engine.fleet().inventory());
        let engine = self.inner.engine.get_or_init(|| engine);
        if Arc::ptr_eq(&started_with, &inventory) {
            return Ok(Replaced::default());
        }
        engine.replace_inventory(inventory).await
    }

    /// What holds now.
    pub fn inventory(&self) -> Arc<Inventory> {
        self.inner.inventory.load_full()
    }

    /// Whether every source has been read: until then a name that is not there means nothing.
    pub fn is_complete(&self) -> bool {
        self.inventory().is_complete()
    }

    /// What a source said last.
    pub async fn part(&self, source: Source) -> Option<Arc<Part>> {
        self.inner.parts.lock().await.get(&source).cloned()
    }

    /// How every source stands, the strongest first. Pins that cannot be read are told with what was discovered, beside which they lie.
    pub fn reports(&self) -> Vec<Report> {
        let mut reports = self.reports_mut().clone();
        if let Err(lost) = self.inner.pins.load().as_ref() {
            let report = reports.entry(Source::Discovered);
            let report = report.or_insert_with(|| Report::of(Source::Discovered));
            report.failure.get_or_insert_with(|| lost.clone());
        }
        reports.into_values().collect()
    }

    async fn hold(
        &self,
        parts: &BTreeMap<Source, Arc<Part>>,
        said: Inventory,
        pins: Option<&Pins>,
    ) -> Result<Replaced, ReplaceError> {
        let awaited = self
            .inner
            .expected
            .iter()
            .filter(|source| !parts.contains_key(source));
        let said = said.awaiting(awaited.copied().collect());
        let inventory = Arc::new(match pins {
            Some(pins) => said.clone().pinned(pins),
            None => said.clone().with_lost_pins(),
        });
        let replaced = match self.inner.engine.get() {
            Some(engine) => engine.replace_inventory(Arc::clone(&inventory)).await?,
            None => Replaced::default(),
        };
        self.inner.said.store(Arc::new(said));
        self.inner.inventory.store(inventory);
        Ok(replaced)
    }

    fn note_read(&self, source: Source, part: &Part) {
        let mut reports = self.reports_mut();
        let report = reports.entry(source).or_insert_with(|| Report::of(source));
        report.controllers = part.controllers.len();
        report.components = part.components.len();
        report.groups = part.groups.len();
        report.read_at = Some(self.inner.clock.now());
        report.failure = None;
    }

    /// Shows what does not hold, and logs what of it is news.
    fn note(&self, notes: Vec<Note>) {
        let mut reports = self.reports_mut();
        for report in reports.values_mut() {
            report.notes.clear();
        }
        let mut logged = self.inner.logged.lock().unwrap_or_else(PoisonError::into_inner);
        let mut standing = HashSet::with_capacity(notes.len());
        for Note { source, text } in notes {
            if !logged.contains(&text) {
                tracing::warn!(source = source.name(), "of the inventory does not hold: {text}");
            }
            standing.insert(text.clone());
            let report = reports.entry(source).or_insert_with(|| Report::of(source));
            report.notes.push(text);
        }
        *logged = standing;
    }

    fn reports_mut(&self) -> MutexGuard<'_, BTreeMap<Source, Report>> {
        self.inner.reports.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Report {
    fn of(source: Source) -> Self {
        Self {
            source,
            controllers: 0,
            components: 0,
            groups: 0,
            read_at: None,
            failure: None,
            notes: Vec::new(),
        }
    }
}

/// Merges off the threads that serve, which takes a moment when the inventory is large.
async fn merged(parts: &BTreeMap<Source, Arc<Part>>) -> Result<Merged, ReplaceError> {
    let parts: Vec<_> = parts
        .iter()
        .map(|(source, part)| (*source, Arc::clone(part)))
        .collect();
    let merging = tokio::task::spawn_blocking(move || {
        Inventory::merged(parts.iter().map(|(source, part)| (*source, &**part)))
    });
    merging.await.map_err(|_| ReplaceError::Stopping)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;

    #[tokio::test]
    async fn what_every_source_said_last_holds() {
        let keeper = Keeper::new([Source::File, Source::Smd], Arc::new(SystemClock));
        assert!(!keeper.is_complete());
        keeper.put(Source::File, Part::default()).await.unwrap();
        assert_eq!(keeper.inventory().awaited(), [Source::Smd]);
        keeper.failed(Source::Smd, "nobody answers");
        let [file, smd] = &keeper.reports()[..] else {
            panic!()
        };
        assert!(file.read_at.is_some() && file.failure.is_none());
        assert!(smd.read_at.is_none());
        assert_eq!(smd.failure.as_ref().unwrap().text, "nobody answers");
        let group = super::super::Group {
            name: "all".to_owned(),
            members: Vec::new(),
        };
        let part = Part {
            groups: vec![group],
            ..Part::default()
        };
        keeper.put(Source::Smd, part).await.unwrap();
        assert!(keeper.is_complete() && keeper.inventory().group("all").is_some());
        assert_eq!(keeper.reports()[1].failure, None);
    }
}
