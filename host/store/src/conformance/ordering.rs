//! The order of tasks within one request, and [`Journal::dependencies`](crate::Journal::dependencies).

use switchyard_core::machine::Phase;
use switchyard_core::{Departure, Operation, Outcome, Relation, TaskId};

use super::Harness;
use super::sample::{
    accept, apply, component, done, lease, moved, moves, refused, request, submit, submit_one, succeeded,
    wants, wants_as,
};
use crate::dependency::{After, DependencyRecord};
use crate::journal::{Change, Journal};
use crate::record::{Part, Refusal};
use crate::store::{NewMember, Submission, Submitted, Want};

/// A member that waits for others of its request.
fn waits(name: &str, operation: Operation, relation: Relation, others: &[&str]) -> NewMember {
    let mut member = wants_as(name, operation);
    if let Want::Task(wanted) = &mut member.want {
        wanted.after = others
            .iter()
            .map(|other| After {
                component: component(other),
                relation,
            })
            .collect();
    }
    member
}

/// An off of a blade and its two nodes, in this order.
fn off() -> Submission {
    let members = vec![
        waits("blade", Operation::Off, Relation::OffFirst, &["n1", "n2"]),
        wants_as("n1", Operation::Off),
        wants_as("n2", Operation::Off),
    ];
    request(Operation::Off, members)
}

fn task(submitted: &Submitted, member: usize) -> TaskId {
    match submitted.members[member].part {
        Part::Task { task } => task,
        Part::Refused { .. } => panic!("refused"),
    }
}

async fn dependencies<E: Journal>(engine: &E) -> Vec<DependencyRecord> {
    engine.dependencies(None).await.unwrap()
}

/// Which waits for which.
fn pairs(records: &[DependencyRecord]) -> Vec<(TaskId, TaskId)> {
    let pairs = records.iter();
    pairs
        .map(|record| (record.dependency.task, record.dependency.on))
        .collect()
}

/// The order of a request is stored with its tasks, whose members keep the order of the request.
pub async fn the_order_is_kept<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let submitted = accept(&engine, off()).await;
    let names: Vec<&str> = submitted
        .members
        .iter()
        .map(|member| member.name.as_str())
        .collect();
    assert_eq!(names, ["blade", "n1", "n2"]);
    let [blade, first, second] = [0, 1, 2].map(|member| task(&submitted, member));
    let told: Vec<_> = submitted
        .dependencies
        .iter()
        .map(|dependency| (dependency.task, dependency.on))
        .collect();
    assert_eq!(told, [(blade, first), (blade, second)]);
    harness.kill(engine).await;
    let engine = harness.open().await;
    let records = dependencies(&engine).await;
    assert_eq!(pairs(&records), [(blade, first), (blade, second)]);
    assert_eq!(records[0].transition, submitted.transition.id);
    assert_eq!(records[0].made_at, submitted.transition.created_at);
    assert_eq!(records[0].dependency, submitted.dependencies[0]);
    assert!(records.iter().all(|record| record.departed.is_none()));
    let others = submit_one(&engine, "other").await.transition;
    assert!(engine.dependencies(Some(others)).await.unwrap().is_empty());
}

/// What has come first is told with its end, until the task that waits has ended itself.
pub async fn an_end_is_told<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let submitted = accept(&engine, off()).await;
    let node = &submitted
        .tasks
        .iter()
        .find(|open| open.record.id == task(&submitted, 1))
        .unwrap()
        .record;
    apply(&engine, &lease, &[moves(node, succeeded(7), 7)]).await;
    let records = dependencies(&engine).await;
    assert_eq!(records.len(), 2);
    assert_eq!(records[0].machine.phase, succeeded(7));
    let blade = &submitted
        .tasks
        .iter()
        .find(|open| open.record.id == task(&submitted, 0))
        .unwrap()
        .record;
    apply(&engine, &lease, &[moves(blade, done(Outcome::Cancelled, 8), 8)]).await;
    assert!(dependencies(&engine).await.is_empty());
}

/// Who joins the task of another request waits for that.
pub async fn a_shared_task_is_waited_for<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let node = submit(&engine, Operation::Off, &["n1"]).await.tasks.remove(0);
    let submitted = accept(&engine, off()).await;
    let records = engine.dependencies(Some(submitted.transition.id)).await.unwrap();
    assert!(pairs(&records).contains(&(task(&submitted, 0), node.id)));
    // The request leaves the task, which goes on for the other.
    let mut change = moved(&node, Phase::Preparing, 9);
    change.departed = vec![Departure {
        transition: submitted.transition.id,
        outcome: Outcome::Cancelled,
    }];
    apply(&engine, &lease, &[Change::Task(Box::new(change))]).await;
    let records = dependencies(&engine).await;
    let left = records
        .iter()
        .find(|record| record.dependency.on == node.id)
        .unwrap();
    assert_eq!(left.departed.as_ref().unwrap().outcome, Outcome::Cancelled);
    assert_eq!(left.machine.phase, Phase::Preparing);
}

/// What has begun for others does not wait any more.
pub async fn what_has_begun_waits_no_more<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let blade = submit(&engine, Operation::Off, &["blade"]).await.tasks.remove(0);
    apply(&engine, &lease, &[moves(&blade, Phase::Preparing, 3)]).await;
    let submitted = accept(&engine, off()).await;
    assert_eq!(task(&submitted, 0), blade.id);
    assert!(submitted.dependencies.is_empty());
    assert!(dependencies(&engine).await.is_empty());
}

/// A request that moves to a stronger task takes its order with it.
pub async fn an_absorbed_task_hands_its_order_on<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let members = vec![
        waits("blade", Operation::SoftOff, Relation::OffFirst, &["n1"]),
        wants_as("n1", Operation::SoftOff),
    ];
    let soft = accept(&engine, request(Operation::SoftOff, members)).await;
    let blade = submit(&engine, Operation::Off, &["blade"]).await.tasks.remove(0);
    let records = dependencies(&engine).await;
    assert_eq!(pairs(&records), [(blade.id, task(&soft, 1))]);
    let node = submit(&engine, Operation::Off, &["n1"]).await.tasks.remove(0);
    let records = dependencies(&engine).await;
    assert_eq!(pairs(&records), [(blade.id, node.id)]);
    assert_eq!(records[0].transition, soft.transition.id);
}

/// What is refused keeps its power: what would cut it is refused with it, and names it.
pub async fn what_is_refused_keeps_its_power<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let mut submission = off();
    // A line that takes nothing more.
    super::sample::line(&engine, "n2", switchyard_core::admission::QUEUE_MAX).await;
    submission.if_busy = switchyard_core::admission::IfBusy::Reject;
    submission.members.push(refused("x", Refusal::InvalidName));
    let submitted = accept(&engine, submission).await;
    assert!(matches!(
        submitted.members[2].part,
        Part::Refused {
            refusal: Refusal::Conflict { .. }
        }
    ));
    let blocked = Refusal::Dependency {
        component: component("n2"),
    };
    assert_eq!(submitted.members[0].part, Part::Refused { refusal: blocked });
    assert!(matches!(submitted.members[1].part, Part::Task { .. }));
    assert!(dependencies(&engine).await.is_empty());
}

/// That a component was included and not named is kept.
pub async fn what_was_included_is_marked<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let mut included = wants("b");
    included.included = true;
    let submitted = accept(&engine, request(Operation::On, vec![wants("a"), included])).await;
    let view = super::sample::view(&engine, submitted.transition.id).await;
    let marks: Vec<bool> = view.members.iter().map(|(member, _)| member.included).collect();
    assert_eq!(marks, [false, true]);
}
