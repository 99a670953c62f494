//! [`Store::submit`](crate::Store::submit).

use switchyard_core::admission::{Conflict, IfBusy, QUEUE_MAX};
use switchyard_core::power::Level;
use switchyard_core::{ComponentId, Operation, PowerState};

use super::Harness;
use super::sample::{
    CREATED, at, component, controller, kinds, line, make, refused, request, submit, view, wants, wish,
};
use crate::error::StoreError;
use crate::journal::Journal;
use crate::record::{Counts, Part, Refusal};
use crate::store::Store;

/// Members come back in the order of the request, each with its task.
pub async fn members_keep_their_order<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let names = ["x9", "x10", "x1", "a"];
    let submitted = submit(&engine, Operation::On, &names).await;
    let view = view(&engine, submitted.transition.id).await;
    assert_eq!(view.transition, submitted.transition);
    assert_eq!(
        view.members
            .iter()
            .map(|(member, _)| member.name.as_str())
            .collect::<Vec<_>>(),
        names
    );
    assert_eq!(
        view.members
            .iter()
            .map(|(member, _)| member.clone())
            .collect::<Vec<_>>(),
        submitted.members
    );
    for ((member, task), expected) in view.members.iter().zip(&submitted.tasks) {
        assert_eq!(task.as_ref().unwrap(), expected);
        assert_eq!(member.part, Part::Task { task: expected.id });
        assert_eq!(expected.transition, submitted.transition.id);
        assert_eq!(expected.controller, controller(&member.name));
    }
    assert_eq!(
        view.counts,
        Counts {
            new: 4,
            ..Counts::default()
        }
    );
}

/// Every task has a place after all earlier ones.
pub async fn tasks_get_growing_places<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let mut places: Vec<i64> = Vec::new();
    for names in [["a", "b"], ["c", "d"], ["e", "f"]] {
        places.extend(
            submit(&engine, Operation::On, &names)
                .await
                .tasks
                .iter()
                .map(|task| task.seq),
        );
    }
    assert!(places.is_sorted_by(|a, b| a < b), "{places:?}");
}

/// Refusals that are known already are stored among the members, with what they count as.
pub async fn refusals_are_kept<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let refusals = [
        Refusal::InvalidName,
        Refusal::NoPowerControl {
            component_type: "Cabinet".to_owned(),
        },
        Refusal::NotInInventory,
        Refusal::NoController,
    ];
    let mut members: Vec<_> = refusals
        .iter()
        .map(|refusal| refused("x0", refusal.clone()))
        .collect();
    members.insert(2, wants("a"));
    let submitted = make(&engine, request(Operation::On, members)).await;
    let view = view(&engine, submitted.transition.id).await;
    let kept: Vec<Refusal> = view
        .members
        .into_iter()
        .filter_map(|(member, _)| match member.part {
            Part::Refused { refusal } => Some(refusal),
            Part::Task { .. } => None,
        })
        .collect();
    assert_eq!(kept, refusals);
    assert_eq!(
        view.counts,
        Counts {
            new: 1,
            failed: 3,
            unsupported: 1,
            ..Counts::default()
        }
    );
}

/// A component whose line is full is refused, and the others are not.
pub async fn a_full_line_refuses<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    line(&engine, "a", QUEUE_MAX).await;
    let submitted = submit(&engine, Operation::On, &["a", "b"]).await;
    assert_eq!(
        submitted.members[0].part,
        Part::Refused {
            refusal: Refusal::Conflict {
                conflict: Conflict::QueueFull
            }
        }
    );
    assert_eq!(submitted.tasks.len(), 1);
    assert_eq!(submitted.tasks[0].component, component("b"));
    assert_eq!(engine.line(&component("a")).await.unwrap().len(), QUEUE_MAX);
}

/// What an accepted operation wants is stored of its components, and the last one holds; a refused one wants nothing.
pub async fn the_desired_state_is_stored<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let desired = async || -> Vec<(ComponentId, Option<Level>)> {
        let components = engine.components().await.unwrap();
        components
            .into_iter()
            .map(|component| (component.id, component.desired))
            .collect()
    };
    submit(&engine, Operation::On, &["a", "b"]).await;
    assert_eq!(
        desired().await,
        [
            (component("a"), Some(Level::On)),
            (component("b"), Some(Level::On))
        ]
    );
    submit(&engine, Operation::SoftOff, &["b"]).await;
    let mut refused = wish(Operation::Off, &["a"]);
    refused.if_busy = IfBusy::Reject;
    make(&engine, refused).await;
    assert_eq!(
        desired().await,
        [
            (component("a"), Some(Level::On)),
            (component("b"), Some(Level::Off))
        ]
    );
    assert_eq!(
        engine.components().await.unwrap()[0].observed,
        PowerState::Unknown
    );
}

/// A request without a task is stored as ended, with final counts.
pub async fn a_request_without_a_task_has_ended<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    for members in [vec![], vec![refused("x0", Refusal::NotInInventory)]] {
        let failed = u32::try_from(members.len()).unwrap();
        let submitted = make(&engine, request(Operation::On, members)).await;
        assert_eq!(submitted.transition.ended_at, Some(at(CREATED)));
        let view = view(&engine, submitted.transition.id).await;
        assert_eq!(view.transition.ended_at, Some(at(CREATED)));
        assert_eq!(
            view.counts,
            Counts {
                failed,
                ..Counts::default()
            }
        );
    }
    let once = ["transition.accepted", "transition.ended"];
    assert_eq!(kinds(&engine).await, [once, once].concat());
}

/// An id that is taken is a conflict, and nothing of the request is stored.
pub async fn an_id_is_used_once<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let first = request(Operation::On, vec![wants("a")]);
    make(&engine, first.clone()).await;
    let mut same_task = request(Operation::On, first.members.clone());
    same_task.members.insert(0, wants("b"));
    for taken in [first, same_task] {
        let result = engine.submit(taken).await;
        assert!(matches!(result, Err(StoreError::Conflict { .. })), "{result:?}");
    }
    assert_eq!(engine.open_tasks(0, 10).await.unwrap().len(), 1);
}

/// Texts come back byte for byte.
pub async fn strange_texts_survive<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let strange = "q\"uo'te \\ [1] {\"a\":null} \u{1F600} \n\t\u{7f} ; DROP TABLE task; --";
    let mut submission = request(
        Operation::On,
        vec![
            wants("a"),
            refused(strange, Refusal::InvalidName),
            refused("", Refusal::InvalidName),
        ],
    );
    submission.transition.requested_by = strange.to_owned();
    submission.transition.reason = Some(strange.to_owned());
    submission.transition.request_id = strange.to_owned();
    let submitted = make(&engine, submission.clone()).await;
    let view = view(&engine, submitted.transition.id).await;
    assert_eq!(view.transition, submission.transition);
    assert_eq!(view.members[1].0.name, strange);
    assert_eq!(view.members[2].0.name, "");
}

/// A request of ten thousand components is one transaction like any other.
pub async fn thousands_at_once<H: Harness>(harness: &H) {
    const MANY: usize = 10_000;
    let engine = harness.open().await;
    let names: Vec<String> = (0..MANY).map(|n| format!("n{n:05}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let submitted = submit(&engine, Operation::On, &names).await;
    assert_eq!(submitted.tasks.len(), MANY);
    let view = view(&engine, submitted.transition.id).await;
    let tasks: Vec<_> = view.members.into_iter().map(|(_, task)| task.unwrap()).collect();
    assert_eq!(tasks, submitted.tasks);
    assert_eq!(kinds(&engine).await.len(), MANY + 1);
}
