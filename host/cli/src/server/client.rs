//! Requests to the service.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{Method, RequestBuilder, Response, Url};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde::de::DeserializeOwned;
use switchyard_wire::{REASON_HEADER, REQUEST_ID_HEADER, v2};

use super::error::{Error, reason};
use super::problem::Problem;
use super::stream::Frames;
use crate::configuration::Configuration;

/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an answer may take, with its body.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// How long one resource of a BMC may take: more than the 45 seconds that the service gives the BMC.
const BMC_TIMEOUT: Duration = Duration::from_mins(1);
/// The longest answer: 100,000 components with long error texts.
const ANSWER_MAX_BYTES: usize = 256 << 20;
/// The longest body of an error.
const PROBLEM_MAX_BYTES: usize = 64 << 10;
/// How long a stream may go on: for as long as anybody looks.
const STREAM_TIMEOUT: Duration = Duration::from_hours(24 * 365);
/// Components asked for at once.
const PAGE_COMPONENTS: usize = 2_000;
/// Transitions asked for at once.
const PAGE_TRANSITIONS: usize = 1_000;
/// The most pages that are asked for: ten times the largest fleet.
const PAGES_MAX: usize = 500;

/// A service and how to reach it.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    base: Url,
    name: String,
    http: reqwest::Client,
}

