//! The files of a driver, and who made them.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use crate::digest::ComponentDigest;
use crate::error::LoadError;
use crate::gate::GateError;
use crate::limits::{COMPONENT_MAX_BYTES, MANIFEST_MAX_BYTES};
use crate::manifest::{Manifest, ManifestError};
use crate::policy::Policy;
use crate::signature::{KeyId, SIGNATURE_MAX_BYTES, Signature};

/// The manifest's file name.
pub(crate) const MANIFEST: &str = "driver.toml";
/// The component's file name, beside the manifest.
pub(crate) const COMPONENT: &str = "driver.wasm";
/// The signature's file name, beside them.
pub(crate) const SIGNATURE: &str = "driver.sig";

/// The files of a driver, as they are.
#[derive(Clone, PartialEq, Eq)]
pub struct Package {
    /// The text of `driver.toml`.
    pub manifest: String,
    /// The bytes of `driver.wasm`.
    pub component: Vec<u8>,
    /// The text of `driver.sig`.
    pub signature: Option<String>,
}

impl std::fmt::Debug for Package {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Package")
            .field("manifest", &self.manifest)
            .field("component_bytes", &self.component.len())
            .field("signature", &self.signature)
            .finish()
    }
}

/// Where a driver comes from, and so what it has to prove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// It is embedded in the service, which is trusted as a whole.
    Embedded,
    /// It was installed while the service ran.
    Installed,
    /// It lies in a folder that the configuration names.
    Folder(PathBuf),
}

/// How it is known who made a driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provenance {
    /// It is embedded in the service.
    Embedded,
    /// It bears a signature under this trusted key.
    Signed(KeyId),
    /// Nobody has signed it, and the operator takes that.
    Unsigned,
}

/// A package of which manifest, digests and signature were checked.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) manifest: Manifest,
    pub(crate) digest: ComponentDigest,
    pub(crate) provenance: Provenance,
}

impl Package {
    /// Reads the files of a folder.
    pub fn read(folder: &Path) -> Result<Self, LoadError> {
        let manifest = text(folder, MANIFEST, MANIFEST_MAX_BYTES)?;
        let path = folder.join(COMPONENT);
        let component = read_bounded(&path, COMPONENT_MAX_BYTES)?;
        let signature = match text(folder, SIGNATURE, SIGNATURE_MAX_BYTES) {
            Ok(signature) => Some(signature),
            Err(LoadError::Read { source, .. }) if source.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        Ok(Self {
            manifest,
            component,
            signature,
        })
    }

    /// What its manifest says.
    pub fn manifest(&self) -> Result<Manifest, ManifestError> {
        Manifest::parse(&self.manifest)
    }

    /// Checks manifest, size, digests and signature, in this order.
    pub(crate) fn check(&self, source: &Source, policy: &Policy) -> Result<Checked, LoadError> {
        let manifest = Manifest::parse(&self.manifest)?;
        let driver = || manifest.id.clone();
        if self.component.len() > COMPONENT_MAX_BYTES {
            return Err(LoadError::Gate {
                driver: driver(),
                source: GateError::TooLarge(self.component.len()),
            });
        }
        let digest = ComponentDigest::of(&self.component);
        if manifest.sha256.is_some_and(|pinned| pinned != digest) {
            return Err(LoadError::Digest {
                driver: driver(),
                found: digest,
            });
        }
        if let Some(pinned) = policy.pin_of(&manifest.id).filter(|pinned| *pinned != digest) {
            return Err(LoadError::Pinned {
                driver: driver(),
                found: digest,
                pinned,
            });
        }
        let provenance = match source {
            Source::Embedded => Provenance::Embedded,
            Source::Installed | Source::Folder(_) => self.provenance(&manifest, &digest, policy)?,
        };
        Ok(Checked {
            manifest,
            digest,
            provenance,
        })
    }

    fn provenance(
        &self,
        manifest: &Manifest,
        digest: &ComponentDigest,
        policy: &Policy,
    ) -> Result<Provenance, LoadError> {
        let driver = || manifest.id.clone();
        let Some(signature) = &self.signature else {
            return if policy.allow_unsigned {
                Ok(Provenance::Unsigned)
            } else {
                Err(LoadError::Unsigned { driver: driver() })
            };
        };
        signature
            .parse::<Signature>()
            .and_then(|signature| signature.verify(&policy.trusted_keys, &self.manifest, digest))
            .map(Provenance::Signed)
            .map_err(|source| LoadError::Signature {
                driver: driver(),
                source,
            })
    }
}

fn text(folder: &Path, name: &str, max: usize) -> Result<String, LoadError> {
    let path = folder.join(name);
    String::from_utf8(read_bounded(&path, max)?).map_err(|_| {
        LoadError::Manifest(ManifestError::Value {
            key: "file",
            value: path.display().to_string(),
            rule: "the file must be UTF-8",
        })
    })
}

/// Reads a file up to one byte more than `max`, which the check of its size then sees.
fn read_bounded(path: &Path, max: usize) -> Result<Vec<u8>, LoadError> {
    let read = |source| LoadError::Read {
        path: path.to_owned(),
        source,
    };
    let mut bytes = Vec::new();
    let limit = u64::try_from(max).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path)
        .map_err(read)?
        .take(limit)
        .read_to_end(&mut bytes)
        .map_err(read)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grants::Grants;
    use crate::policy::DriverPolicy;
    use crate::signature::{SignatureError, SigningKey};

