//! Measures the engine on this machine: `cargo run -p switchyard-store-sqlite --example throughput [DIRECTORY]`.

#![expect(clippy::print_stdout, reason = "the figures are what this program is for")]

use std::error::Error;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::json;
use switchyard_core::admission::IfBusy;
use switchyard_core::machine::{Deadline, Machine, Phase, Sent};
use switchyard_core::{
    ComponentId, ControllerId, Delivery, Executed, Observation, Operation, Outcome, PermitId, PowerState,
    Primitive, TaskId, Timestamp, TransitionId,
};
use switchyard_store::{
    AttemptChange, Change, Journal, NewEvent, NewMember, Store, Submission, SubmitAnswer, TaskChange,
    TaskRecord, TransitionRecord, Want, Wanted,
};
use switchyard_store_sqlite::SqliteStore;
use uuid::Uuid;

const TASKS: u128 = 10_000;
const BATCH: usize = 2_048;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let directory = std::env::args_os()
        .nth(1)
        .map_or_else(std::env::temp_dir, PathBuf::from);
    let file = directory.join(format!("throughput-{}.db", std::process::id()));
    let store = SqliteStore::open(&file).await?;
    let lease = store.begin("throughput", Timestamp::from_millis(1)).await?;

    let submission = submission()?;
    let started = Instant::now();
    let SubmitAnswer::Accepted(submitted) = store.submit(submission).await? else {
        return Err("the request was refused".into());
    };
    report("submit in one request", started);
    let tasks: Vec<TaskRecord> = submitted.tasks.into_iter().map(|task| task.record).collect();
    let task = tasks.get(77).ok_or("no task was made")?.id;

    for (name, change) in [
        ("store intents", intent as fn(&TaskRecord) -> Change),
        ("store answers", answer),
        ("store ends", end),
    ] {
        let changes: Vec<Change> = tasks.iter().map(change).collect();
        let started = Instant::now();
        for batch in changes.chunks(BATCH) {
            store.apply(&lease, batch).await?;
        }
        report(name, started);
    }
    let changes: Vec<Change> = tasks.iter().map(observed).collect();
    let started = Instant::now();
    for batch in changes.chunks(BATCH) {
        store.apply(&lease, batch).await?;
    }
    report("store readings", started);

    let started = Instant::now();
    let view = store.transition(submitted.transition.id).await?;
    report("read the transition", started);
    println!("{:?}", view.map(|view| view.counts));
    let started = Instant::now();
    store.task(task).await?;
    println!(
        "{:<24} {:>9.3} ms",
        "read one task",
        started.elapsed().as_secs_f64() * 1e3
    );
    let started = Instant::now();
    let deleted = store
        .prune(
            &lease,
            Timestamp::from_millis(i64::MAX),
            Timestamp::from_millis(i64::MAX),
            100_000,
        )
        .await?;
    report("prune", started);
    println!("{deleted} rows deleted");
    store.close().await;
    for suffix in ["", ".lock"] {
        std::fs::remove_file(format!("{}{suffix}", file.display()))?;
    }
    Ok(())
}

fn report(name: &str, started: Instant) {
    let time = started.elapsed();
    let each = time / u32::try_from(TASKS).unwrap_or(u32::MAX);
    println!(
        "{name:<24} {:>9.1} ms {:>8.1} µs each",
        time.as_secs_f64() * 1e3,
        each.as_secs_f64() * 1e6
    );
}

