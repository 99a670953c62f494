//! A simulated Vault: secrets of KV version 1 or 2, tokens that expire, the login of Kubernetes, sealing, silence.
//!
//! It is written from the documentation of Vault's HTTP API and knows only what a client of secrets can see.

mod server;
mod state;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use state::State;
pub use state::{Engine, Mood};

/// Where the engine is mounted.
pub const MOUNT: &str = "secret";
/// The path of PCS's logins, with the mount.
pub const KEYPATH: &str = "secret/hms-creds";
/// The token that does not expire.
pub const ROOT_TOKEN: &str = "hvs.root";
/// The role that the login of Kubernetes knows.
pub const ROLE: &str = "services";
/// The service account that it takes.
pub const JWT: &str = "eyJhbGciOiJub25lIn0.e30.pod";

/// A running Vault. It ends when it is dropped.
#[derive(Debug)]
pub struct VaultSim {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    _stop: DropGuard,
}

impl VaultSim {
    /// Starts on a free port of the loopback interface, unsealed and without secrets.
    pub async fn start(engine: Engine) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let state = Arc::new(Mutex::new(State::new(engine)));
        let stop = CancellationToken::new();
        let router = server::router(Arc::clone(&state));
        let serving = axum::serve(listener, router);
        let ended = stop.clone();
        tokio::spawn(async move {
            // Connections are cut, not drained.
            tokio::select! {
                _ = serving => {}
                () = ended.cancelled() => {}
            }
        });
        Ok(Self {
            address,
            state,
            _stop: stop.drop_guard(),
        })
    }

    /// Its address, as in `VAULT_ADDR`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Keeps a login under a name, as PCS's tools do.
    pub fn set(&self, name: &str, user: &str, password: &str) {
        let secret = json!({
            "Xname": name, "URL": format!("{name}/redfish/v1"), "Username": user, "Password": password,
            "SNMPAuthPass": "", "SNMPPrivPass": "",
        });
        self.put(name, secret);
    }

    /// Keeps any secret under a name.
    pub fn put(&self, name: &str, secret: Value) {
        self.state().secrets.insert(name.to_owned(), secret);
    }

    /// Removes a secret.
    pub fn remove(&self, name: &str) {
        self.state().secrets.remove(name);
    }

    /// Denies a secret to everybody.
    pub fn deny(&self, name: &str) {
        self.state().denied.insert(name.to_owned());
    }

    /// How it behaves from now on.
    pub fn set_mood(&self, mood: Mood) {
        self.state().mood = mood;
    }

    /// How long tokens that are given from now on last.
    pub fn set_lease(&self, lease: Duration) {
        self.state().lease = lease;
    }

    /// The service account that the login of Kubernetes takes from now on.
    pub fn set_jwt(&self, jwt: &str) {
        jwt.clone_into(&mut self.state().jwt);
    }

    /// Makes a token that lasts this long and can be renewed.
    pub fn make_token(&self, lasts: Duration) -> String {
        self.state().make_token(lasts)
    }

    /// Voids every token but the root token.
    pub fn revoke_tokens(&self) {
        self.state().tokens.clear();
    }

    /// How often secrets of this name were asked for.
    pub fn reads(&self, name: &str) -> usize {
        self.state().reads.get(name).copied().unwrap_or_default()
    }

    /// How often somebody logged in.
    pub fn logins(&self) -> usize {
        self.state().logins
    }

    /// How often a token was renewed.
    pub fn renewals(&self) -> usize {
        self.state().renewals
    }

    /// The namespace of the last question.
    pub fn namespace(&self) -> Option<String> {
        self.state().namespace.clone()
    }

    /// The most questions that were open at once.
    pub fn most_at_once(&self) -> usize {
        self.state().most_at_once
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
