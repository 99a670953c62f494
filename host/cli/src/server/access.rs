//! Requests about tokens, and about who one is.

use reqwest::Method;
use reqwest::header::HeaderValue;
use switchyard_wire::{REASON_HEADER, REQUEST_ID_HEADER, v2};

use super::client::{Server, fresh_id};
use super::error::Error;

impl Server {
    /// Who one is.
    pub(crate) async fn session(&self) -> Result<v2::Session, Error> {
        self.answer(self.request(Method::GET, &["v2", "session"])).await
    }

    /// All tokens.
    pub(crate) async fn tokens(&self) -> Result<v2::TokenList, Error> {
        self.answer(self.request(Method::GET, &["v2", "tokens"])).await
    }

    /// Makes a token.
    pub(crate) async fn create_token(&self, request: &v2::TokenRequest) -> Result<v2::TokenCreated, Error> {
        let request = self
            .request(Method::POST, &["v2", "tokens"])
            .header(REQUEST_ID_HEADER, fresh_id()?)
            .json(request);
        self.answer(request).await
    }

    /// Revokes a token.
    pub(crate) async fn revoke_token(
        &self,
        id: &str,
        reason: Option<&HeaderValue>,
    ) -> Result<v2::Token, Error> {
        let mut request = self
            .request(Method::DELETE, &["v2", "tokens", id])
            .header(REQUEST_ID_HEADER, fresh_id()?);
        if let Some(reason) = reason {
            request = request.header(REASON_HEADER, reason);
        }
        self.answer(request).await
    }
}
