//! Which version of a driver a controller is spoken to with. Pure: nothing here loads, stores or calls anything.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use switchyard_core::ControllerId;

use crate::version::Version;

/// The most controllers of one canary.
pub const CANARY_CONTROLLERS_MAX: usize = 100_000;

/// What the operator has decided about the versions of one driver. Nothing decided: the embedded version is used, else the highest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lineup {
    /// The version for everybody who is not in the canary. Nothing: the embedded one, also after an upgrade of the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standard: Option<Version>,
    /// The standard before the last promotion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former: Option<Version>,
    /// The version that some controllers try first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canary: Option<Canary>,
}

/// A version that some controllers try first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Canary {
    /// The version.
    pub version: Version,
    /// The controllers.
    pub controllers: BTreeSet<ControllerId>,
}

/// The versions of one driver that are loaded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stock {
    /// The embedded one.
    pub embedded: Option<Version>,
    /// All of them.
    pub versions: BTreeSet<Version>,
}

/// Why a decision cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LineupError {
    /// No such version is loaded.
    #[error("version {0} is not installed: `switchyard drivers list` shows what is")]
    NotInstalled(Version),
    /// Everybody uses the version already.
    #[error("version {0} is the one that all controllers use already")]
    Standard(Version),
    /// Another version is being tried.
    #[error("version {0} is being tried by some controllers: promote it or roll it back first")]
    CanaryUnderWay(Version),
    /// No controller was named.
    #[error("no controller is named that could try the version: name components or controllers")]
    NoControllers,
    /// Too many controllers were named.
    #[error("more than {CANARY_CONTROLLERS_MAX} controllers would try the version: promote it instead")]
    TooMany,
    /// Nothing was upgraded.
    #[error("there is nothing to roll back: no version is being tried, and none was promoted before")]
    NothingBefore,
    /// The version is in use.
    #[error("version {0} is in use: promote another version or roll it back first")]
    InUse(Version),
}

impl Lineup {
    /// The version for everybody who is not in the canary. Nothing when no version is loaded. A decision for a version that is gone
    /// counts as none.
    pub fn standard(&self, stock: &Stock) -> Option<Version> {
        self.standard
            .filter(|version| stock.versions.contains(version))
            .or(stock.embedded)
            .or_else(|| stock.versions.last().copied())
    }

    /// The version for one controller.
    pub fn version_for(&self, controller: &ControllerId, stock: &Stock) -> Option<Version> {
        self.canary
            .as_ref()
            .filter(|canary| {
                canary.controllers.contains(controller) && stock.versions.contains(&canary.version)
            })
            .map(|canary| canary.version)
            .or_else(|| self.standard(stock))
    }

    /// Lets controllers try a version, besides those that try it already.
    pub fn upgrade(
        &self,
        version: Version,
        controllers: BTreeSet<ControllerId>,
        stock: &Stock,
    ) -> Result<Self, LineupError> {
        self.check(version, stock)?;
        if controllers.is_empty() {
            return Err(LineupError::NoControllers);
        }
        let mut controllers = controllers;
        match &self.canary {
            Some(canary) if canary.version == version => {
                controllers.extend(canary.controllers.iter().cloned());
            }
            Some(canary) if stock.versions.contains(&canary.version) => {
                return Err(LineupError::CanaryUnderWay(canary.version));
            }
            Some(_) | None => {}
        }
        if controllers.len() > CANARY_CONTROLLERS_MAX {
            return Err(LineupError::TooMany);
        }
        Ok(Self {
            canary: Some(Canary { version, controllers }),
            ..self.clone()
        })
    }

    /// Makes a version the one for all, which ends the canary.
    pub fn promote(&self, version: Version, stock: &Stock) -> Result<Self, LineupError> {
        self.check(version, stock)?;
        Ok(Self {
            standard: (stock.embedded != Some(version)).then_some(version),
            former: self.standard(stock),
            canary: None,
        })
    }

    fn check(&self, version: Version, stock: &Stock) -> Result<(), LineupError> {
        if !stock.versions.contains(&version) {
            return Err(LineupError::NotInstalled(version));
        }
        if self.standard(stock) == Some(version) {
            return Err(LineupError::Standard(version));
        }
        Ok(())
    }

    /// Ends the canary; without one, makes the former version the one for all again.
    pub fn roll_back(&self, stock: &Stock) -> Result<Self, LineupError> {
        if self.canary.is_some() {
            return Ok(Self {
                canary: None,
                ..self.clone()
            });
        }
        let former = self.former.ok_or(LineupError::NothingBefore)?;
        if !stock.versions.contains(&former) {
            return Err(LineupError::NotInstalled(former));
        }
        Ok(Self {
            standard: (stock.embedded != Some(former)).then_some(former),
            former: None,
            canary: None,
        })
    }

