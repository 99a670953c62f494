//! Groups of failures by what people remember of them.

use switchyard_wire::v2::FailureGroup;

use super::Context;
use crate::error::Error;

/// The name of a group of a transition's failures: as it was given, or that of the only group with this code.
pub(super) async fn named(context: &Context, id: &str, group: Option<&str>) -> Result<Option<String>, Error> {
    let Some(group) = group.filter(|group| group.contains('.')) else {
        return Ok(group.map(str::to_owned));
    };
    let found = context.server.failures(id).await?.groups;
    let of_code: Vec<&FailureGroup> = found.iter().filter(|known| known.code == group).collect();
    match of_code.as_slice() {
        [only] => Ok(Some(only.fingerprint.clone())),
        several => Err(Error::WhichGroup {
            code: group.to_owned(),
            found: several.len(),
            id: id.to_owned(),
        }),
    }
}
