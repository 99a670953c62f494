//! [`Store::claim_key`], [`Store::keep_answer`] and [`Store::expire_keys`].

use uuid::Uuid;

use super::Harness;
use super::sample::{CREATED, at, fresh};
use crate::idempotency::{
    ANSWER_MAX_BYTES, ClaimAnswer, KeptAnswer, KeyClaim, KeyScope, LONG_ANSWERS_MAX_BYTES,
};
use crate::store::Store;

/// When the claims of this module expire.
const EXPIRES: i64 = CREATED + 1_000;

fn claim(key: &str) -> KeyClaim {
    KeyClaim {
        scope: KeyScope {
            caller: "slurm".to_owned(),
            key: key.to_owned(),
            method: "POST".to_owned(),
            path: "/transitions".to_owned(),
        },
        fingerprint: [7; 32],
        reservation: fresh(),
        at: at(CREATED),
        expires_at: at(EXPIRES),
        per_caller: 1_000,
        overall: 1_000,
    }
}

fn answer(body: impl Into<Vec<u8>>) -> KeptAnswer {
    KeptAnswer {
        status: 202,
        content_type: Some("application/json".to_owned()),
        location: Some("../transitions/1".to_owned()),
        body: body.into(),
    }
}

/// Claims a key that must be new, and gives its reservation.
async fn begin<E: Store>(engine: &E, claim: &KeyClaim) -> Uuid {
    assert_eq!(engine.claim_key(claim).await.unwrap(), ClaimAnswer::New);
    claim.reservation
}

/// Only the first claim is new; whoever comes later gets its reservation.
pub async fn a_key_is_claimed_once<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let reservation = begin(&engine, &claim("k")).await;
    for _ in 0..2 {
        assert_eq!(
            engine.claim_key(&claim("k")).await.unwrap(),
            ClaimAnswer::Unanswered { reservation }
        );
    }
}

/// Byte for byte, and nothing that was not there.
pub async fn an_answer_is_given_again<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let bare = KeptAnswer {
        status: 204,
        content_type: None,
        location: None,
        body: Vec::new(),
    };
    for (key, kept) in [("full", answer([0, 255, 34, 39])), ("bare", bare)] {
        let reservation = begin(&engine, &claim(key)).await;
        assert!(engine.keep_answer(reservation, &kept, at(EXPIRES)).await.unwrap());
        assert_eq!(
            engine.claim_key(&claim(key)).await.unwrap(),
            ClaimAnswer::Answered(kept)
        );
    }
}

/// Before and after the answer.
pub async fn another_request_is_told_apart<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let reservation = begin(&engine, &claim("k")).await;
    let mut other = claim("k");
    other.fingerprint[31] = 8;
    assert_eq!(engine.claim_key(&other).await.unwrap(), ClaimAnswer::OtherRequest);
    engine
        .keep_answer(reservation, &answer("a"), at(EXPIRES))
        .await
        .unwrap();
    assert_eq!(engine.claim_key(&other).await.unwrap(), ClaimAnswer::OtherRequest);
}

/// Caller, key, method and path: whatever differs makes another key.
pub async fn a_scope_has_four_parts<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    begin(&engine, &claim("k")).await;
    for changed in 0..4 {
        let mut other = claim("k");
        let scope = &mut other.scope;
        let parts = [
            &mut scope.caller,
            &mut scope.key,
            &mut scope.method,
            &mut scope.path,
        ];
        parts.into_iter().nth(changed).unwrap().push('x');
        begin(&engine, &other).await;
    }
}

/// The repeat after a crash works under the reservation of the first try.
pub async fn an_unanswered_claim_survives_a_kill<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let reservation = begin(&engine, &claim("k")).await;
    harness.kill(engine).await;
    let engine = harness.open().await;
    assert_eq!(
        engine.claim_key(&claim("k")).await.unwrap(),
        ClaimAnswer::Unanswered { reservation }
    );
}

/// What was answered stays answered.
pub async fn an_answer_survives_a_kill<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let reservation = begin(&engine, &claim("k")).await;
    engine
        .keep_answer(reservation, &answer("a"), at(EXPIRES))
        .await
        .unwrap();
    harness.kill(engine).await;
    let engine = harness.open().await;
    assert_eq!(
        engine.claim_key(&claim("k")).await.unwrap(),
        ClaimAnswer::Answered(answer("a"))
    );
}