    /// Takes a version out that nobody uses. The last version may go, which the caller has to know is not needed.
    pub fn without(&self, version: Version, stock: &Stock) -> Result<Self, LineupError> {
        if !stock.versions.contains(&version) {
            return Err(LineupError::NotInstalled(version));
        }
        let canary = self
            .canary
            .as_ref()
            .is_some_and(|canary| canary.version == version);
        let standard = self.standard(stock) == Some(version) && stock.versions.len() > 1;
        if canary || standard {
            return Err(LineupError::InUse(version));
        }
        Ok(Self {
            standard: self.standard.filter(|standard| *standard != version),
            former: self.former.filter(|former| *former != version),
            canary: self.canary.clone(),
        })
    }
}

/// What is decided about all drivers, by id.
pub type Lineups = BTreeMap<String, Lineup>;

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: Version = Version::new(1, 0, 0);
    const NEW: Version = Version::new(1, 1, 0);
    const NEXT: Version = Version::new(1, 2, 0);

    fn stock() -> Stock {
        Stock {
            embedded: Some(OLD),
            versions: [OLD, NEW, NEXT].into(),
        }
    }

    fn id(name: &str) -> ControllerId {
        ControllerId::parse(name).unwrap()
    }

    fn uses(lineup: &Lineup, name: &str) -> Version {
        lineup.version_for(&id(name), &stock()).unwrap()
    }

    #[test]
    fn a_canary_grows_is_promoted_and_rolled_back() {
        let stock = stock();
        let nothing = Lineup::default();
        assert_eq!(uses(&nothing, "a"), OLD, "the embedded one, not the highest");
        let canary = nothing.upgrade(NEW, [id("a")].into(), &stock).unwrap();
        let canary = canary.upgrade(NEW, [id("b")].into(), &stock).unwrap();
        assert_eq!(["a", "b", "c"].map(|name| uses(&canary, name)), [NEW, NEW, OLD]);
        assert_eq!(
            canary.upgrade(NEXT, [id("c")].into(), &stock),
            Err(LineupError::CanaryUnderWay(NEW))
        );
        assert_eq!(canary.roll_back(&stock).unwrap(), nothing);
        let promoted = canary.promote(NEW, &stock).unwrap();
        assert_eq!(["a", "c"].map(|name| uses(&promoted, name)), [NEW, NEW]);
        assert_eq!(promoted.promote(NEW, &stock), Err(LineupError::Standard(NEW)));
        let back = promoted.roll_back(&stock).unwrap();
        assert_eq!((uses(&back, "a"), back.standard), (OLD, None));
        assert_eq!(back.roll_back(&stock), Err(LineupError::NothingBefore));
    }

    #[test]
    fn decisions_about_what_is_not_there_are_refused() {
        let stock = stock();
        let absent = Version::new(9, 0, 0);
        let lineup = Lineup::default();
        assert_eq!(
            lineup.upgrade(absent, [id("a")].into(), &stock),
            Err(LineupError::NotInstalled(absent))
        );
        assert_eq!(
            lineup.upgrade(NEW, BTreeSet::new(), &stock),
            Err(LineupError::NoControllers)
        );
        assert_eq!(
            lineup.promote(absent, &stock),
            Err(LineupError::NotInstalled(absent))
        );
        // What was decided for a version that the disk has lost counts for nothing.
        let lost = Lineup {
            standard: Some(absent),
            canary: Some(Canary {
                version: absent,
                controllers: [id("a")].into(),
            }),
            ..Lineup::default()
        };
        assert_eq!(uses(&lost, "a"), OLD);
        assert!(lost.upgrade(NEW, [id("a")].into(), &stock).is_ok());
    }

    #[test]
    fn what_is_in_use_stays() {
        let stock = stock();
        let canary = Lineup::default().upgrade(NEW, [id("a")].into(), &stock).unwrap();
        assert_eq!(canary.without(NEW, &stock), Err(LineupError::InUse(NEW)));
        assert_eq!(canary.without(OLD, &stock), Err(LineupError::InUse(OLD)));
        assert_eq!(canary.without(NEXT, &stock).unwrap(), canary);
        let promoted = canary.promote(NEW, &stock).unwrap();
        let without = promoted.without(OLD, &stock).unwrap();
        assert_eq!((without.standard, without.former), (Some(NEW), None));
        let alone = Stock {
            embedded: None,
            versions: [NEW].into(),
        };
        assert_eq!(promoted.without(NEW, &alone).unwrap().standard, None);
    }
}
