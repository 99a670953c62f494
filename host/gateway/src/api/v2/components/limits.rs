//! `/v2/components/{id}/limits`.

pub(in crate::api::v2) mod get;
pub(in crate::api::v2) mod patch;
