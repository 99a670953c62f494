//! The controller's side of HTTP digest authentication (RFC 7616), as AMT 16 has it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use md5::{Digest as _, Md5};

use super::state::State;
use crate::config::Login;

/// What a controller knows of its nonces.
#[derive(Debug)]
pub(super) struct Nonces {
    realm: String,
    number: u64,
    /// Requests under the present nonce, and the highest count among them.
    uses: u32,
    count: u32,
}

/// What becomes of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Admission {
    /// It is carried out.
    Granted,
    /// It is answered with this challenge.
    Challenged(String),
    /// The account is locked.
    Locked,
}

/// The request as far as its digest goes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) body: &'a [u8],
    pub(super) authorization: Option<&'a str>,
}

impl Nonces {
    pub(super) fn new(index: usize) -> Self {
        Self {
            realm: format!("Digest:{:032X}", 0xA4B0_0000_0000_u64 + index as u64),
            number: 0,
            uses: 0,
            count: 0,
        }
    }

    fn present(&self) -> String {
        hash(&["nonce", &self.realm, &self.number.to_string()])
    }
}

/// Checks a request. A wrong login counts, a right one under an old nonce does not.
pub(super) fn admit(state: &mut State, login: &Login, asked: &Asked<'_>, now_ms: u64) -> Admission {
    if now_ms < state.locked_until {
        return Admission::Locked;
    }
    let Some(given) = asked.authorization.and_then(parameters) else {
        return challenge(state, false);
    };
    let given = |name: &str| given.get(name).map(String::as_str).unwrap_or_default();
    let proof = Proof {
        nonce: given("nonce"),
        count: given("nc"),
        cnonce: given("cnonce"),
        protection: given("qop"),
    };
    let offered = match proof.protection {
        "auth-int" => true,
        "auth" => !state.switches.only_auth_int,
        _ => false,
    };
    let right = offered
        && given("username") == login.user
        && given("realm") == state.nonces.realm
        && given("uri") == asked.path
        && given("response") == proof.response(login, &state.nonces.realm, asked);
    if !right {
        state.view.wrong_logins += 1;
        state.wrong_in_a_row += 1;
        if state.wrong_in_a_row >= state.switches.locks_after {
            state.wrong_in_a_row = 0;
            state.locked_until = now_ms + state.switches.locked_for_ms;
            return Admission::Locked;
        }
        return challenge(state, false);
    }
    state.wrong_in_a_row = 0;
    let count = u32::from_str_radix(proof.count, 16).unwrap_or(0);
    let worn = state
        .switches
        .nonce_uses
        .is_some_and(|most| state.nonces.uses >= most);
    if proof.nonce != state.nonces.present() || count <= state.nonces.count || worn {
        state.view.stale_nonces += 1;
        let tells = state.switches.tells_stale;
        return challenge(state, tells);
    }
    state.nonces.uses += 1;
    state.nonces.count = count;
    Admission::Granted
}

fn challenge(state: &mut State, stale: bool) -> Admission {
    state.nonces.number += 1;
    state.nonces.uses = 0;
    state.nonces.count = 0;
    let protections = if state.switches.only_auth_int {
        "auth-int"
    } else {
        "auth-int, auth"
    };
    Admission::Challenged(format!(
        "Digest realm=\"{}\", nonce=\"{}\",stale=\"{stale}\",qop=\"{protections}\"",
        state.nonces.realm,
        state.nonces.present()
    ))
}

struct Proof<'a> {
    nonce: &'a str,
    count: &'a str,
    cnonce: &'a str,
    protection: &'a str,
}

impl Proof<'_> {
    fn response(&self, login: &Login, realm: &str, asked: &Asked<'_>) -> String {
        let key = hash(&[&login.user, realm, &login.password]);
        let request = if self.protection == "auth-int" {
            let body = hex(&Md5::digest(asked.body));
            hash(&[asked.method, asked.path, &body])
        } else {
            hash(&[asked.method, asked.path])
        };
        hash(&[
            &key,
            self.nonce,
            self.count,
            self.cnonce,
            self.protection,
            &request,
        ])
    }
}

fn hash(parts: &[&str]) -> String {
    hex(&Md5::digest(parts.join(":").as_bytes()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        write!(text, "{byte:02x}").ok();
        text
    })
}

/// The parameters of an `Authorization: Digest` header.
fn parameters(header: &str) -> Option<BTreeMap<String, String>> {
    let mut rest = header.strip_prefix("Digest ")?;
    let mut parameters = BTreeMap::new();
    while let Some((name, after)) = rest.split_once('=') {
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => after.split_once(',').unwrap_or((after, "")),
        };
        parameters.insert(name.trim().to_owned(), value.trim().to_owned());
        rest = after.trim_start_matches([',', ' ']);
    }
    Some(parameters)
}
