//! Access tokens.

use super::Harness;
use super::sample::{at, entry};
use crate::audit::AuditFilter;
use crate::store::Store;
use crate::token::{AccessToken, AccessTokenId, AccessTokens};

fn token(digit: char) -> AccessToken {
    AccessToken {
        id: digit.to_string().repeat(16).parse().unwrap(),
        name: "slurm".to_owned(),
        role: "operator".to_owned(),
        scope: Some(vec!["x0c0s[0-3]b0n0".to_owned(), "@rack".to_owned()]),
        hash: [7; 32],
        created_at: at(1),
        created_by: "root".to_owned(),
        expires_at: Some(at(100)),
        last_used_at: None,
        revoked_at: None,
    }
}

async fn only<E: AccessTokens>(engine: &E) -> AccessToken {
    let mut tokens = engine.tokens().await.unwrap();
    assert_eq!(tokens.len(), 1);
    tokens.remove(0)
}

/// A token comes back whole, also after a kill, and is revoked once.
pub async fn a_token_is_kept_and_revoked_once<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let (first, unknown) = (token('a'), "b".repeat(16).parse::<AccessTokenId>().unwrap());
    engine
        .create_token(&first, Some(entry("token.create")))
        .await
        .unwrap();
    assert!(
        engine.create_token(&first, None).await.is_err(),
        "an id is used once"
    );
    assert!(
        !engine
            .revoke_token(&unknown, at(2), Some(entry("token.revoke")))
            .await
            .unwrap()
    );
    harness.kill(engine).await;
    let engine = harness.open().await;
    assert_eq!(only(&engine).await, first);
    assert!(
        engine
            .revoke_token(&first.id, at(2), Some(entry("token.revoke")))
            .await
            .unwrap()
    );
    assert!(
        !engine
            .revoke_token(&first.id, at(3), Some(entry("token.revoke")))
            .await
            .unwrap()
    );
    assert_eq!(only(&engine).await.revoked_at, Some(at(2)));
    let audits = engine.audits(&AuditFilter::default(), 10).await.unwrap();
    assert_eq!(audits.len(), 2, "what did not happen is not in the audit");
}

/// A late flush does not make the last use older.
pub async fn the_last_use_only_grows<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let id = token('a').id;
    engine.create_token(&token('a'), None).await.unwrap();
    for (used, kept) in [(50, 50), (40, 50), (60, 60)] {
        engine.note_tokens_used(&[(id.clone(), at(used))]).await.unwrap();
        assert_eq!(only(&engine).await.last_used_at, Some(at(kept)));
    }
    engine.note_tokens_used(&[]).await.unwrap();
}

/// Tokens that nobody can use any more are deleted some time later.
pub async fn what_is_over_is_pruned<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    for token in [
        AccessToken {
            expires_at: None,
            ..token('b')
        },
        token('a'),
        AccessToken {
            expires_at: None,
            revoked_at: Some(at(20)),
            ..token('c')
        },
    ] {
        engine.create_token(&token, None).await.unwrap();
    }
    assert_eq!(engine.prune_tokens(at(20)).await.unwrap(), 0);
    assert_eq!(engine.prune_tokens(at(21)).await.unwrap(), 1);
    assert_eq!(engine.prune_tokens(at(101)).await.unwrap(), 1);
    assert_eq!(only(&engine).await.id, token('b').id);
}

/// A service that had a token is never again one that had none.
pub async fn the_first_token_is_never_pruned<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let undelivered = AccessToken {
        revoked_at: Some(at(1)),
        ..token('a')
    };
    for token in [undelivered, token('b'), token('c')] {
        engine.create_token(&token, None).await.unwrap();
    }
    assert_eq!(engine.prune_tokens(at(1_000)).await.unwrap(), 2);
    assert_eq!(only(&engine).await.id, token('b').id);
    assert_eq!(engine.prune_tokens(at(1_000)).await.unwrap(), 0);
}
