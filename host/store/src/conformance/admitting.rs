//! What [`Store::submit`](crate::Store::submit) makes of the lines that it finds.

use switchyard_core::admission::{Conflict, Disposition, IfBusy};
use switchyard_core::machine::Phase;
use switchyard_core::{Operation, Outcome, PermitId};

use super::Harness;
use super::sample::{
    CREATED, accept, apply, at, component, entry, events_of, fresh, intent, kinds, lease, line, listed,
    places, read, refused, submit, submit_one, view, wants_as, wants_below, wish,
};
use crate::audit::AuditFilter;
use crate::journal::Journal;
use crate::record::{Counts, Displaced, How, MemberRecord, Part, Refusal, TaskRecord};
use crate::store::{Store, SubmitAnswer};

fn displaced(task: &TaskRecord) -> Displaced {
    Displaced {
        task: task.id,
        component: task.component.clone(),
        transition: task.transition,
    }
}

fn conflict_of(member: &MemberRecord) -> Conflict {
    match &member.part {
        Part::Refused {
            refusal: Refusal::Conflict { conflict },
        } => *conflict,
        other => panic!("{other:?} is no conflict"),
    }
}

fn disposition_of(member: &MemberRecord) -> Option<Disposition> {
    member.how.as_ref().map(|how| how.disposition)
}

/// A request says behind what it waits; one that waits for nothing says nothing.
pub async fn what_waits_says_behind_what<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let first = submit(&engine, Operation::On, &["a"]).await;
    let second = submit(&engine, Operation::SoftRestart, &["a"]).await;
    assert_eq!(first.members[0].how, None);
    let behind = Disposition::Queues {
        behind: first.tasks[0].id,
    };
    assert_eq!(disposition_of(&second.members[0]), Some(behind));
    let stored = view(&engine, second.transition.id).await;
    assert_eq!(stored.members[0].0, second.members[0]);
    assert_eq!(
        places(&engine, "a").await,
        [first.tasks[0].id, second.tasks[0].id]
    );
}

/// What waits for the contrary ends at once, and its transition with its last part, whose counts are final then.
pub async fn the_contrary_is_superseded<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let old = submit(&engine, Operation::On, &["a", "b"]).await;
    let before = kinds(&engine).await.len();
    let first = accept(&engine, wish(Operation::Off, &["a"])).await;
    let by = first.transition.id;
    let how = How {
        disposition: Disposition::Starts,
        superseded: vec![displaced(&old.tasks[0])],
        absorbed: Vec::new(),
        overtaken: None,
    };
    assert_eq!(first.members[0].how, Some(how));
    let ended = read(&engine, old.tasks[0].id).await;
    assert_eq!(
        ended.machine.phase,
        Phase::Done {
            outcome: Outcome::Superseded { by },
            at: at(CREATED)
        }
    );
    assert_eq!(first.ended, [ended]);
    assert_eq!(places(&engine, "a").await, [first.tasks[0].record.id]);
    let half = view(&engine, old.transition.id).await;
    assert_eq!((half.transition.ended_at, half.counts.failed), (None, 1));

    submit(&engine, Operation::Off, &["b"]).await;
    let whole = view(&engine, old.transition.id).await;
    assert_eq!(whole.transition.ended_at, Some(at(CREATED)));
    let counts = Counts {
        failed: 2,
        ..Counts::default()
    };
    assert_eq!(whole.counts, counts);
    let once = ["transition.accepted", "task.superseded", "task.accepted"];
    let expected = [&once[..], &once, &["transition.ended"]].concat();
    assert_eq!(kinds(&engine).await[before..], expected);
    let superseded = &events_of(&engine, "task.superseded").await[0];
    assert_eq!(superseded.data["by"], by.to_string());
    assert_eq!(
        (superseded.task, superseded.transition),
        (Some(old.tasks[0].id), Some(old.transition.id))
    );
}

/// One request that ends every part of another ends it once.
pub async fn all_parts_are_superseded_at_once<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let old = submit(&engine, Operation::On, &["a", "b", "c"]).await;
    let new = accept(&engine, wish(Operation::ForceOff, &["c", "a", "b"])).await;
    assert_eq!(new.ended.len(), 3);
    let view = view(&engine, old.transition.id).await;
    assert_eq!(
        (view.transition.ended_at, view.counts.failed),
        (Some(at(CREATED)), 3)
    );
    assert_eq!(events_of(&engine, "transition.ended").await.len(), 1);
}

/// An off makes what waits below it pointless, and nothing else there.
pub async fn an_off_above_supersedes_below<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let below = submit(&engine, Operation::On, &["a", "b"]).await;
    let off = submit(&engine, Operation::Off, &["c"]).await;
    apply(&engine, &lease, &[intent(&below.tasks[1], PermitId(fresh()), 2)]).await;
    let mut above = wish(Operation::Off, &[]);
    above.members = vec![wants_below("z", Operation::Off, &["a", "b", "c", "d"])];
    let above = accept(&engine, above).await;
    let superseded = above.members[0].how.as_ref().map(|how| how.superseded.clone());
    assert_eq!(superseded, Some(vec![displaced(&below.tasks[0])]));
    assert_eq!(places(&engine, "a").await, []);
    assert_eq!(places(&engine, "b").await, [below.tasks[1].id]);
    assert_eq!(places(&engine, "c").await, [off.tasks[0].id]);
    let view = view(&engine, below.transition.id).await;
    assert_eq!((view.counts.failed, view.counts.in_progress), (1, 1));
}

