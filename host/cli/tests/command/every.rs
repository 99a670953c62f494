//! Every command, with and without a terminal: how it ends when all is well, when a part fails, when the service is away or
//! refuses, and when what was typed cannot be read.

pub(crate) mod answers;
mod table;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use insta::assert_snapshot;
use serde_json::json;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use self::answers::{in_part, well};
use self::table::{Kind, Row, TABLE};
use crate::command::run;
use crate::follow;
use crate::service::{ID, Reply, Request, Service};
use crate::terminal::{at_terminal, at_terminal_with};

/// Two components that the service knows.
const TWO: &str = "x0c0s[0-1]b0n0";
/// Commands that run at once.
const AT_ONCE: usize = 4;
/// The columns of a terminal on which times of any length fit into the line.
const WIDE: u16 = 160;
/// How much is shown of what a command without a service prints, in lines.
const OFFLINE_LINES: usize = 3;

/// Where a command runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Pipe,
    Terminal,
}

/// How a command ended.
struct Ended {
    row: &'static Row,
    code: i32,
    shown: String,
}

/// The folder of a driver.
fn driver() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in ["driver.toml", "driver.wasm"] {
        std::fs::write(folder.path().join(file), "").unwrap();
    }
    folder
}

/// Runs commands, each against a service of its own, in the order of the table.
async fn ends(
    rows: impl Iterator<Item = &'static Row>,
    set: &'static str,
    place: Place,
    service: impl AsyncFn(&Row) -> (String, Option<Service>),
) -> Vec<Ended> {
    let folder = Arc::new(driver());
    let (mut running, permits) = (JoinSet::new(), Arc::new(Semaphore::new(AT_ONCE)));
    for (index, row) in rows.enumerate() {
        let (url, service) = service(row).await;
        let (folder, permits) = (Arc::clone(&folder), Arc::clone(&permits));
        running.spawn(async move {
            let _permit = permits.acquire().await.unwrap();
            let ended = end(row, set, place, &url, folder.path()).await;
            drop(service);
            (index, ended)
        });
    }
    let mut ended = running.join_all().await;
    ended.sort_by_key(|(index, _)| *index);
    ended.into_iter().map(|(_, ended)| ended).collect()
}

async fn end(row: &'static Row, set: &str, place: Place, url: &str, folder: &Path) -> Ended {
    let folder = folder.to_str().unwrap();
    let words = row.words(set, folder);
    let (code, shown) = match place {
        Place::Pipe => {
            let ended = run(url, &words).await;
            (ended.code.unwrap(), ended.shown(url))
        }
        Place::Terminal => {
            let mut terminal = at_terminal_with(url, &words, WIDE, None);
            terminal.answer_if_asked("to go on: ", "2").await;
            let left = terminal.end().await;
            (left.code.unwrap(), left.shown(url))
        }
    };
    let shown = follow::stable(&shown.replace(folder, "FOLDER"));
    let mut shown: Vec<String> = shown.lines().map(str::to_owned).collect();
    if row.words[0] == "doctor" {
        shown = shown.iter().map(|line| without_time(line)).collect();
    }
    if row.kind == Kind::Offline {
        shown.truncate(OFFLINE_LINES);
    }
    let shown = shown.join("\n");
    Ended { row, code, shown }
}

/// A check of `doctor` without the time that it took, and without the room for it.
fn without_time(line: &str) -> String {
    let mut words: Vec<&str> = line.split_whitespace().collect();
    if words.get(3) == Some(&"ms") {
        words.drain(2..4);
    }
    words.join(" ")
}

/// What was typed, and then what came of it; the same once for all that ended so.
fn told(ended: &[Ended]) -> String {
    let mut alike: Vec<(&str, Vec<String>)> = Vec::new();
    for ended in ended {
        let typed = format!("$ switchyard {}", ended.row.words.join(" ")).replace(ID, "ID");
        match alike.iter_mut().find(|(shown, _)| *shown == ended.shown) {
            Some((_, commands)) => commands.push(typed),
            None => alike.push((&ended.shown, vec![typed])),
        }
    }
    let told = alike
        .into_iter()
        .map(|(shown, commands)| format!("{}\n{shown}\n", commands.join("\n")));
    told.collect::<Vec<_>>().join("\n")
}

fn online() -> impl Iterator<Item = &'static Row> {
    TABLE.iter().filter(|row| row.kind != Kind::Offline)
}

/// Runs every command that asks against a service with this script, and makes sure that each ends so.
async fn all_end(code: i32, place: Place, script: fn(&Request, usize) -> Reply) -> String {
    let ended = ends(online(), TWO, place, async |_| {
        let service = Service::start(script).await;
        (service.url.clone(), Some(service))
    })
    .await;
    for ended in &ended {
        assert_eq!(ended.code, code, "{:?} {}", ended.row.words, ended.shown);
    }
    told(&ended)
}

fn forbids(_: &Request, _: usize) -> Reply {
    let hint = "ask an administrator for a token with a stronger role";
    Reply::Json(
        403,
        json!({ "detail": "viewers may not do this", "code": "access.forbidden", "hint": hint }),
    )
}

fn refuses(_: &Request, _: usize) -> Reply {
    let problems = json!([
        { "code": "component.on-hold", "detail": "held by alice", "components": "x0c0s0b0n0", "count": 1 },
        { "code": "component.queue-full", "detail": "8 tasks are in line", "components": "x0c0s1b0n0", "count": 1 },
    ]);
    let detail = "something is in the way";
    Reply::Json(
        409,
        json!({ "detail": detail, "code": "request.conflict", "problems": problems }),
    )
}

