//! Deputy keys as callers send them.

use switchyard_store::Key;
use switchyard_store::reservation::KEY_MAX_BYTES;
use switchyard_wire::DeputyKey;

/// A key as it is kept. SMD has none that is longer, so that what is cut off one is not valid before or after.
pub(in crate::api) fn read(key: DeputyKey) -> Key {
    let mut text = key.into_text();
    text.truncate(text.floor_char_boundary(KEY_MAX_BYTES));
    Key::new(text)
}
