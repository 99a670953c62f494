//! From the service root to its collections.

use switchyard_driver_sdk::{Cause, Failure};

use crate::client::Client;
use crate::resource::Resource;

/// The collection of this name and its path: where the root links it, else where the specification puts it (DSP0266, "Resource URIs"),
/// since some BMCs leave links out until they have seen their host. Nothing when there is none.
pub(crate) fn collection(
    client: &Client<'_>,
    root: &Resource,
    name: &str,
) -> Result<Option<(String, Resource)>, Failure> {
    if let Some(path) = root.link(&[name]) {
        return client.get(&path).map(|collection| Some((path, collection)));
    }
    let path = format!("/redfish/v1/{name}");
    match client.get(&path) {
        Ok(collection) => Ok(Some((path, collection))),
        Err(failure)
            if matches!(
                failure.cause,
                Cause::NotFound | Cause::NotSupported | Cause::Invalid
            ) =>
        {
            Ok(None)
        }
        Err(failure) => Err(failure),
    }
}
