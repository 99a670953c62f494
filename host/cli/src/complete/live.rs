//! Names that the service knows, asked for within a second.

use std::ffi::OsString;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap_complete::engine::CompletionCandidate;
use switchyard_wire::v2;

use super::candidate;
use crate::configuration::{Configuration, Flags};
use crate::server::{Error, Server};

/// How long somebody who pressed Tab waits.
const PATIENCE: Duration = Duration::from_secs(1);

/// The service, as far as the line that is completed says where it is.
#[derive(Debug, Default)]
pub(super) struct Live {
    server: Option<String>,
    at: Option<String>,
    token_file: Option<PathBuf>,
    ca_file: Option<PathBuf>,
    /// The transition that the line names.
    transition: Option<String>,
    /// Whether the line is about components of any transition.
    components: bool,
}

impl Live {
    /// Reads the options of the line that lead to the service.
    pub(super) fn new(line: &[OsString]) -> Self {
        let mut live = Self::default();
        let mut words = line.iter().filter_map(|word| word.to_str());
        while let Some(word) = words.next() {
            let (name, value) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (word, None),
            };
            let mut value = || value.or_else(|| words.next()).map(str::to_owned);
            match name {
                "--server" => live.server = value(),
                "--at" => live.at = value(),
                "--token-file" => live.token_file = value().map(PathBuf::from),
                "--ca-file" => live.ca_file = value().map(PathBuf::from),
                "--components" | "--where" | "-x" | "--exclude" => live.components = true,
                id if uuid::Uuid::parse_str(id).is_ok() => live.transition = Some(id.to_owned()),
                _ => {}
            }
        }
        live
    }

    /// The ids of the components that begin like this.
    pub(super) fn components(&self, begin: &str) -> Vec<String> {
        self.ask(async |server| server.suggest_components(begin).await)
    }

    /// The ids of all controllers.
    pub(super) fn controllers(&self) -> Vec<String> {
        self.ask(async |server| {
            Ok(server
                .endpoints()
                .await?
                .into_iter()
                .map(|found| found.id)
                .collect())
        })
    }

    /// The names of the groups.
    pub(super) fn groups(&self) -> Vec<String> {
        self.ask(async |server| server.group_names().await)
    }

    /// The latest transitions that begin like this, with what they do.
    pub(super) fn transitions(&self, begin: &str) -> Vec<CompletionCandidate> {
        let mut found = self.ask(async |server| server.latest_transitions().await);
        found.retain(|transition| transition.id.starts_with(begin));
        let meaning = |transition: &v2::TransitionSummary| {
            let reason = transition.reason.as_deref().map(|reason| format!(", {reason}"));
            format!(
                "{} by {}{}",
                transition.operation,
                transition.requested_by,
                reason.unwrap_or_default()
            )
        };
        found
            .iter()
            .map(|transition| candidate(&transition.id, &meaning(transition)))
            .collect()
    }

    /// Whether the line is about components of any transition.
    pub(super) const fn is_about_components(&self) -> bool {
        self.components
    }

    /// The holds that begin like this, with what they are for.
    pub(super) fn holds(&self, begin: &str) -> Vec<CompletionCandidate> {
        let mut found = self.ask(async |server| Ok(server.holds().await?.holds));
        found.retain(|hold| hold.id.starts_with(begin));
        let meaning = |hold: &v2::Hold| format!("{} by {}, {}", hold.components, hold.by, hold.reason);
        found
            .iter()
            .map(|hold| candidate(&hold.id, &meaning(hold)))
            .collect()
    }

    /// The groups of the failures of the line's transition that begin like this, with what they are.
    pub(super) fn failures(&self, begin: &str) -> Vec<CompletionCandidate> {
        let Some(id) = &self.transition else {
            return Vec::new();
        };
        let mut found = self.ask(async |server| Ok(server.failures(id).await?.groups));
        found.retain(|group| group.fingerprint.starts_with(begin));
        let meaning = |group: &v2::FailureGroup| format!("{} {}", group.count, group.code);
        found
            .iter()
            .map(|group| candidate(&group.fingerprint, &meaning(group)))
            .collect()
    }

    /// The drivers that begin like this.
    pub(super) fn drivers(&self, begin: &str) -> Vec<CompletionCandidate> {
        let mut found = self.ask(async |server| {
            Ok(server
                .drivers()
                .await?
                .drivers
                .into_iter()
                .map(|driver| driver.id)
                .collect::<Vec<_>>())
        });
        found.retain(|id| id.starts_with(begin));
        found.dedup();
        found.iter().map(|id| candidate(id, "")).collect()
    }

    /// Asks the service; nothing when it cannot be asked, refuses, or takes too long.
    fn ask<T>(&self, question: impl AsyncFnOnce(Server) -> Result<Vec<T>, Error>) -> Vec<T> {
        self.answer(question).unwrap_or_default()
    }

    fn answer<T>(&self, question: impl AsyncFnOnce(Server) -> Result<Vec<T>, Error>) -> Option<Vec<T>> {
        let configuration = Configuration::find(Flags {
            server: self.server.as_deref(),
            at: self.at.as_deref(),
            token_file: self.token_file.as_deref().map(Path::new),
            ca_file: self.ca_file.as_deref().map(Path::new),
        });
        let server = Server::new(&configuration.ok()?).ok()?;
        in_time(question(server))?.ok()
    }
}

fn in_time<T>(question: impl Future<Output = T>) -> Option<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .ok()?;
    runtime.block_on(async { tokio::time::timeout(PATIENCE, question).await.ok() })
}
