//! What the simulated Vault holds.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::{JWT, ROOT_TOKEN};

/// The version of the KV engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// Version 1.
    One,
    /// Version 2.
    Two,
}

/// How it behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// It answers.
    Answers,
    /// It is sealed.
    Sealed,
    /// It takes requests and never answers.
    Silent,
    /// It answers after this long.
    Slow(Duration),
    /// It has failed inside.
    Broken,
}

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) engine: Engine,
    pub(crate) mood: Mood,
    pub(crate) secrets: BTreeMap<String, Value>,
    pub(crate) denied: BTreeSet<String>,
    pub(crate) tokens: BTreeMap<String, Token>,
    pub(crate) lease: Duration,
    pub(crate) jwt: String,
    pub(crate) reads: BTreeMap<String, usize>,
    pub(crate) logins: usize,
    pub(crate) renewals: usize,
    pub(crate) namespace: Option<String>,
    pub(crate) open: usize,
    pub(crate) most_at_once: usize,
    made: usize,
}

#[derive(Debug)]
pub(crate) struct Token {
    pub(crate) until: Instant,
    pub(crate) lasts: Duration,
}

impl State {
    pub(crate) fn new(engine: Engine) -> Self {
        Self {
            engine,
            mood: Mood::Answers,
            secrets: BTreeMap::new(),
            denied: BTreeSet::new(),
            tokens: BTreeMap::new(),
            lease: Duration::from_hours(1),
            jwt: JWT.to_owned(),
            reads: BTreeMap::new(),
            logins: 0,
            renewals: 0,
            namespace: None,
            open: 0,
            most_at_once: 0,
            made: 0,
        }
    }

    pub(crate) fn make_token(&mut self, lasts: Duration) -> String {
        self.made += 1;
        let token = format!("hvs.{}", self.made);
        let until = Instant::now() + lasts;
        self.tokens.insert(token.clone(), Token { until, lasts });
        token
    }

    /// Whether a token is good.
    pub(crate) fn lets_in(&self, token: &str) -> bool {
        token == ROOT_TOKEN
            || self
                .tokens
                .get(token)
                .is_some_and(|token| Instant::now() < token.until)
    }
}