impl Server {
    /// A client; nothing is sent yet.
    ///
    /// Proxies of the environment are not used: the service stands in the management network. Certificates are
    /// checked by the authorities that are configured, or those of the system.
    pub(crate) fn new(configuration: &Configuration) -> Result<Self, Error> {
        let mut headers = HeaderMap::new();
        if let Some(authorization) = &configuration.authorization {
            headers.insert(AUTHORIZATION, authorization.clone());
        }
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls(configuration.ca_file.as_deref())?)
            .default_headers(headers)
            .user_agent(concat!("switchyard/", env!("CARGO_PKG_VERSION")))
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(ANSWER_TIMEOUT)
            .build()
            .map_err(Error::Client)?;
        Ok(Self {
            base: configuration.server.clone(),
            name: configuration.server_text().to_owned(),
            http,
        })
    }

    /// A transition with what became of its components.
    pub(crate) async fn transition(&self, id: &str) -> Result<v2::Transition, Error> {
        self.answer(self.request(Method::GET, &["v2", "transitions", id]))
            .await
    }

    /// The newest transitions without their components, at most so many, page by page.
    pub(crate) async fn transitions(
        &self,
        parameters: &[(&str, &str)],
        most: usize,
    ) -> Result<v2::TransitionList, Error> {
        let mut found = v2::TransitionList {
            transitions: Vec::new(),
            next: None,
        };
        for _ in 0..PAGES_MAX {
            let left = most.saturating_sub(found.transitions.len());
            let mut url = self.url(&["v2", "transitions"]);
            url.query_pairs_mut()
                .append_pair("limit", &left.min(PAGE_TRANSITIONS).to_string())
                .extend_pairs(parameters);
            if let Some(cursor) = &found.next {
                url.query_pairs_mut().append_pair("cursor", cursor);
            }
            let page: v2::TransitionList = self.answer(self.request_at(Method::GET, url)).await?;
            found.transitions.extend(page.transitions);
            found.next = page.next;
            if found.next.is_none() || found.transitions.len() >= most {
                return Ok(found);
            }
        }
        Ok(found)
    }

    /// One component, if the service knows it.
    pub(crate) async fn component(&self, id: &str) -> Result<Option<v2::Component>, Error> {
        match self
            .answer(self.request(Method::GET, &["v2", "components", id]))
            .await
        {
            Ok(component) => Ok(Some(component)),
            Err(Error::Status { status: 404, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// One resource of a component's BMC, as text.
    pub(crate) async fn bmc_resource(
        &self,
        component: &str,
        path: &str,
        reason: Option<&HeaderValue>,
    ) -> Result<String, Error> {
        let mut url = self.url(&["v2", "components", component, "bmc"]);
        let (path, query) = path
            .split_once('?')
            .map_or((path, None), |(path, query)| (path, Some(query)));
        url.set_path(&format!("{}{path}", url.path()));
        url.set_query(query);
        let mut request = self.http.get(url).timeout(BMC_TIMEOUT);
        if let Some(reason) = reason {
            request = request.header(REASON_HEADER, reason);
        }
        let response = request.send().await.map_err(|error| self.unreachable(error))?;
        if !response.status().is_success() {
            return Err(self.problem(response).await);
        }
        let body = self.body(response, ANSWER_MAX_BYTES).await?;
        Ok(String::from_utf8_lossy(&body).into_owned())
    }

    /// All components, page by page.
    pub(crate) async fn components(&self) -> Result<Vec<v2::Component>, Error> {
        self.components_where(None, None).await
    }

    /// The components that a set expression stands for and a filter holds for, page by page.
    pub(crate) async fn components_where(
        &self,
        select: Option<&str>,
        filter: Option<&str>,
    ) -> Result<Vec<v2::Component>, Error> {
        let mut components = Vec::new();
        let mut cursor: Option<String> = None;
        for _ in 0..PAGES_MAX {
            let mut url = self.url(&["v2", "components"]);
            url.query_pairs_mut()
                .append_pair("limit", &PAGE_COMPONENTS.to_string());
            for (name, value) in [
                ("select", select),
                ("filter", filter),
                ("cursor", cursor.as_deref()),
            ] {
                if let Some(value) = value {
                    url.query_pairs_mut().append_pair(name, value);
                }
            }
            let page: v2::ComponentList = self.answer(self.request_at(Method::GET, url)).await?;
            components.extend(page.components);
            match page.next {
                Some(next) => cursor = Some(next),
                None => return Ok(components),
            }
        }
        Err(Error::TooLong {
            server: self.name.clone(),
            max: ANSWER_MAX_BYTES,
        })
    }

    /// The error of a changing request that nobody waits for any more.
    pub(crate) fn given_up(&self) -> Error {
        Error::Unanswered {
            server: self.name.clone(),
            why: "interrupted while waiting".to_owned(),
            key: None,
        }
    }

    pub(super) fn maybe_accepted(&self, error: Error) -> Error {
        match error {
            Error::Unreachable { error, .. } if !error.is_connect() => Error::Unanswered {
                server: self.name.clone(),
                why: reason(&error),
                key: None,
            },
            other => other,
        }
    }

    pub(super) fn url(&self, segments: &[&str]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }

    pub(super) fn request(&self, method: Method, segments: &[&str]) -> RequestBuilder {
        self.request_at(method, self.url(segments))
    }

    pub(super) fn request_at(&self, method: Method, url: Url) -> RequestBuilder {
        self.http.request(method, url)
    }

    pub(super) async fn answer<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, Error> {
        let response = request.send().await.map_err(|error| self.unreachable(error))?;
        if !response.status().is_success() {
            return Err(self.problem(response).await);
        }
        let body = self.body(response, ANSWER_MAX_BYTES).await?;
        serde_json::from_slice(&body).map_err(|source| self.unreadable(source))
    }

    /// The error of an answer that is not what the API says.
    pub(super) fn unreadable(&self, source: serde_json::Error) -> Error {
        Error::Body {
            server: self.name.clone(),
            source,
        }
    }

    /// An answer that is read as it comes.
    pub(super) async fn stream(&self, request: RequestBuilder) -> Result<Frames, Error> {
        self.stream_within(request, ANSWER_TIMEOUT).await
    }

    /// As `stream`, with the longest time until the answer begins.
    async fn stream_within(&self, request: RequestBuilder, within: Duration) -> Result<Frames, Error> {
        let begun = async {
            let answer = request.timeout(STREAM_TIMEOUT).send().await;
            let response = answer.map_err(|error| self.unreachable(error))?;
            if response.status().is_success() {
                Ok(Frames::new(response, self.name.clone()))
            } else {
                Err(self.problem(response).await)
            }
        };
        let silent = |_| Error::Silent {
            server: self.name.clone(),
            seconds: within.as_secs(),
        };
        tokio::time::timeout(within, begun).await.map_err(silent)?
    }

    /// An answer without a body.
    pub(super) async fn done(&self, request: RequestBuilder) -> Result<(), Error> {
        let response = request.send().await.map_err(|error| self.unreachable(error))?;
        if response.status().is_success() {
            return Ok(());
        }
        Err(self.problem(response).await)
    }

    /// What an answer that is no success says. A problem that cannot be read is still a problem.
    pub(super) async fn problem(&self, response: Response) -> Error {
        let status = response.status();
        let request_id = response
            .headers()
            .get(REQUEST_ID_HEADER)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned);
        let body = self.body(response, PROBLEM_MAX_BYTES).await.unwrap_or_default();
        let problem = Problem::read(&body);
        let detail = problem
            .detail
            .filter(|detail| !detail.is_empty())
            .or(problem.title)
            .unwrap_or_else(|| status.canonical_reason().unwrap_or("no explanation").to_owned());
        Error::Status {
            status: status.as_u16(),
            detail,
            code: problem.code.map(String::into_boxed_str),
            hint: problem.hint,
            problems: problem.problems.into_boxed_slice(),
            request_id,
        }
    }

    async fn body(&self, mut response: Response, max: usize) -> Result<Vec<u8>, Error> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.unreachable(error))? {
            if body.len() + chunk.len() > max {
                return Err(Error::TooLong {
                    server: self.name.clone(),
                    max,
                });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    pub(super) fn unreachable(&self, error: reqwest::Error) -> Error {
        Error::Unreachable {
            server: self.name.clone(),
            error: Box::new(error.without_url()),
        }
    }
}

/// TLS that trusts the authorities in the file, or else those of the system. Without any, only `http://` is of use.
fn tls(ca_file: Option<&Path>) -> Result<rustls::ClientConfig, Error> {
    let mut roots = rustls::RootCertStore::empty();
    match ca_file {
        Some(path) => {
            let failed = |why: String| Error::Authorities {
                path: path.to_owned(),
                why,
            };
            let pem = std::fs::read(path).map_err(|error| failed(error.to_string()))?;
            for certificate in CertificateDer::pem_slice_iter(&pem) {
                let certificate = certificate.map_err(|error| failed(error.to_string()))?;
                roots.add(certificate).map_err(Error::Tls)?;
            }
            if roots.is_empty() {
                return Err(failed("it holds no certificate in PEM form".to_owned()));
            }
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(Error::Tls)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}

/// A random UUID.
pub(crate) fn fresh_id() -> Result<String, Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(Error::Random)?;
    Ok(uuid::Builder::from_random_bytes(bytes).into_uuid().to_string())
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;
    use crate::configuration::Flags;

    #[tokio::test]
    async fn a_stream_that_never_begins_is_given_up() {
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", silent.local_addr().unwrap());
        let flags = Flags {
            server: Some(&url),
            ..Flags::default()
        };
        let server = Server::new(&Configuration::find(flags).unwrap()).unwrap();
        let request = server.request(Method::GET, &["v2", "events"]);
        let opened = server.stream_within(request, Duration::from_millis(50));
        let opened = tokio::time::timeout(ANSWER_TIMEOUT, opened).await.unwrap();
        let error = opened.unwrap_err();
        assert!(matches!(error, Error::Silent { .. }), "{error}");
        assert!(error.is_transient());
    }
}
