//! The drivers embedded in the service, as component bytes with their manifests.
//!
//! They are built by the build script and take the same path as any third-party file: gate, grants, limits.

use std::fmt;

/// An embedded driver.
#[derive(Clone, Copy)]
pub struct BuiltinDriver {
    /// The text of its `driver.toml`.
    pub manifest: &'static str,
    /// The bytes of its component.
    pub component: &'static [u8],
}

impl fmt::Debug for BuiltinDriver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BuiltinDriver")
            .field("manifest", &self.manifest)
            .field("bytes", &self.component.len())
            .finish()
    }
}

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// Every embedded driver. Empty when the build had no compiler for components; [`missing`] then says so.
pub fn drivers() -> &'static [BuiltinDriver] {
    DRIVERS
}

/// What to tell the operator when no driver could be embedded.
pub fn missing() -> Option<&'static str> {
    MISSING
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The largest component that is still thin.
    const COMPONENT_MAX_BYTES: usize = 512 * 1024;

    #[test]
    fn drivers_are_embedded_or_the_reason_is_given() {
        assert_eq!(drivers().is_empty(), missing().is_some());
        for driver in drivers() {
            assert!(driver.component.starts_with(b"\0asm"), "{driver:?}");
            assert!(driver.component.len() < COMPONENT_MAX_BYTES, "{driver:?}");
        }
    }
}
