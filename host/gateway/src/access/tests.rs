use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use switchyard_store_sqlite::SqliteStore;
use tokio::sync::Semaphore;

use super::bootstrap::first_token;
use super::*;
use crate::clock::SystemClock;

/// A store that takes its time over the answer that a token is revoked.
struct Slow {
    store: SqliteStore,
    answers: Semaphore,
}

#[async_trait]
impl AccessTokens for Slow {
    async fn create_token(&self, token: &AccessToken, audit: Option<NewAudit>) -> Result<(), StoreError> {
        self.store.create_token(token, audit).await
    }

    async fn tokens(&self) -> Result<Vec<AccessToken>, StoreError> {
        self.store.tokens().await
    }

    async fn revoke_token(
        &self,
        id: &AccessTokenId,
        at: Timestamp,
        audit: Option<NewAudit>,
    ) -> Result<bool, StoreError> {
        let revoked = self.store.revoke_token(id, at, audit).await;
        self.answers.acquire().await.unwrap().forget();
        revoked
    }

    async fn note_tokens_used(&self, used: &[(AccessTokenId, Timestamp)]) -> Result<(), StoreError> {
        self.store.note_tokens_used(used).await
    }

    async fn prune_tokens(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.store.prune_tokens(before).await
    }
}

struct Bench {
    folder: tempfile::TempDir,
    store: Arc<Slow>,
    now: Timestamp,
}

impl Bench {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("switchyard.db"))
            .await
            .unwrap();
        Self {
            folder,
            store: Arc::new(Slow {
                store,
                answers: Semaphore::new(0),
            }),
            now: SystemClock.now(),
        }
    }

    async fn tokens(&self, now: Timestamp) -> Tokens {
        let store = Arc::clone(&self.store) as Arc<dyn AccessTokens>;
        Tokens::read(store, now).await.unwrap()
    }

    async fn start(&self) -> Access {
        let settings = Settings::read(&crate::config::defaults().access, false).unwrap();
        Access::start(Parts {
            settings: Settings {
                bootstrap_file: None,
                ..settings
            },
            store: Arc::clone(&self.store) as Arc<dyn AccessTokens>,
            clock: Arc::new(SystemClock),
            dependencies: Dependencies::default(),
        })
        .await
        .unwrap()
    }

    fn new_token() -> NewToken {
        NewToken {
            name: "anna".to_owned(),
            role: Role::Admin,
            scope: Scope::All,
            expires_at: None,
            created_by: "a test".to_owned(),
        }
    }

    fn entry(&self, id: &AccessTokenId) -> NewAudit {
        NewAudit {
            at: self.now,
            who: "a test".to_owned(),
            action: "token.revoke".to_owned(),
            target: id.to_string(),
            reason: None,
            origin: None,
            request_id: String::new(),
            detail: serde_json::json!({}),
        }
    }
}

#[tokio::test]
async fn a_first_token_that_cannot_be_written_is_none_and_one_is_enough_for_ever() {
    let bench = Bench::new().await;
    let file = bench.folder.path().join("later/token");
    for _ in 0..2 {
        let failed = first_token(&bench.tokens(bench.now).await, &file, bench.now).await;
        assert!(matches!(failed, Err(BootstrapError::Write { .. })), "{failed:?}");
        assert_eq!(bench.store.tokens().await.unwrap(), []);
    }
    std::fs::create_dir(bench.folder.path().join("later")).unwrap();
    let tokens = bench.tokens(bench.now).await;
    first_token(&tokens, &file, bench.now).await.unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    assert_eq!(tokens.check(text.trim(), bench.now).unwrap().role, Role::Admin);

    // Everything is revoked, and is long over at a later start.
    std::fs::remove_file(&file).unwrap();
    bench.store.answers.add_permits(1);
    let first = tokens.list().remove(0).id;
    let a_day = Duration::from_hours(24);
    tokens
        .revoke(&first, bench.now + a_day, bench.entry(&first))
        .await
        .unwrap();
    for days in [91, 1_000] {
        let later = bench.now + a_day * days;
        first_token(&bench.tokens(later).await, &file, later)
            .await
            .unwrap();
        assert!(
            !file.exists(),
            "after {days} days an admin was made out of nothing"
        );
    }
}

#[tokio::test]
async fn tokens_that_were_over_long_ago_make_room_while_the_service_runs() {
    let bench = Bench::new().await;
    let tokens = bench.tokens(bench.now).await;
    let a_day = Duration::from_hours(24);
    // The first one stays for ever.
    for (n, days) in [1, 1, 50].into_iter().enumerate() {
        let expires_at = Some(bench.now + a_day * days);
        let new = NewToken {
            expires_at,
            ..Bench::new_token()
        };
        let now = bench.now + Duration::from_secs(n as u64);
        tokens.create(new, now, |_| None).await.unwrap();
    }
    tokens.prune(bench.now + a_day * 90).await;
    assert_eq!(tokens.list().len(), 3);
    tokens.prune(bench.now + a_day * 92).await;
    assert_eq!(tokens.list().len(), 2);
    assert_eq!(bench.store.tokens().await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_token_of_an_earlier_version_that_was_never_delivered_is_none() {
    let bench = Bench::new().await;
    let tokens = bench.tokens(bench.now).await;
    let (token, _) = tokens
        .create(Bench::new_token(), bench.now, |_| None)
        .await
        .unwrap();
    bench.store.answers.add_permits(1);
    tokens
        .revoke(&token.id, bench.now, bench.entry(&token.id))
        .await
        .unwrap();
    let file = bench.folder.path().join("token");
    first_token(&bench.tokens(bench.now).await, &file, bench.now)
        .await
        .unwrap();
    assert!(file.exists());
}

#[tokio::test]
async fn a_revocation_holds_when_its_caller_hangs_up() {
    let bench = Bench::new().await;
    let access = bench.start().await;
    let created = access
        .tokens()
        .create(Bench::new_token(), bench.now, |_| None)
        .await;
    let (token, text) = created.unwrap();
    let cut = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&cut);
    let revoking = access.revoke(token.id.clone(), bench.now, bench.entry(&token.id), move || {
        told.store(true, Ordering::Relaxed);
    });
    let hung_up = tokio::time::timeout(Duration::ZERO, revoking).await;
    assert!(hung_up.is_err());
    bench.store.answers.add_permits(1);
    access.stop().await;
    let presented = access.tokens().check(text.expose(), bench.now);
    assert_eq!(presented.unwrap_err(), Denied::Revoked);
    assert!(cut.load(Ordering::Relaxed), "its streams are cut");
}

#[tokio::test]
async fn what_the_store_revoked_unheard_is_refused_when_it_is_revoked_again() {
    let bench = Bench::new().await;
    let tokens = bench.tokens(bench.now).await;
    let (token, text) = tokens
        .create(Bench::new_token(), bench.now, |_| None)
        .await
        .unwrap();
    bench
        .store
        .store
        .revoke_token(&token.id, bench.now, None)
        .await
        .unwrap();
    bench.store.answers.add_permits(2);
    let revoke = || tokens.revoke(&token.id, bench.now, bench.entry(&token.id));
    assert!(revoke().await.unwrap().is_some());
    assert_eq!(
        tokens.check(text.expose(), bench.now).unwrap_err(),
        Denied::Revoked
    );
    assert!(revoke().await.unwrap().is_none());
}