/// What was sent is not superseded: the contrary waits behind it.
pub async fn what_was_sent_goes_on<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let on = submit_one(&engine, "a").await;
    apply(&engine, &lease, &[intent(&on, PermitId(fresh()), 2)]).await;
    let off = accept(&engine, wish(Operation::Off, &["a"])).await;
    let behind = Disposition::Queues { behind: on.id };
    assert_eq!(disposition_of(&off.members[0]), Some(behind));
    assert_eq!(off.ended, []);
}

/// A force-off says which active task makes way.
pub async fn a_force_off_overtakes<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let on = submit_one(&engine, "a").await;
    apply(&engine, &lease, &[intent(&on, PermitId(fresh()), 2)]).await;
    let off = submit(&engine, Operation::ForceOff, &["a"]).await;
    let overtaken = off.members[0].how.as_ref().and_then(|how| how.overtaken.clone());
    assert_eq!(overtaken, Some(displaced(&on)));
    let stored = view(&engine, off.transition.id).await;
    assert_eq!(stored.members[0].0, off.members[0]);
}

/// A restart behind what leaves the component off is refused.
pub async fn a_restart_behind_an_off_is_refused<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let off = submit(&engine, Operation::SoftOff, &["a"]).await;
    let restart = submit(&engine, Operation::SoftRestart, &["a"]).await;
    let task = off.tasks[0].id;
    assert_eq!(conflict_of(&restart.members[0]), Conflict::WouldBeOff { task });
    let stored = view(&engine, restart.transition.id).await;
    assert_eq!(stored.members[0].0, restart.members[0]);
    assert_eq!(stored.transition.ended_at, Some(at(CREATED)));
}

/// Whoever wants none of a line that has work is refused, unless the work is what is asked for.
pub async fn whoever_does_not_queue_is_refused<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let task = submit_one(&engine, "a").await.id;
    let with_reject = |operation| {
        let mut submission = wish(operation, &["a", "b"]);
        submission.if_busy = IfBusy::Reject;
        submission
    };
    let refused = accept(&engine, with_reject(Operation::Off)).await;
    assert_eq!(conflict_of(&refused.members[0]), Conflict::Busy { task });
    assert_eq!(refused.tasks.len(), 1);
    assert_eq!(places(&engine, "a").await, [task]);
    let joined = accept(&engine, with_reject(Operation::On)).await;
    assert_eq!(joined.members[0].part, Part::Task { task });
}

/// Whoever wants to replace takes the place of what waits.
pub async fn whoever_replaces_takes_the_place<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let waiting = line(&engine, "a", 3).await;
    let mut submission = wish(Operation::HardRestart, &["a"]);
    submission.if_busy = IfBusy::Replace;
    let new = accept(&engine, submission).await;
    assert_eq!(places(&engine, "a").await, [new.tasks[0].record.id]);
    assert_eq!(new.ended.len(), waiting.len());
}

/// A request for all or none of which one name is refused stores nothing, and answers what would have become of each.
pub async fn all_or_none_stores_nothing<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let on = submit_one(&engine, "a").await;
    let before = (kinds(&engine).await, engine.components().await.unwrap());
    let mut submission = wish(Operation::Off, &["a"]);
    submission.all_or_none = true;
    submission.audit = Some(entry("transition.create"));
    let mut bad = submission.clone();
    bad.members.push(refused("x0", Refusal::NotInInventory));
    let SubmitAnswer::Refused(members) = engine.submit(bad).await.unwrap() else {
        panic!("it is to be refused")
    };
    assert_eq!(members.len(), 2);
    assert!(matches!(members[0].part, Part::Task { .. }));
    let after = (kinds(&engine).await, engine.components().await.unwrap());
    assert_eq!(after, before);
    assert_eq!(listed(&engine, 0, 10).await.len(), 1);
    assert_eq!(read(&engine, on.id).await, on);
    let audits = async || engine.audits(&AuditFilter::default(), 10).await.unwrap();
    assert_eq!(audits().await, []);
    accept(&engine, submission).await;
    assert_eq!(audits().await.len(), 1);
    assert_eq!(places(&engine, "a").await.len(), 1);
}

/// A preview says what a request would get, and changes nothing.
pub async fn a_preview_changes_nothing<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    submit(&engine, Operation::SoftOff, &["a"]).await;
    submit(&engine, Operation::On, &["b"]).await;
    let mut submission = wish(Operation::Off, &["a", "b", "c"]);
    submission.members.push(refused("x0", Refusal::InvalidName));
    let before = (kinds(&engine).await, engine.open_tasks(0, 10).await.unwrap());
    let preview = engine.preview(submission.clone()).await.unwrap();
    let after = (kinds(&engine).await, engine.open_tasks(0, 10).await.unwrap());
    assert_eq!(after, before);
    assert_eq!(accept(&engine, submission).await.members, preview);
}

/// A request of ten thousand components that each take the place of something is one transaction, too.
pub async fn thousands_take_the_place<H: Harness>(harness: &H) {
    const MANY: usize = 10_000;
    let engine = harness.open().await;
    let names: Vec<String> = (0..MANY).map(|n| format!("n{n:05}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let old = submit(&engine, Operation::On, &names).await;
    let mut above = wish(Operation::Off, &[]);
    let (below, same) = names.split_at(MANY / 2);
    above.members = same.iter().map(|name| wants_as(name, Operation::Off)).collect();
    above.members.push(wants_below("z", Operation::Off, below));
    let new = accept(&engine, above).await;
    assert_eq!(new.ended.len(), MANY);
    assert_eq!(new.tasks.len(), MANY / 2 + 1);
    let view = view(&engine, old.transition.id).await;
    assert_eq!(view.transition.ended_at, Some(at(CREATED)));
    assert_eq!(engine.line(&component("z")).await.unwrap().len(), 1);
}
