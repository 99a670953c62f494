//! The status of a task as both versions of the API write it.

use switchyard_core::Standing;
use switchyard_wire as wire;

/// The same word in the API's own type.
pub(super) fn wire(standing: Standing) -> wire::Standing {
    match standing {
        Standing::New => wire::Standing::New,
        Standing::InProgress => wire::Standing::InProgress,
        Standing::Failed => wire::Standing::Failed,
        Standing::Succeeded => wire::Standing::Succeeded,
        Standing::Unsupported => wire::Standing::Unsupported,
    }
}
