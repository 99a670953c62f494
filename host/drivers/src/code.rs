//! The stable codes of what is refused. The list of the API says what each means.

use crate::error::LoadError;
use crate::gate::GateError;
use crate::lifecycle::LifecycleError;
use crate::lineup::LineupError;
use crate::manifest::ManifestError;
use crate::signature::SignatureError;

impl LoadError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Read { .. } => "driver.unreadable",
            Self::Manifest(ManifestError::Contract(_)) | Self::Contract { .. } => "driver.other-contract",
            Self::Manifest(_) => "driver.bad-manifest",
            Self::Digest { .. } => "driver.wrong-digest",
            Self::Pinned { .. } => "driver.not-pinned",
            Self::Unsigned { .. } => "driver.unsigned",
            Self::Signature { source, .. } => match source {
                SignatureError::Malformed | SignatureError::Wrong(_) => "driver.bad-signature",
                SignatureError::UnknownKey(_) => "driver.unknown-key",
            },
            Self::Gate { source, .. } => match source {
                GateError::TooLarge(_) => "driver.too-large",
                GateError::NoComponent => "driver.no-component",
                GateError::Invalid(_) => "driver.broken",
                GateError::UnknownImport(_) => "driver.unknown-import",
                GateError::NotGranted { .. } => "driver.not-granted",
                GateError::NoPower(_) => "driver.no-power",
                GateError::OtherContract(_) => "driver.other-contract",
            },
            Self::Compile { .. } => "driver.does-not-compile",
            Self::Link { .. } => "driver.does-not-fit",
            Self::Duplicate(_) => "driver.exists",
            Self::Interrupted => "service.stopping",
        }
    }
}

impl LifecycleError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Load(error) => error.code(),
            Self::Lineup(error) => match error {
                LineupError::NotInstalled(_) => "driver.version-not-found",
                LineupError::Standard(_) => "driver.standard-already",
                LineupError::CanaryUnderWay(_) => "driver.canary-under-way",
                LineupError::NoControllers => "driver.no-controllers",
                LineupError::TooMany => "driver.too-many-controllers",
                LineupError::NothingBefore => "driver.nothing-to-roll-back",
                LineupError::InUse(_) => "driver.in-use",
            },
            Self::Depot(_) => "driver.not-stored",
            Self::NotFound(_) => "driver.not-found",
            Self::Exists(_) => "driver.exists",
            Self::Embedded(_) => "driver.embedded",
            Self::InFolder { .. } => "driver.in-folder",
            Self::InUse { .. } => "driver.in-use",
            Self::WhichVersion { .. } => "driver.which-version",
            Self::Busy => "driver.busy",
            Self::Full => "driver.full",
            Self::Interrupted => "service.stopping",
        }
    }
}
