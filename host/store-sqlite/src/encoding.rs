//! Values in columns: JSON texts, and the stable names of enums.

use std::fmt::Display;

use serde::de::value::StrDeserializer;
use serde::de::{DeserializeOwned, IntoDeserializer};
use serde::{Deserialize, Serialize};
use switchyard_store::StoreError;

use crate::error::inconsistent;

/// A value as JSON text; a slice of rows so becomes the argument of `json_each`.
pub(crate) fn to_json<T: Serialize + ?Sized>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|source| StoreError::Engine {
        step: "encode what is to be stored",
        source: source.into(),
    })
}

/// The value of a column of JSON in the row `which` of `what`.
pub(crate) fn from_json<T: DeserializeOwned>(
    text: &str,
    what: &'static str,
    which: impl Display,
) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(inconsistent(what, which))
}

/// The enum value of this name in the row `which` of `what`.
pub(crate) fn from_name<'de, T: Deserialize<'de>>(
    name: &'de str,
    what: &'static str,
    which: impl Display,
) -> Result<T, StoreError> {
    let name: StrDeserializer<'de, serde::de::value::Error> = name.into_deserializer();
    T::deserialize(name).map_err(inconsistent(what, which))
}

/// An id that was a name when it was stored.
pub(crate) fn from_text<T>(text: &str, what: &'static str) -> Result<T, StoreError>
where
    T: std::str::FromStr,
    T::Err: std::error::Error + Send + Sync + 'static,
{
    text.parse().map_err(inconsistent(what, text))
}
