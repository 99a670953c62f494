//! The one task that talks to SMD about reservations.

use std::sync::{Arc, Mutex};

use switchyard_core::{ComponentId, Failure, Timestamp};
use switchyard_store::{Applied, ReservationRecord};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::calls::{self, Away};
use super::table::{State, Table};
use super::{Ask, GATHER, IDS_MAX, Order, Parts, TERM, TICK, lock};
use crate::engine::Released;
use crate::telemetry::{Chain, metrics};

pub(super) struct Keeper {
    pub(super) parts: Parts,
    pub(super) table: Arc<Mutex<Table>>,
    orders: mpsc::Receiver<Order>,
    /// Whether SMD answered nothing in this round: it is not asked again before the next.
    pub(super) away: Option<Failure>,
    /// What tasks from before a restart had, and is gone: acquired anew at the end of the round.
    again: Vec<ComponentId>,
}

/// What was ordered since the last round.
#[derive(Default)]
struct Round {
    asks: Vec<Ask>,
    leaves: Vec<(ComponentId, oneshot::Sender<Released>)>,
}

impl Keeper {
    pub(super) fn new(parts: Parts, table: Arc<Mutex<Table>>, orders: mpsc::Receiver<Order>) -> Self {
        Self {
            parts,
            table,
            orders,
            away: None,
            again: Vec::new(),
        }
    }

    pub(super) async fn run(mut self, stop: CancellationToken) {
        loop {
            let mut round = Round::default();
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                order = self.orders.recv() => match order {
                    Some(order) => self.gather(&mut round, order).await,
                    None => return,
                },
                () = tokio::time::sleep(TICK) => {}
            }
            self.go_round(round).await;
        }
    }

    /// Takes orders in for a moment, so that many become one call.
    async fn gather(&mut self, round: &mut Round, first: Order) {
        Self::take(round, first);
        let until = tokio::time::Instant::now() + GATHER;
        while let Ok(Some(order)) = tokio::time::timeout_at(until, self.orders.recv()).await {
            Self::take(round, order);
        }
    }

    fn take(round: &mut Round, order: Order) {
        match order {
            Order::Ask(ask) => round.asks.push(ask),
            Order::Leave(leave) => round.leaves.push((leave.component, leave.answer)),
            Order::Look => {}
        }
    }

    /// Gives back first, so that what is waited for most is done first; asks last, so that what was given back can be had.
    async fn go_round(&mut self, round: Round) {
        self.away = None;
        let settled = lock(&self.table).settled;
        if settled {
            self.give_back(round.leaves).await;
            self.tidy().await;
            self.renew().await;
        } else {
            // An end that comes before everybody has resumed is no reason to wait.
            drop(round.leaves);
        }
        self.serve(round.asks).await;
        self.acquire_again().await;
        metrics::reservations_held(lock(&self.table).held());
    }

    pub(super) fn now(&self) -> Timestamp {
        self.parts.clock.now()
    }

    /// Notes that SMD is away for the rest of the round. One that takes a request for wrong is there.
    pub(super) fn note(&mut self, away: &Away) {
        tracing::warn!(reason = %away.failure, "SMD did not do what was asked of reservations");
        if away.wrong.is_none() {
            self.away = Some(away.failure.clone());
        }
    }

    async fn give_back(&mut self, leaves: Vec<(ComponentId, oneshot::Sender<Released>)>) {
        let keys = lock(&self.table).to_release();
        for piece in keys.chunks(IDS_MAX) {
            if self.away.is_some() {
                break;
            }
            let ids: Vec<ComponentId> = piece.iter().map(|(id, _)| id.clone()).collect();
            match calls::release(&self.parts.client, piece).await {
                Ok(()) => {
                    for id in &ids {
                        if let Some(entry) = lock(&self.table).entries.get_mut(id) {
                            entry.state = State::Free;
                        }
                    }
                    self.forget(&ids).await;
                }
                Err(away) => self.note(&away),
            }
        }
        let given: std::collections::HashSet<&ComponentId> = keys.iter().map(|(id, _)| id).collect();
        for (component, answer) in leaves {
            let left = lock(&self.table)
                .entries
                .get(&component)
                .is_some_and(|entry| entry.users.is_empty() && !matches!(entry.state, State::Free));
            let released = match (left, given.contains(&component)) {
                (true, _) => Released::LeftToExpire,
                (false, true) => Released::GivenBack,
                (false, false) => Released::Nothing,
            };
            if answer.send(released).is_err() {
                tracing::debug!(%component, "the end of the task did not wait for the release");
            }
        }
    }

    /// What could not be had again is asked for by the tasks themselves before they send anything more.
    async fn acquire_again(&mut self) {
        let again = std::mem::take(&mut self.again);
        let free = |id: &ComponentId| {
            let table = lock(&self.table);
            let entry = table.entries.get(id);
            entry.is_some_and(|entry| !entry.users.is_empty() && matches!(entry.state, State::Free))
        };
        let again: Vec<ComponentId> = again.into_iter().filter(free).collect();
        for piece in again.chunks(IDS_MAX) {
            if let Err(away) = self.create(piece).await {
                self.note(&away);
                return;
            }
            let mut table = lock(&self.table);
            for id in piece {
                table.grant_all(id);
            }
        }
    }

    async fn tidy(&self) {
        let over = lock(&self.table).tidy(self.now());
        if !over.is_empty() {
            self.forget(&over).await;
        }
    }

    async fn renew(&mut self) {
        let due = lock(&self.table).to_renew(self.now());
        for piece in due.chunks(IDS_MAX) {
            if self.away.is_some() {
                return;
            }
            let expires_at = self.now() + TERM;
            match calls::renew(&self.parts.client, piece).await {
                Ok(renewed) => {
                    let (mut kept, mut lost) = (Vec::new(), Vec::new());
                    for (id, _) in piece {
                        if renewed.contains(id.as_str()) {
                            kept.extend(lock(&self.table).renewed(id, expires_at));
                        } else {
                            lost.push(id.clone());
                        }
                    }
                    self.keep(&kept).await;
                    self.lose(&lost).await;
                }
                Err(away) => self.note(&away),
            }
        }
    }

    /// Reservations that SMD no longer knows.
    pub(super) async fn lose(&mut self, components: &[ComponentId]) {
        if components.is_empty() {
            return;
        }
        for id in components {
            let loss = lock(&self.table).lost(id);
            if loss.resumed {
                self.again.push(id.clone());
            }
            if loss.used {
                tracing::warn!(component = %id, "the reservation in SMD was lost");
                metrics::reservation_lost();
            }
        }
        self.forget(components).await;
    }

    /// Stores what is known. A failure leaves an older word, which the next start takes up just as well.
    pub(super) async fn keep(&self, records: &[ReservationRecord]) -> bool {
        if records.is_empty() {
            return true;
        }
        match self
            .parts
            .store
            .keep_reservations(&self.parts.lease, records)
            .await
        {
            Ok(Applied::Stored) => true,
            Ok(Applied::Fenced) => false,
            Err(error) => {
                tracing::error!(error = %Chain(&error), "reservations could not be stored");
                false
            }
        }
    }

    pub(super) async fn forget(&self, components: &[ComponentId]) {
        if let Err(error) = self
            .parts
            .store
            .forget_reservations(&self.parts.lease, components)
            .await
        {
            tracing::error!(error = %Chain(&error), "reservations could not be forgotten");
        }
    }
}
