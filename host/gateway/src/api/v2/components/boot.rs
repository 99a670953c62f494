//! `/v2/components/{id}/boot`.

pub(in crate::api::v2) mod get;
pub(in crate::api::v2) mod put;