fn submission() -> Result<Submission, Box<dyn Error>> {
    let now = Timestamp::from_millis(1_000);
    let expires_at = now + Duration::from_hours(24);
    let members = (0..TASKS)
        .map(|n| {
            let name = format!(
                "x{}c{}s{}b{}n{}",
                1000 + n / 512,
                n / 64 % 8,
                n / 8 % 8,
                n / 2 % 4,
                n % 2
            );
            let deadline = Deadline::Within(Deadline::DEFAULT);
            let machine = Machine::new(Operation::Off, deadline, now, Duration::from_mins(15), expires_at);
            Ok(NewMember {
                want: Want::Task(Box::new(Wanted {
                    id: TaskId(Uuid::from_u128(n)),
                    component: ComponentId::parse(&name)?,
                    controller: ControllerId::parse(&format!("{name}-bmc"))?,
                    machine,
                    below: Vec::new(),
                    deputy_keys: Vec::new(),
                    after: Vec::new(),
                })),
                included: false,
                name,
            })
        })
        .collect::<Result<_, Box<dyn Error>>>()?;
    let transition = TransitionRecord {
        id: TransitionId(Uuid::from_u128(1)),
        operation: Operation::Off,
        created_at: now,
        expires_at,
        requested_by: "throughput".to_owned(),
        reason: None,
        request_id: "throughput".to_owned(),
        deadline: Deadline::Within(Deadline::DEFAULT),
        start_by: now + Duration::from_mins(15),
        retry_of: None,
        max_failures: None,
        struck_at: None,
        cancel_asked_at: None,
        ended_at: None,
    };
    Ok(Submission {
        transition,
        members,
        if_busy: IfBusy::Queue,
        all_or_none: false,
        audit: None,
        callback: None,
    })
}

fn reading(state: PowerState) -> Observation {
    Observation {
        state,
        raw: format!("{state:?}"),
        evidence: Vec::new(),
        at: Timestamp::from_millis(2),
        controller: None,
    }
}

fn change(task: &TaskRecord, kind: &str, phase: Phase, attempt: Option<AttemptChange>) -> Change {
    let at = Timestamp::from_millis(3);
    let mut machine = task.machine.clone();
    machine.baseline = Some(reading(PowerState::On));
    machine.last_primitive = Some(Primitive::ForceOff);
    machine.phase = phase;
    let event = NewEvent {
        at,
        kind: kind.to_owned(),
        component: Some(task.component.clone()),
        task: Some(task.id),
        transition: Some(task.transition),
        data: json!({ "phase": machine.phase.name() }),
    };
    Change::Task(Box::new(TaskChange {
        task: task.id,
        machine,
        attempt,
        at,
        departed: Vec::new(),
        events: vec![event],
    }))
}

fn intent(task: &TaskRecord) -> Change {
    let (permit, primitive) = (PermitId(task.id.0), Primitive::ForceOff);
    let phase = Phase::Intent {
        permit,
        primitive,
        at: Timestamp::from_millis(3),
    };
    change(
        task,
        "task.intent",
        phase,
        Some(AttemptChange::Intent {
            permit,
            step: 0,
            primitive,
            controller: None,
        }),
    )
}

fn answer(task: &TaskRecord) -> Change {
    let permit = PermitId(task.id.0);
    let delivery = Delivery::Answered {
        status: 204,
        executed: Executed::Accepted,
    };
    let sent = Sent {
        permit,
        primitive: Primitive::ForceOff,
        at: Timestamp::from_millis(3),
        acknowledged: true,
        words: None,
        refused: false,
        seen_off: false,
        away_since: None,
        seen_away: false,
        readings: 1,
    };
    let attempt = AttemptChange::Ended {
        permit,
        delivery,
        failure: None,
    };
    change(task, "task.sent", Phase::Verifying { sent }, Some(attempt))
}

fn end(task: &TaskRecord) -> Change {
    let outcome = Outcome::Already {
        reading: reading(PowerState::Off),
    };
    change(
        task,
        "task.ended",
        Phase::Done {
            outcome,
            at: Timestamp::from_millis(4),
        },
        None,
    )
}

fn observed(task: &TaskRecord) -> Change {
    Change::Observed {
        component: task.component.clone(),
        state: PowerState::Off,
        raw: "Off".to_owned(),
        available: true,
        at: Timestamp::from_millis(5),
    }
}
