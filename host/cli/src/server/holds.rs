//! Requests about holds.

use reqwest::Method;
use reqwest::header::HeaderValue;
use switchyard_wire::{REASON_HEADER, REQUEST_ID_HEADER, v2};

use super::client::{Server, fresh_id};
use super::error::Error;

impl Server {
    /// Keeps others off components.
    pub(crate) async fn hold(&self, request: &v2::HoldRequest) -> Result<v2::Hold, Error> {
        self.order(&["v2", "holds"], request).await
    }

    /// The holds that hold now.
    pub(crate) async fn holds(&self) -> Result<v2::HoldList, Error> {
        self.answer(self.request(Method::GET, &["v2", "holds"])).await
    }

    /// Ends a hold.
    pub(crate) async fn release(&self, id: &str, reason: Option<&HeaderValue>) -> Result<v2::Hold, Error> {
        let mut request = self
            .request(Method::DELETE, &["v2", "holds", id])
            .header(REQUEST_ID_HEADER, fresh_id()?);
        if let Some(reason) = reason {
            request = request.header(REASON_HEADER, reason);
        }
        self.answer(request).await
    }
}
