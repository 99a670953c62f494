//! The audit.

use switchyard_core::Operation;

use super::Harness;
use super::sample::{accept, ask, at, component, entry, fresh, lease, submit, submit_one, wish};
use crate::audit::{AuditFilter, AuditRecord, NewAudit};
use crate::hold::{HoldId, HoldRecord};
use crate::journal::Journal;
use crate::store::{CancelScope, Store};

async fn read<E: Store>(engine: &E, filter: AuditFilter) -> Vec<AuditRecord> {
    engine.audits(&filter, 100).await.unwrap()
}

async fn actions<E: Store>(engine: &E) -> Vec<String> {
    let entries = read(engine, AuditFilter::default()).await;
    entries.into_iter().map(|record| record.entry.action).collect()
}

/// Entries come back whole, newest first, as far as the filter wants them.
pub async fn entries_are_read_newest_first<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let by = |who: &str, action: &str| NewAudit {
        who: who.to_owned(),
        ..entry(action)
    };
    let entries = [
        by("a", "hold.place"),
        by("b", "transition.cancel"),
        by("a", "transition.create"),
        by("a", "trans%"),
    ];
    for entry in &entries {
        engine.audit(entry.clone()).await.unwrap();
    }
    let all = read(&engine, AuditFilter::default()).await;
    assert!(all.is_sorted_by(|newer, older| newer.seq > older.seq));
    let mut newest_first = entries.to_vec();
    newest_first.reverse();
    let of = |records: Vec<AuditRecord>| -> Vec<NewAudit> {
        records.into_iter().map(|record| record.entry).collect()
    };
    assert_eq!(of(all.clone()), newest_first);
    let filter = |who: Option<&str>, action: Option<&str>, before| AuditFilter {
        who: who.map(str::to_owned),
        action: action.map(str::to_owned),
        before,
    };
    for (wanted, expected) in [
        (filter(Some("a"), None, None), vec![3, 2, 0]),
        (filter(None, Some("transition."), None), vec![2, 1]),
        (filter(Some("a"), Some("transition."), None), vec![2]),
        (filter(None, Some("trans%"), None), vec![3]),
        (filter(None, None, Some(all[1].seq)), vec![1, 0]),
        (filter(Some("a"), None, Some(all[1].seq)), vec![0]),
        (filter(Some("nobody"), None, None), vec![]),
    ] {
        let expected: Vec<NewAudit> = expected.into_iter().map(|n: usize| entries[n].clone()).collect();
        assert_eq!(of(read(&engine, wanted.clone()).await), expected, "{wanted:?}");
    }
    let two = engine.audits(&AuditFilter::default(), 2).await.unwrap();
    assert_eq!(two, all[..2]);
}

/// An entry is stored with the change that it tells of, and survives a kill with it.
pub async fn an_entry_comes_with_its_change<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let mut submission = wish(Operation::On, &["a"]);
    submission.audit = Some(entry("transition.create"));
    let submitted = accept(&engine, submission).await;
    let task = submitted.tasks[0].record.id;
    engine
        .pause(&[task], true, at(5), Some(entry("task.pause")))
        .await
        .unwrap();
    let hold = HoldRecord {
        id: HoldId(fresh()),
        components: vec![component("a")],
        reason: "a test".to_owned(),
        by: "somebody".to_owned(),
        at: at(5),
        until: at(9),
        allow: Vec::new(),
    };
    let id = hold.id;
    engine.place_hold(hold, Some(entry("hold.place"))).await.unwrap();
    for _ in 0..2 {
        engine
            .release_hold(id, "somebody", at(6), Some(entry("hold.release")))
            .await
            .unwrap();
    }
    engine
        .resolve(&[component("a")], true, at(7), Some(entry("component.resolve")))
        .await
        .unwrap();
    let mut cancel = ask(CancelScope::Tasks(vec![task]), 8);
    cancel.audit = Some(entry("task.cancel"));
    engine.ask_to_cancel(cancel).await.unwrap();
    let expected = [
        "task.cancel",
        "component.resolve",
        "hold.release",
        "hold.place",
        "task.pause",
        "transition.create",
    ];
    assert_eq!(actions(&engine).await, expected);
    harness.kill(engine).await;
    assert_eq!(actions(&harness.open().await).await, expected);
}

/// Old entries are deleted piece by piece, and no place is given twice.
pub async fn old_entries_are_pruned<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    for millis in 1..=5 {
        let mut entry = entry("x");
        entry.at = at(millis);
        engine.audit(entry).await.unwrap();
    }
    let last = read(&engine, AuditFilter::default()).await[0].seq;
    let prune = async |before| {
        engine
            .prune_oversight(&lease, at(0), at(before), 2)
            .await
            .unwrap()
    };
    assert_eq!([prune(4).await, prune(4).await, prune(4).await], [2, 1, 0]);
    assert_eq!(read(&engine, AuditFilter::default()).await.len(), 2);
    assert_eq!(prune(100).await, 2);
    engine.audit(entry("y")).await.unwrap();
    assert!(read(&engine, AuditFilter::default()).await[0].seq > last);
    let void = lease;
    super::sample::lease(&engine).await;
    assert_eq!(
        engine
            .prune_oversight(&void, at(0), at(i64::MAX), 2)
            .await
            .unwrap(),
        0
    );
}

/// A wish that changes nothing leaves no entry.
pub async fn what_changes_nothing_is_not_kept<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    submit_one(&engine, "a").await;
    let id = submit(&engine, Operation::On, &["b"]).await.transition.id;
    for _ in 0..2 {
        let mut cancel = ask(CancelScope::Transition { id, only: None }, 8);
        cancel.audit = Some(entry("transition.cancel"));
        engine.ask_to_cancel(cancel).await.unwrap();
    }
    assert_eq!(actions(&engine).await, ["transition.cancel"]);
}
