//! A look at what the service stands on, every few seconds: database, disk and BMCs. systemd's watchdog hears of it.

mod disk;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::{Duration, Instant};

use switchyard_store::StoreError;
use tokio_util::sync::CancellationToken;

use crate::dependencies::{Dependencies, Dependency, Handle};
use crate::engine::Engine;
use crate::telemetry::Chain;

pub use disk::{Disk, Room, free_bytes};

/// The time between two looks; less when systemd wants to hear more often.
pub const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How long the database may take to answer before it counts as away.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// The most controllers that a reason names.
const NAMED_MAX: usize = 5;

/// Looks at database, disk and BMCs, and says in the registry how they stand.
#[derive(Debug)]
pub struct Watch {
    engine: Engine,
    disk: Arc<Disk>,
    database: Handle,
    room: Handle,
    bmcs: Handle,
}

/// What a look found out about the service itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// The engine works, and the database answers, be it with an error.
    Works,
    /// The service stops, which has its own limits, and the database answers.
    Stops,
    /// The database is stuck, or another process has taken over. A new process can do better.
    Stuck,
}

impl Watch {
    /// A watch over this engine and the disk of its database.
    pub fn new(engine: Engine, disk: Disk, dependencies: &Dependencies) -> Self {
        Self {
            engine,
            disk: Arc::new(disk),
            database: dependencies.handle(Dependency::Database),
            room: dependencies.handle(Dependency::Disk),
            bmcs: dependencies.handle(Dependency::Bmcs),
        }
    }

    /// Looks until cancelled. As long as the service works, `alive` is told after every look: systemd's watchdog.
    pub async fn run(self, every: Duration, alive: impl Fn() + Send, stop: CancellationToken) {
        let mut ticks = tokio::time::interval(every);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            let Some(health) = stop.run_until_cancelled(self.look()).await else {
                return;
            };
            match health {
                Health::Works | Health::Stops => alive(),
                Health::Stuck => tracing::error!("the service is stuck; systemd, if it watches, restarts it"),
            }
        }
    }

    /// Looks once.
    pub async fn look(&self) -> Health {
        self.look_at_disk().await;
        self.look_at_bmcs();
        let answered = self.look_at_database().await;
        match answered {
            true if self.engine.is_ready() => Health::Works,
            true if self.engine.is_stopping() => Health::Stops,
            _ => Health::Stuck,
        }
    }

    /// Whether the database answered, be it with an error: one that no restart mends is not worth one.
    async fn look_at_database(&self) -> bool {
        let begun = Instant::now();
        let store = self.engine.store();
        let asked = async {
            store.ping().await?;
            store.ping_writer().await
        };
        match tokio::time::timeout(ANSWER_WITHIN, asked).await {
            Ok(Ok(())) => {
                self.database.ok();
                true
            }
            Ok(Err(error)) => {
                self.database
                    .away(&format!("The database fails: {}.", Chain(&error)));
                !matches!(error, StoreError::Overloaded)
            }
            Err(_) => {
                let waited = begun.elapsed().as_secs();
                self.database
                    .away(&format!("The database has not answered for {waited} s."));
                false
            }
        }
    }

    async fn look_at_disk(&self) {
        let disk = Arc::clone(&self.disk);
        let looked = tokio::task::spawn_blocking(move || disk.look()).await;
        match looked {
            Ok(Room::Enough) => self.room.ok(),
            Ok(Room::Short(reason) | Room::Unknown(reason)) => self.room.degraded(&reason),
            Ok(Room::Full(reason)) => self.room.away(&reason),
            Err(_) => self.room.degraded("The look at the disk broke off."),
        }
    }

    fn look_at_bmcs(&self) {
        let (mut all, mut open, mut names) = (0_usize, 0_usize, Vec::new());
        for endpoint in self.engine.endpoints().after(None) {
            all += 1;
            if endpoint.record().breaker.trip().is_some() {
                open += 1;
                if names.len() < NAMED_MAX {
                    names.push(endpoint.controller.endpoint.id.to_string());
                }
            }
        }
        if open == 0 {
            return self.bmcs.ok();
        }
        let more = if open > names.len() { ", ..." } else { "" };
        let reason = format!(
            "{open} of {all} controllers are left alone, because they do not answer or refuse: {}{more}.",
            names.join(", ")
        );
        if open == all {
            self.bmcs.away(&reason);
        } else {
            self.bmcs.degraded(&reason);
        }
    }
}
