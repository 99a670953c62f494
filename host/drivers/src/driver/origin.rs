//! Where a loaded driver comes from, and what it is made of.

use crate::aot::Compilation;
use crate::digest::ComponentDigest;
use crate::gate::Shape;
use crate::manifest::Manifest;
use crate::package::{Package, Provenance, Source};

use super::Driver;

/// What was found out about a driver while it was loaded.
#[derive(Debug)]
pub(crate) struct Origin {
    pub(crate) source: Source,
    pub(crate) provenance: Provenance,
    pub(crate) digest: ComponentDigest,
    pub(crate) shape: Shape,
    pub(crate) compilation: Compilation,
}

impl Driver {
    /// Where it comes from.
    pub fn source(&self) -> &Source {
        &self.origin.source
    }

    /// How it is known who made it.
    pub fn provenance(&self) -> Provenance {
        self.origin.provenance
    }

    /// The digest of its component.
    pub fn digest(&self) -> ComponentDigest {
        self.origin.digest
    }

    /// What its component imports and exports.
    pub fn shape(&self) -> &Shape {
        &self.origin.shape
    }

    /// How its machine code came about.
    pub fn compilation(&self) -> Compilation {
        self.origin.compilation
    }

    /// Whether it was loaded from the same manifest and component.
    pub fn is_made_of(&self, package: &Package) -> bool {
        ComponentDigest::of(&package.component) == self.origin.digest
            && Manifest::parse(&package.manifest).is_ok_and(|manifest| manifest == *self.manifest())
    }
}
