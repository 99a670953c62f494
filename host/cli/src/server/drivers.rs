//! Requests about drivers.

use std::time::Duration;

use reqwest::Method;
use reqwest::RequestBuilder;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use serde::Serialize;
use switchyard_wire::{REASON_HEADER, REQUEST_ID_HEADER, v2};

use super::client::{Server, fresh_id};
use super::error::Error;

/// How long an installation may take: a large component is compiled for some ten seconds on all cores.
const INSTALL_TIMEOUT: Duration = Duration::from_mins(5);

/// The files of a driver.
#[derive(Debug)]
pub(crate) struct DriverFiles {
    /// `driver.toml`.
    pub(crate) manifest: Vec<u8>,
    /// `driver.wasm`.
    pub(crate) component: Vec<u8>,
    /// `driver.sig`.
    pub(crate) signature: Option<Vec<u8>>,
}

impl Server {
    /// All drivers.
    pub(crate) async fn drivers(&self) -> Result<v2::DriverList, Error> {
        self.answer(self.request(Method::GET, &["v2", "drivers"])).await
    }

    /// One driver.
    pub(crate) async fn driver(&self, id: &str) -> Result<v2::Driver, Error> {
        self.answer(self.request(Method::GET, &["v2", "drivers", id]))
            .await
    }

    /// Installs a version. The same again changes nothing.
    pub(crate) async fn install_driver(
        &self,
        files: &DriverFiles,
        reason: Option<&HeaderValue>,
    ) -> Result<v2::Driver, Error> {
        let boundary = fresh_id()?;
        let request = self
            .request(Method::POST, &["v2", "drivers"])
            .timeout(INSTALL_TIMEOUT)
            .header(CONTENT_TYPE, format!("multipart/form-data; boundary={boundary}"))
            .body(form(files, &boundary));
        self.answer(with(request, reason)?).await
    }

    /// Lets some controllers try a version. The same again changes nothing.
    pub(crate) async fn upgrade_driver(
        &self,
        id: &str,
        request: &v2::UpgradeRequest,
    ) -> Result<v2::Driver, Error> {
        self.change_driver(id, "upgrade", request).await
    }

    /// Makes a version the one for all.
    pub(crate) async fn promote_driver(
        &self,
        id: &str,
        request: &v2::PromoteRequest,
    ) -> Result<v2::Driver, Error> {
        self.change_driver(id, "promote", request).await
    }

    /// Goes back to the version before.
    pub(crate) async fn roll_back_driver(
        &self,
        id: &str,
        request: &v2::RollbackRequest,
    ) -> Result<v2::Driver, Error> {
        self.change_driver(id, "rollback", request).await
    }

    async fn change_driver(
        &self,
        id: &str,
        change: &str,
        body: &(impl Serialize + Sync),
    ) -> Result<v2::Driver, Error> {
        let request = self
            .request(Method::POST, &["v2", "drivers", id, change])
            .json(body);
        self.answer(with(request, None)?).await
    }

    /// Removes a version.
    pub(crate) async fn remove_driver(
        &self,
        id: &str,
        version: Option<&str>,
        reason: Option<&HeaderValue>,
    ) -> Result<(), Error> {
        let mut url = self.url(&["v2", "drivers", id]);
        if let Some(version) = version {
            url.query_pairs_mut().append_pair("version", version);
        }
        self.done(with(self.request_at(Method::DELETE, url), reason)?)
            .await
    }

    /// Finds the driver of a controller anew.
    pub(crate) async fn probe(&self, controller: &str) -> Result<v2::Endpoint, Error> {
        let request = self
            .request(Method::POST, &["v2", "endpoints", controller, "probe"])
            .timeout(INSTALL_TIMEOUT);
        self.answer(with(request, None)?).await
    }
}

/// A changing request with its id, and a reason if there is one.
fn with(request: RequestBuilder, reason: Option<&HeaderValue>) -> Result<RequestBuilder, Error> {
    let request = request.header(REQUEST_ID_HEADER, fresh_id()?);
    Ok(match reason {
        Some(reason) => request.header(REASON_HEADER, reason),
        None => request,
    })
}

/// The files as a form (RFC 7578). The boundary is random, so that no file holds it.
fn form(files: &DriverFiles, boundary: &str) -> Vec<u8> {
    let mut body = Vec::with_capacity(files.component.len() + 4096);
    let parts = [
        ("manifest", "driver.toml", Some(files.manifest.as_slice())),
        ("component", "driver.wasm", Some(files.component.as_slice())),
        ("signature", "driver.sig", files.signature.as_deref()),
    ];
    for (name, file, content) in parts {
        let Some(content) = content else { continue };
        let head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_holds_the_files_as_they_are() {
        let files = DriverFiles {
            manifest: b"id".to_vec(),
            component: b"\0asm\r\n--x".to_vec(),
            signature: None,
        };
        let body = form(&files, "b");
        assert_eq!(
            String::from_utf8(body).unwrap(),
            "--b\r\nContent-Disposition: form-data; name=\"manifest\"; filename=\"driver.toml\"\r\n\r\nid\r\n\
             --b\r\nContent-Disposition: form-data; name=\"component\"; filename=\"driver.wasm\"\r\n\r\n\0asm\r\n--x\r\n--b--\r\n"
        );
    }
}