/// An address where nobody is.
async fn nobody() -> String {
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", port.local_addr().unwrap())
}

async fn away(place: Place) -> String {
    let url = nobody().await;
    let ended = ends(online(), TWO, place, async |_| (url.clone(), None)).await;
    for ended in &ended {
        assert_eq!(ended.code, 69, "{:?} {}", ended.row.words, ended.shown);
        assert!(
            ended.shown.contains("Connection refused"),
            "{:?} {}",
            ended.row.words,
            ended.shown
        );
    }
    told(&ended)
}

async fn bad_selector(place: Place) -> String {
    let rows = online().filter(|row| row.words.contains(&"SET"));
    let ended = ends(rows, "x0c0s[3-1]b0n0", place, async |_| {
        let service = Service::start(|request, _| match request.line.as_str() {
            "GET /v2/holds" => Reply::Json(200, json!({ "holds": [] })),
            line => Reply::Json(
                500,
                json!({ "detail": format!("{line} should not have been asked") }),
            ),
        });
        let service = service.await;
        (service.url.clone(), Some(service))
    })
    .await;
    for ended in &ended {
        assert_eq!(ended.code, 2, "{:?} {}", ended.row.words, ended.shown);
    }
    told(&ended)
}

#[tokio::test]
async fn a_service_that_is_away_makes_it_69() {
    assert_snapshot!("away_piped", away(Place::Pipe).await);
    assert_snapshot!("away_at_a_terminal", away(Place::Terminal).await);
}

#[tokio::test]
async fn who_may_not_is_told_so_with_77() {
    assert_snapshot!("forbidden_piped", all_end(77, Place::Pipe, forbids).await);
    assert_snapshot!(
        "forbidden_at_a_terminal",
        all_end(77, Place::Terminal, forbids).await
    );
}

#[tokio::test]
async fn a_refusal_names_everything_that_stands_in_the_way() {
    assert_snapshot!("refused_piped", all_end(101, Place::Pipe, refuses).await);
    assert_snapshot!(
        "refused_at_a_terminal",
        all_end(101, Place::Terminal, refuses).await
    );
}

#[tokio::test]
async fn a_set_that_cannot_be_read_makes_it_2_before_anything_is_changed() {
    assert_snapshot!("bad_selector_piped", bad_selector(Place::Pipe).await);
    assert_snapshot!("bad_selector_at_a_terminal", bad_selector(Place::Terminal).await);
}

async fn when_all_is_well(place: Place) -> String {
    let ended = ends(TABLE.iter(), TWO, place, async |row| {
        let operation = row.operation();
        let service = Service::start(move |request, _| well(operation, request)).await;
        (service.url.clone(), Some(service))
    })
    .await;
    for ended in &ended {
        assert_eq!(ended.code, 0, "{:?} {}", ended.row.words, ended.shown);
    }
    told(&ended)
}

async fn when_a_part_fails(place: Place) -> String {
    let rows = TABLE.iter().filter(|row| row.kind == Kind::Parts);
    let ended = ends(rows, TWO, place, async |row| {
        let operation = row.operation();
        let service = Service::start(move |request, _| in_part(operation, request)).await;
        (service.url.clone(), Some(service))
    })
    .await;
    told(&ended)
}

#[tokio::test]
async fn all_is_well() {
    assert_snapshot!("well_piped", when_all_is_well(Place::Pipe).await);
    assert_snapshot!("well_at_a_terminal", when_all_is_well(Place::Terminal).await);
}

#[tokio::test]
async fn a_part_fails() {
    assert_snapshot!("in_part_piped", when_a_part_fails(Place::Pipe).await);
    assert_snapshot!("in_part_at_a_terminal", when_a_part_fails(Place::Terminal).await);
}

/// The manual pages are made from the command line, one for each command and one for each family.
#[tokio::test]
async fn no_command_is_missing_here() {
    let folder = tempfile::tempdir().unwrap();
    let ended = run(
        "http://127.0.0.1:1",
        &["man", "--all", folder.path().to_str().unwrap()],
    )
    .await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let names = std::fs::read_dir(folder.path()).unwrap();
    let pages: BTreeSet<String> = names
        .filter_map(|entry| {
            let name = entry.unwrap().file_name().into_string().unwrap();
            Some(name.strip_prefix("switchyard-")?.strip_suffix(".1")?.to_owned())
        })
        .collect();
    let is_family = |page: &str| pages.iter().any(|other| other.starts_with(&format!("{page}-")));
    let here: BTreeSet<String> = TABLE
        .iter()
        .map(|row| {
            let two = row.words.iter().take(2).copied().collect::<Vec<_>>().join("-");
            if pages.contains(&two) {
                two
            } else {
                row.words[0].to_owned()
            }
        })
        .collect();
    let missing: Vec<&String> = pages
        .iter()
        .filter(|page| !is_family(page) && !here.contains(*page))
        .collect();
    assert!(
        missing.is_empty(),
        "add a row to the table for each of {missing:?}"
    );
}

#[tokio::test]
async fn at_a_terminal_the_ends_are_the_same() {
    let service = Service::start(|_, _| {
        Reply::Json(
            404,
            json!({ "detail": "there is no such thing", "code": "transition.not-found" }),
        )
    })
    .await;
    for (arguments, code) in [
        (["off", "x0c0s[3-1]b0n0"], 2),
        (["off", "x0!x0"], 4),
        (["retry", ID], 4),
        (["cancel", ID], 4),
        (["queue", "x0c0s0b0n0"], 4),
    ] {
        let left = at_terminal(&service.url, &arguments).end().await;
        assert_eq!(left.code, Some(code), "{arguments:?} {left:?}");
    }
}