    const MANIFEST: &str = "id = \"acme\"\nversion = \"1.0.0\"\nwit = \"0.1\"\n";

    fn package(signature: Option<String>) -> Package {
        Package {
            manifest: MANIFEST.to_owned(),
            component: b"component".to_vec(),
            signature,
        }
    }

    fn signed(key: &SigningKey) -> Package {
        let digest = ComponentDigest::of(b"component");
        package(Some(key.sign(MANIFEST, &digest).to_string()))
    }

    fn check(package: &Package, policy: &Policy) -> Result<Provenance, LoadError> {
        package
            .check(&Source::Installed, policy)
            .map(|checked| checked.provenance)
    }

    #[test]
    fn only_a_trusted_signature_counts() {
        let key = SigningKey::generate().unwrap();
        let trusting = Policy {
            trusted_keys: vec![key.public()],
            ..Policy::default()
        };
        let id = key.public().id();
        assert_eq!(check(&signed(&key), &trusting).unwrap(), Provenance::Signed(id));
        assert!(matches!(
            check(&package(None), &trusting),
            Err(LoadError::Unsigned { .. })
        ));
        let laboratory = Policy::permissive();
        assert_eq!(check(&package(None), &laboratory).unwrap(), Provenance::Unsigned);
        // A signature that is there must be right, also where none is asked for.
        for (package, wrong) in [
            (signed(&key), SignatureError::UnknownKey(id)),
            (package(Some("garbage".to_owned())), SignatureError::Malformed),
        ] {
            assert!(matches!(
                check(&package, &laboratory),
                Err(LoadError::Signature { source, .. }) if source == wrong
            ));
        }
        let changed = Package {
            manifest: format!("{MANIFEST}wants = [\"http\"]\n"),
            ..signed(&key)
        };
        assert!(matches!(
            check(&changed, &trusting),
            Err(LoadError::Signature {
                source: SignatureError::Wrong(_),
                ..
            })
        ));
        let embedded = package(None)
            .check(&Source::Embedded, &Policy::default())
            .unwrap();
        assert_eq!(embedded.provenance, Provenance::Embedded);
    }

    #[test]
    fn the_operators_pin_holds_over_every_signature() {
        let key = SigningKey::generate().unwrap();
        let pinned = |sha256| Policy {
            trusted_keys: vec![key.public()],
            drivers: [(
                "acme".to_owned(),
                DriverPolicy {
                    sha256: Some(sha256),
                    grants: Some(Grants::none()),
                    ..DriverPolicy::default()
                },
            )]
            .into(),
            ..Policy::default()
        };
        let right = pinned(ComponentDigest::of(b"component"));
        assert!(check(&signed(&key), &right).is_ok());
        let wrong = pinned(ComponentDigest::of(b"other"));
        let error = check(&signed(&key), &wrong).unwrap_err();
        assert!(matches!(error, LoadError::Pinned { .. }));
        assert!(
            signed(&key).check(&Source::Embedded, &wrong).is_err(),
            "a pin holds for embedded drivers too"
        );
    }
}
