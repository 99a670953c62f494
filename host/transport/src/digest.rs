//! HTTP digest authentication (RFC 7616): the nonce that is in use at one controller, and what a 401 means for the next attempt.
//!
//! A controller counts wrong logins and locks the account after few of them. So a login is tried once under a fresh challenge; a second
//! time only where the controller itself says that nothing but the nonce was wrong.

mod algorithm;
mod challenge;
mod offer;
mod response;

#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::HeaderValue;

pub use challenge::Challenge;
use offer::Offer;
pub(crate) use response::Asked;

use crate::http::Response;
use crate::login::{Login, LoginVersion};

/// Bytes of randomness in a client nonce.
const CNONCE_BYTES: usize = 16;

/// The digest authentication of one controller. One nonce serves as many requests as the controller lets it, so that a request
/// usually needs one round trip.
#[derive(Debug, Default)]
pub(crate) struct Digest {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    nonce: Option<Box<Nonce>>,
    /// The login that the controller took last, unless it refused it since.
    accepted: Option<LoginVersion>,
}

/// A challenge in use.
#[derive(Debug)]
struct Nonce {
    offer: Arc<Offer>,
    cnonce: String,
    /// How many requests were signed with it (RFC 7616, section 3.4: `nc`).
    count: u32,
}

impl Nonce {
    fn new(offer: Offer) -> Result<Box<Self>, SignError> {
        Ok(Box::new(Self {
            offer: Arc::new(offer),
            cnonce: cnonce()?,
            count: 0,
        }))
    }
}

/// A signed request.
#[derive(Debug)]
pub(crate) struct Signed {
    /// The value of the `Authorization` header.
    pub(crate) value: HeaderValue,
    offer: Arc<Offer>,
    login: LoginVersion,
    /// The controller had taken this login before.
    proven: bool,
}

/// What one request has tried so far.
#[derive(Debug, Default)]
pub(crate) struct Trial {
    /// A login was sent under a challenge that came during this request.
    tried_fresh: bool,
    /// The request was sent again since its nonce was stale.
    tried_stale: bool,
}

/// What a 401 means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The request is to be sent again, signed under the challenge that came with the answer.
    Again,
    /// The login was refused.
    Refused,
    /// The answer holds no challenge at all.
    Unchallenged,
    /// The answer offers other schemes or algorithms only.
    NotDigest,
}

/// Why a request cannot be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SignError {
    /// The user's name cannot be sent (RFC 7616, section 3.4).
    #[error("the user's name holds a control character")]
    User,
    /// No client nonce can be made.
    #[error("the operating system gives no random bytes")]
    Random,
}

impl Digest {
    /// Signs a request; nothing when no nonce is known, so that the request has to go without credentials to bring one.
    pub(crate) fn sign(&self, login: &Login, asked: &Asked<'_>) -> Result<Option<Signed>, SignError> {
        let mut state = self.lock();
        let proven = state.accepted == Some(login.version());
        let Some(nonce) = state.nonce.as_mut() else {
            return Ok(None);
        };
        let Some(count) = nonce.count.checked_add(1) else {
            state.nonce = None;
            return Ok(None);
        };
        nonce.count = count;
        let value = response::authorization(&nonce.offer, login, asked, &nonce.cnonce, count)
            .ok_or(SignError::User)?;
        Ok(Some(Signed {
            value,
            offer: Arc::clone(&nonce.offer),
            login: login.version(),
            proven,
        }))
    }

    /// Takes in an answer that is no 401: the login was taken.
    pub(crate) fn accepted(&self, signed: &Signed, answer: &Response) {
        let next = answer
            .header("authentication-info")
            .and_then(challenge::next_nonce)
            .and_then(|nonce| Nonce::new(signed.offer.with_nonce(nonce)).ok());
        let mut state = self.lock();
        state.accepted = Some(signed.login);
        if state.uses(signed) && next.is_some() {
            state.nonce = next;
        }
    }

    /// Takes in a 401 to a request that was signed, or sent without credentials.
    pub(crate) fn challenged(
        &self,
        signed: Option<&Signed>,
        answer: &Response,
        trial: &mut Trial,
    ) -> Result<Verdict, SignError> {
        let values = answer
            .headers
            .iter()
            .filter(|(name, _)| name == "www-authenticate")
            .map(|(_, value)| value.as_str());
        let challenges = Challenge::all(values);
        let Some(offer) = Offer::best(&challenges) else {
            return Ok(match (signed, challenges.is_empty()) {
                (Some(signed), _) => self.refused(signed),
                (None, true) => Verdict::Unchallenged,
                (None, false) => Verdict::NotDigest,
            });
        };
        let again = match signed {
            None => !trial.tried_fresh,
            Some(signed) if offer.nonce == signed.offer.nonce => false,
            Some(_) if offer.stale => !std::mem::replace(&mut trial.tried_stale, true),
            Some(signed) => signed.proven && !trial.tried_fresh,
        };
        if !again {
            return Ok(signed.map_or(Verdict::Unchallenged, |signed| self.refused(signed)));
        }
        trial.tried_fresh = true;
        let nonce = Nonce::new(offer)?;
        self.lock().nonce = Some(nonce);
        Ok(Verdict::Again)
    }

    /// Forgets the nonce of a refused request, unless a newer one came meanwhile.
    fn refused(&self, signed: &Signed) -> Verdict {
        let mut state = self.lock();
        state.accepted = None;
        if state.uses(signed) {
            state.nonce = None;
        }
        Verdict::Refused
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Whether the nonce of a signed request is still the one in use.
    fn uses(&self, signed: &Signed) -> bool {
        self.nonce
            .as_ref()
            .is_some_and(|nonce| Arc::ptr_eq(&nonce.offer, &signed.offer))
    }
}

fn cnonce() -> Result<String, SignError> {
    let mut bytes = [0; CNONCE_BYTES];
    getrandom::fill(&mut bytes).map_err(|_| SignError::Random)?;
    Ok(algorithm::hex(&bytes).to_string())
}
