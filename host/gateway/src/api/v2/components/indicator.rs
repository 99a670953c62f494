//! `/v2/components/{id}/indicator`.

pub(in crate::api::v2) mod get;
pub(in crate::api::v2) mod put;
