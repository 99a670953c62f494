//! A digest challenge that can be answered.

use super::algorithm::Algorithm;
use super::challenge::Challenge;

/// What the response protects (RFC 7616, section 3.3: `qop`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protection {
    /// Nothing is named: the response of RFC 2069.
    Legacy,
    /// `auth`: method and path.
    Auth,
    /// `auth-int`: method, path and body.
    AuthInt,
}

/// A digest challenge (RFC 7616, section 3.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Offer {
    pub(crate) realm: String,
    pub(crate) nonce: String,
    pub(crate) opaque: Option<String>,
    pub(crate) algorithm: Algorithm,
    /// The algorithm as the controller wrote it. Some refuse an answer that names one when they have named none.
    pub(crate) algorithm_name: Option<String>,
    /// Whether the key of the session is made once for each nonce (`-sess`).
    pub(crate) session: bool,
    pub(crate) protection: Protection,
    /// Whether only the nonce was wrong.
    pub(crate) stale: bool,
    /// Whether the user's name goes as a hash.
    pub(crate) userhash: bool,
}

impl Offer {
    /// The strongest digest challenge that can be answered; of equals the first.
    pub(crate) fn best(challenges: &[Challenge]) -> Option<Self> {
        let mut best: Option<Self> = None;
        for offer in challenges.iter().filter_map(Self::of) {
            if best.as_ref().is_none_or(|best| offer.algorithm > best.algorithm) {
                best = Some(offer);
            }
        }
        best
    }

    /// The same with another nonce.
    pub(crate) fn with_nonce(&self, nonce: String) -> Self {
        Self {
            nonce,
            stale: false,
            ..self.clone()
        }
    }

    fn of(challenge: &Challenge) -> Option<Self> {
        if challenge.scheme != "digest" {
            return None;
        }
        let given = |name| challenge.params.iter().any(|(known, _)| known == name);
        let is_true = |name| {
            challenge
                .param(name)
                .is_some_and(|value| value.eq_ignore_ascii_case("true"))
        };
        let algorithm_name = challenge.param("algorithm");
        let (name, session) = match algorithm_name {
            None if given("algorithm") => return None,
            None => ("MD5", false),
            Some(name) => match name.len().checked_sub(5).and_then(|at| name.split_at_checked(at)) {
                Some((name, suffix)) if suffix.eq_ignore_ascii_case("-sess") => (name, true),
                _ => (name, false),
            },
        };
        let protection = match challenge.param("qop") {
            None if given("qop") => return None,
            None => Protection::Legacy,
            Some(list) => protection(list)?,
        };
        Some(Self {
            realm: challenge.param("realm")?.to_owned(),
            nonce: challenge.param("nonce")?.to_owned(),
            opaque: challenge.param("opaque").map(str::to_owned),
            algorithm: Algorithm::parse(name)?,
            algorithm_name: algorithm_name.map(str::to_owned),
            session,
            protection,
            stale: is_true("stale"),
            userhash: is_true("userhash"),
        })
    }
}

/// `auth` where it is offered, for it is what every client sends and every controller was tried with; else `auth-int`.
fn protection(list: &str) -> Option<Protection> {
    let offers = |name: &str| list.split(',').any(|word| word.trim().eq_ignore_ascii_case(name));
    if offers("auth") {
        Some(Protection::Auth)
    } else if offers("auth-int") {
        Some(Protection::AuthInt)
    } else {
        None
    }
}
