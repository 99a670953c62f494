//! Requests about controllers, and about those that are yet to be found.

use std::time::Duration;

use reqwest::Method;
use reqwest::header::HeaderValue;
use serde::Serialize;
use serde::de::DeserializeOwned;
use switchyard_wire::{REASON_HEADER, REQUEST_ID_HEADER, v2};

use super::client::{Server, fresh_id};
use super::error::Error;

/// How long the certificates of many controllers may take.
const PIN_TIMEOUT: Duration = Duration::from_mins(1);
/// The most pages of controllers that are read.
const PAGES_MAX: usize = 1_000;

impl Server {
    /// All controllers.
    pub(crate) async fn endpoints(&self) -> Result<Vec<v2::Endpoint>, Error> {
        let mut endpoints = Vec::new();
        let mut cursor: Option<String> = None;
        for _ in 0..PAGES_MAX {
            let mut url = self.url(&["v2", "endpoints"]);
            if let Some(cursor) = &cursor {
                url.query_pairs_mut().append_pair("cursor", cursor);
            }
            let page: v2::EndpointList = self.answer(self.request_at(Method::GET, url)).await?;
            endpoints.extend(page.endpoints);
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        Ok(endpoints)
    }

    /// Begins to ask addresses who is there.
    pub(crate) async fn discover(&self, request: &v2::DiscoveryRequest) -> Result<v2::Discovery, Error> {
        self.change(&["v2", "discoveries"], request).await
    }

    /// A discovery.
    pub(crate) async fn discovery(&self, id: &str) -> Result<v2::Discovery, Error> {
        self.answer(self.request(Method::GET, &["v2", "discoveries", id]))
            .await
    }

    /// Ends a discovery.
    pub(crate) async fn cancel_discovery(
        &self,
        id: &str,
        reason: Option<&HeaderValue>,
    ) -> Result<v2::Discovery, Error> {
        let mut request = self
            .request(Method::DELETE, &["v2", "discoveries", id])
            .header(REQUEST_ID_HEADER, fresh_id()?);
        if let Some(reason) = reason {
            request = request.header(REASON_HEADER, reason);
        }
        self.answer(request).await
    }

    /// Begins to accept hosts.
    pub(crate) async fn accept(&self, id: &str, request: &v2::AcceptRequest) -> Result<v2::Discovery, Error> {
        self.change(&["v2", "discoveries", id, "accept"], request).await
    }

    /// Shows the certificates of controllers, or pins them.
    pub(crate) async fn pin(&self, request: &v2::PinRequest) -> Result<v2::PinList, Error> {
        self.change(&["v2", "endpoints", "pin"], request).await
    }

    /// Takes a controller out of the inventory.
    pub(crate) async fn remove_endpoint(&self, id: &str, reason: Option<&HeaderValue>) -> Result<(), Error> {
        let mut request = self
            .request(Method::DELETE, &["v2", "endpoints", id])
            .header(REQUEST_ID_HEADER, fresh_id()?);
        if let Some(reason) = reason {
            request = request.header(REASON_HEADER, reason);
        }
        self.done(request).await
    }

    async fn change<T: DeserializeOwned>(&self, path: &[&str], body: &impl Serialize) -> Result<T, Error> {
        let request = self
            .request(Method::POST, path)
            .timeout(PIN_TIMEOUT)
            .header(REQUEST_ID_HEADER, fresh_id()?)
            .json(body);
        self.answer(request).await
    }
}
