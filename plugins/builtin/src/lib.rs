//! The drivers embedded in the service, as component bytes with their manifests.
