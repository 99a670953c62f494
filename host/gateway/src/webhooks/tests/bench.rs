//! A store, and webhooks that come and go over it.

use std::sync::Arc;
use std::time::Duration;

use switchyard_core::admission::IfBusy;
use switchyard_core::machine::Deadline;
use switchyard_core::{Operation, TransitionId};
use switchyard_store::{
    DeliveryFilter, DeliveryRecord, NewMember, Outbox, Refusal, Store, Submission, TransitionRecord, Want,
};
use switchyard_store_sqlite::SqliteStore;
use tempfile::TempDir;

use crate::clock::{Clock, SystemClock};
use crate::engine::fresh_id;
use crate::webhooks::key::{Signer, SigningKey};
use crate::webhooks::settings::{CallbackSettings, HookSettings};
use crate::webhooks::{Parts, Reach, Retry, Settings, Webhooks};

/// How long a test waits for anything.
const PATIENCE: Duration = Duration::from_secs(30);
/// The key of every receiver.
const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

pub(super) struct Bench {
    pub(super) store: Arc<SqliteStore>,
    _folder: TempDir,
}

pub(super) fn private() -> Reach {
    Reach {
        private: true,
        networks: Vec::new(),
    }
}

pub(super) fn hook(name: &str, url: &str, events: &str, reach: Reach) -> HookSettings {
    HookSettings {
        name: name.to_owned(),
        url: url.parse().unwrap(),
        events: vec![events.parse().unwrap()],
        signer: signer(),
        reach,
    }
}

pub(super) fn signer() -> Signer {
    Signer::of(vec![SigningKey::parse(KEY).unwrap()])
}

/// Settings with waits so short that a test sees several.
pub(super) fn settings(hooks: Vec<HookSettings>, callbacks: Option<Reach>) -> Settings {
    Settings {
        hooks,
        callbacks: callbacks.map(|reach| CallbackSettings {
            signer: signer(),
            reach,
        }),
        retry: Retry {
            first: Duration::from_millis(20),
            longest: Duration::from_millis(50),
            ..Retry::default()
        },
    }
}

impl Bench {
    pub(super) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("switchyard.db"))
            .await
            .unwrap();
        Self {
            store: Arc::new(store),
            _folder: folder,
        }
    }

    pub(super) async fn start(&self, settings: Settings) -> Webhooks {
        Webhooks::start(Parts {
            settings,
            outbox: Arc::clone(&self.store) as Arc<dyn Outbox>,
            store: Arc::clone(&self.store) as Arc<dyn Store>,
            clock: Arc::new(SystemClock),
        })
        .await
        .unwrap()
    }

    /// Stores a transition that has ended at once, because its only member was refused.
    pub(super) async fn ended(&self, callback: Option<&str>) -> TransitionId {
        let now = SystemClock.now();
        let id = TransitionId(fresh_id(now));
        let transition = TransitionRecord {
            id,
            operation: Operation::On,
            created_at: now,
            expires_at: now + Duration::from_hours(1),
            requested_by: "anonymous".to_owned(),
            reason: None,
            request_id: "r".to_owned(),
            deadline: Deadline::from_minutes(5),
            start_by: now + Duration::from_mins(15),
            retry_of: None,
            max_failures: None,
            struck_at: None,
            cancel_asked_at: None,
            ended_at: None,
        };
        let member = NewMember {
            name: "banana".to_owned(),
            want: Want::Refused(Refusal::InvalidName),
            included: false,
        };
        self.store
            .submit(Submission {
                transition,
                members: vec![member],
                if_busy: IfBusy::Queue,
                all_or_none: false,
                audit: None,
                callback: callback.map(str::to_owned),
            })
            .await
            .unwrap();
        id
    }

    /// All deliveries, oldest first.
    pub(super) async fn deliveries(&self) -> Vec<DeliveryRecord> {
        let mut all = self
            .store
            .deliveries(&DeliveryFilter::default(), 1_000)
            .await
            .unwrap();
        all.reverse();
        all
    }

    /// Waits for a condition over the deliveries.
    pub(super) async fn until(&self, what: &str, condition: impl Fn(&[DeliveryRecord]) -> bool) {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let deliveries = self.deliveries().await;
            if condition(&deliveries) {
                return;
            }
            assert!(
                tokio::time::Instant::now() < deadline,
                "in {PATIENCE:?} it did not come about that {what}: {deliveries:#?}"
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}