/// The first answer holds, and a reservation that nobody holds has none.
pub async fn an_answer_is_kept_once<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let reservation = begin(&engine, &claim("k")).await;
    assert!(
        engine
            .keep_answer(reservation, &answer("a"), at(EXPIRES))
            .await
            .unwrap()
    );
    assert!(
        !engine
            .keep_answer(reservation, &answer("b"), at(EXPIRES))
            .await
            .unwrap()
    );
    assert!(
        !engine
            .keep_answer(fresh(), &answer("c"), at(EXPIRES))
            .await
            .unwrap()
    );
    assert_eq!(
        engine.claim_key(&claim("k")).await.unwrap(),
        ClaimAnswer::Answered(answer("a"))
    );
}

/// A key may be used again when it has expired, whether or not it was deleted; an answer is kept as long as it says itself.
pub async fn what_has_expired_is_free<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let reservation = begin(&engine, &claim("k")).await;
    engine
        .keep_answer(reservation, &answer("a"), at(EXPIRES + 5))
        .await
        .unwrap();
    let mut late = claim("k");
    late.at = at(EXPIRES + 4);
    late.expires_at = at(EXPIRES + 100);
    late.fingerprint = [9; 32];
    assert_eq!(engine.claim_key(&late).await.unwrap(), ClaimAnswer::OtherRequest);
    late.at = at(EXPIRES + 5);
    begin(&engine, &late).await;
}

/// A caller at its limit gets no new key, but the answers to those it has; others are not touched.
pub async fn callers_are_bounded<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let limited = |key: &str| KeyClaim {
        per_caller: 2,
        ..claim(key)
    };
    let first = KeyClaim {
        expires_at: at(EXPIRES - 10),
        ..limited("1")
    };
    let reservation = begin(&engine, &first).await;
    begin(&engine, &limited("2")).await;
    let until = at(EXPIRES - 10);
    assert_eq!(
        engine.claim_key(&limited("3")).await.unwrap(),
        ClaimAnswer::CallerFull { until }
    );
    assert_eq!(
        engine.claim_key(&limited("1")).await.unwrap(),
        ClaimAnswer::Unanswered { reservation }
    );
    let mut other = limited("3");
    "bos".clone_into(&mut other.scope.caller);
    begin(&engine, &other).await;
    assert_eq!(engine.expire_keys(until, 10).await.unwrap(), 1);
    begin(&engine, &limited("3")).await;
}

/// Many callers have no more together than all may have.
pub async fn all_together_are_bounded<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let by = |caller: &str| {
        let mut claim = claim("k");
        caller.clone_into(&mut claim.scope.caller);
        claim.overall = 2;
        claim
    };
    begin(&engine, &by("a")).await;
    begin(&engine, &by("b")).await;
    assert_eq!(
        engine.claim_key(&by("c")).await.unwrap(),
        ClaimAnswer::Full { until: at(EXPIRES) }
    );
}

/// An answer that is too long is not kept, and neither is one too many of the long ones; short ones always are.
pub async fn long_answers_are_bounded<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let keep = async |key: &str, bytes: usize| {
        let reservation = begin(&engine, &claim(key)).await;
        engine
            .keep_answer(reservation, &answer(vec![b'x'; bytes]), at(EXPIRES))
            .await
            .unwrap()
    };
    assert!(!keep("too long", ANSWER_MAX_BYTES + 1).await);
    assert!(matches!(
        engine.claim_key(&claim("too long")).await.unwrap(),
        ClaimAnswer::Unanswered { .. }
    ));
    for n in 0..LONG_ANSWERS_MAX_BYTES / ANSWER_MAX_BYTES {
        assert!(keep(&format!("long {n}"), ANSWER_MAX_BYTES).await);
    }
    assert!(!keep("one too many", ANSWER_MAX_BYTES).await);
    assert!(keep("short", 1_000).await);
}

/// Bounded pieces, the oldest first, and nothing that has not expired.
pub async fn keys_expire_piece_by_piece<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    for (key, expires) in [("c", 3), ("a", 1), ("b", 2), ("young", 4)] {
        let claim = KeyClaim {
            at: at(0),
            expires_at: at(expires),
            ..claim(key)
        };
        begin(&engine, &claim).await;
    }
    let mut pieces = Vec::new();
    loop {
        match engine.expire_keys(at(3), 2).await.unwrap() {
            0 => break,
            n => pieces.push(n),
        }
    }
    assert_eq!(pieces, [2, 1]);
    let young = KeyClaim {
        at: at(0),
        ..claim("young")
    };
    assert!(matches!(
        engine.claim_key(&young).await.unwrap(),
        ClaimAnswer::Unanswered { .. }
    ));
}
