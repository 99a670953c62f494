//! `[tls]`.

use std::path::PathBuf;

use super::layers::Layers;

/// The certificate of the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// The certificate and those between it and its authority, in PEM form.
    pub cert_file: PathBuf,
    /// Its key, in PEM form.
    pub key_file: PathBuf,
}

/// Both files, or none.
pub(super) fn read(layers: &mut Layers<'_>) -> Option<Tls> {
    let cert_file = layers.optional_path("tls.cert_file");
    let key_file = layers.optional_path("tls.key_file");
    match (cert_file, key_file) {
        (Some(cert_file), Some(key_file)) => Some(Tls { cert_file, key_file }),
        (None, None) => None,
        _ => {
            layers.complain(
                "tls.cert_file",
                "tls.cert_file and tls.key_file are set together or not at all",
            );
            None
        }
    }
}
