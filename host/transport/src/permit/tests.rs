use uuid::Uuid;

use super::*;

struct Always;
impl Guard for Always {
    fn may_send(&self, _: Duration) -> Result<(), String> {
        Ok(())
    }
}

struct Lost;
impl Guard for Lost {
    fn may_send(&self, _: Duration) -> Result<(), String> {
        Err("the lease is lost".into())
    }
}

fn permit(guard: impl Guard + 'static) -> Arc<Permit> {
    Permit::new(PermitId(Uuid::from_u128(1)), Replay::Never, Arc::new(guard))
}

#[tokio::test]
async fn a_send_is_spent_by_an_answer_that_leaves_execution_open() {
    let permit = permit(Always);
    let claim = permit.claim().unwrap();
    assert_eq!(permit.delivery(), Delivery::NotSent);
    claim.open(Duration::ZERO).unwrap();
    assert_eq!(permit.delivery(), Delivery::MaybeSent);
    assert!(permit.claim().is_err(), "one change at a time");
    claim.answered(204);
    claim.settle();
    let answered = Delivery::of_http_status(204);
    assert_eq!(permit.settled().await, answered);
    assert!(permit.is_spent());
    let refused = permit.claim().unwrap_err();
    assert!(matches!(refused.reason, Reason::Refused(_)));
    assert_eq!(
        permit.delivery(),
        answered,
        "a refused second change alters nothing"
    );
}

#[test]
fn refusals_give_the_send_back_three_times_in_all() {
    let permit = permit(Always);
    for round in 0..4 {
        let claim = permit.claim().unwrap();
        if round == 1 {
            claim.settle_unconnected();
            let first = Delivery::of_http_status(401);
            assert_eq!(permit.delivery(), first, "an earlier answer stands again");
        } else {
            claim.open(Duration::ZERO).unwrap();
            claim.answered(401);
            claim.settle();
        }
        assert_eq!(permit.is_spent(), round == 3, "round {round}");
    }
    assert!(permit.claim().is_err());
}

#[test]
fn a_claim_dropped_before_it_was_opened_costs_nothing() {
    let permit = permit(Always);
    for _ in 0..10 {
        drop(permit.claim().unwrap());
    }
    assert!(!permit.is_spent());
    assert_eq!(permit.delivery(), Delivery::NotSent);
}

#[test]
fn a_claim_dropped_after_it_was_opened_stays_maybe_sent() {
    let permit = permit(Always);
    let claim = permit.claim().unwrap();
    claim.open(Duration::ZERO).unwrap();
    drop(claim);
    assert_eq!(permit.delivery(), Delivery::MaybeSent);
    assert!(permit.is_spent());
}

#[test]
fn a_revoked_claim_cannot_be_opened() {
    let permit = permit(Always);
    let claim = permit.claim().unwrap();
    assert_eq!(permit.revoke(), FaultDelivery::NotSent);
    assert_eq!(claim.open(Duration::ZERO).unwrap_err().reason, Reason::Cancelled);
    drop(claim);
    assert_eq!(permit.delivery(), Delivery::NotSent);
    assert!(!permit.is_spent());
}

#[test]
fn revoking_an_open_claim_changes_nothing() {
    let permit = permit(Always);
    let claim = permit.claim().unwrap();
    claim.open(Duration::ZERO).unwrap();
    assert_eq!(permit.revoke(), FaultDelivery::MaybeSent);
    claim.answered(200);
    claim.settle();
    assert!(matches!(
        permit.delivery(),
        Delivery::Answered { status: 200, .. }
    ));
}

#[test]
fn a_lost_lease_keeps_everything_back() {
    let permit = permit(Lost);
    let claim = permit.claim().unwrap();
    let fault = claim.open(Duration::ZERO).unwrap_err();
    assert_eq!(fault.text, "the lease is lost");
    drop(claim);
    assert_eq!(permit.delivery(), Delivery::NotSent);
    assert!(!permit.is_spent());
}

#[test]
fn debug_output_shows_the_state() {
    assert!(format!("{:?}", permit(Always)).contains("NotSent"));
}

#[test]
fn settings_take_several_requests_until_one_is_lost() {
    let permit = Permit::configuration(PermitId(Uuid::from_u128(1)), Arc::new(Always));
    let send = |status| {
        let claim = permit.claim().unwrap();
        claim.open(Duration::ZERO).unwrap();
        claim.answered(status);
        claim.settle();
    };
    send(400);
    assert!(permit.delivery().proves_not_executed());
    send(200);
    send(400);
    assert!(
        !permit.delivery().proves_not_executed(),
        "the request before was executed"
    );
    for _ in 3..CONFIGURATION_SENDS {
        assert!(!permit.is_spent());
        send(200);
    }
    assert!(permit.is_spent());

    let lost = Permit::configuration(PermitId(Uuid::from_u128(2)), Arc::new(Always));
    let claim = lost.claim().unwrap();
    claim.open(Duration::ZERO).unwrap();
    drop(claim);
    assert!(lost.is_spent());
}
