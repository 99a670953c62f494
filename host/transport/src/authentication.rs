//! How a controller's login is shown to it over HTTP.

use std::sync::Arc;

use http::HeaderMap;
use http::header::AUTHORIZATION;
use tokio::time::Instant;

use crate::address::Address;
use crate::connection::Prepared;
use crate::controller::Controller;
use crate::digest::{Asked, SignError, Signed, Trial, Verdict};
use crate::fault::{Fault, Reason};
use crate::http::Response;
use crate::login::{Login, LoginError};
use crate::scope::Scope;

/// The ports at which Intel AMT listens, without and with TLS.
const AMT_PORTS: [u16; 2] = [16992, 16993];
/// The status that asks for credentials (RFC 9110, section 15.5.2).
const UNAUTHORIZED: u16 = 401;

/// An authentication scheme of HTTP. The host never falls back from one to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Authentication {
    /// Basic (RFC 7617): the password goes with every request.
    Basic,
    /// Digest (RFC 7616): the password never leaves the host.
    Digest,
}

impl Authentication {
    /// What controllers at this address usually want: digest at the ports of Intel AMT, else basic.
    pub fn usual_at(address: &Address) -> Self {
        if AMT_PORTS.contains(&address.port) {
            Self::Digest
        } else {
            Self::Basic
        }
    }
}

impl Controller {
    /// Puts basic credentials into the headers, or gives the login that each sending is signed with.
    pub(crate) async fn authorize(
        &self,
        headers: &mut HeaderMap,
        scope: &Scope,
    ) -> Result<Option<Arc<Login>>, Fault> {
        let login = self.present_login(scope).await?;
        match self.endpoint.authentication {
            Authentication::Digest => Ok(Some(login)),
            Authentication::Basic => {
                let value = login.basic().ok_or_else(|| {
                    let error = LoginError::NotBasic(self.endpoint.credential.clone());
                    Fault::not_sent(Reason::Auth, error.to_string())
                })?;
                headers.insert(AUTHORIZATION, value);
                Ok(None)
            }
        }
    }

    /// The present login, if it comes before the call is over.
    pub(crate) async fn present_login(&self, scope: &Scope) -> Result<Arc<Login>, Fault> {
        let limit = self
            .transport
            .limits
            .login_wait
            .min(scope.due().saturating_duration_since(Instant::now()));
        tokio::select! {
            biased;
            () = scope.cancel.cancelled() => {
                Err(Fault::not_sent(Reason::Cancelled, "cancelled while the login was fetched"))
            }
            login = self.login(limit) => login.inspect_err(|fault| {
                if fault.reason == Reason::NoLogin {
                    scope.lack_login(&fault.text);
                }
            }),
        }
    }

    /// Signs a request for one sending, right before it leaves.
    pub(crate) fn sign(
        &self,
        prepared: &Prepared,
        scope: &Scope,
    ) -> Result<(Prepared, Option<Signed>), Fault> {
        let mut request = prepared.clone();
        let Some(login) = request.signer.take() else {
            return Ok((request, None));
        };
        if scope.login_was_refused() {
            return Err(Fault::not_sent(
                Reason::Auth,
                "the controller refused the login in this call already: it is not sent again, lest the account be locked",
            ));
        }
        let asked = Asked {
            method: request.method.as_str(),
            uri: request.path.as_str(),
            body: &request.body,
        };
        let signed = self
            .digest
            .sign(&login, &asked)
            .map_err(|error| self.unsigned(error))?;
        if let Some(signed) = &signed {
            request.headers.insert(AUTHORIZATION, signed.value.clone());
        }
        Ok((request, signed))
    }

    /// Whether the answer only asks for other credentials, so that the request is to be sent again. It was not executed then.
    pub(crate) fn asks_again(
        &self,
        prepared: &Prepared,
        signed: Option<&Signed>,
        answer: &Response,
        trial: &mut Trial,
        scope: &Scope,
    ) -> Result<bool, Fault> {
        if prepared.signer.is_none() {
            return Ok(false);
        }
        if answer.status != UNAUTHORIZED {
            // A refusal or an error of another kind says nothing about the login.
            if let Some(signed) = signed.filter(|_| (200..300).contains(&answer.status)) {
                self.digest.accepted(signed, answer);
            }
            return Ok(false);
        }
        let verdict = self
            .digest
            .challenged(signed, answer, trial)
            .map_err(|error| self.unsigned(error))?;
        match verdict {
            Verdict::Again => Ok(true),
            Verdict::Unchallenged => Ok(false),
            Verdict::Refused => {
                scope.refuse_login();
                Ok(false)
            }
            Verdict::NotDigest => Err(Fault::answered(
                UNAUTHORIZED,
                Reason::Auth,
                format!(
                    "{} offers no HTTP digest authentication with MD5, SHA-256 or SHA-512-256: if it may have the password itself, say `auth = \"basic\"` for this controller",
                    self.endpoint.address
                ),
            )),
        }
    }

    fn unsigned(&self, error: SignError) -> Fault {
        let error = LoginError::NotDigest {
            name: self.endpoint.credential.clone(),
            why: error.to_string(),
        };
        Fault::not_sent(Reason::Auth, error.to_string())
    }
}
