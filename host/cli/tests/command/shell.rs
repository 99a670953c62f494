//! What a shell sees: completion, verbs of others, manual pages.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Stdio;

use insta::assert_snapshot;
use serde_json::json;
use tempfile::TempDir;
use tokio::process::Command;

use crate::command::{Ended, run};
use crate::every::answers::failures;
use crate::interventions::hold;
use crate::service::{ID, Reply, Service};

/// A folder with programs.
fn programs(programs: &[(&str, &str, u32)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text, mode) in programs {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(*mode)).unwrap();
    }
    folder
}

/// Runs the command with programs beside the system's.
async fn run_with(programs: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> Ended {
    let home = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_switchyard"))
        .args(arguments)
        .env_clear()
        .env("HOME", home.path())
        .env("PATH", format!("{}:/usr/bin:/bin", programs.display()))
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap();
    Ended {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

const TELL: &str = "#!/bin/sh
echo \"$@\"
echo \"$SWITCHYARD_SERVER ${SWITCHYARD_TOKEN-none} ${SWITCHYARD_TOKEN_FILE-none} ${SWITCHYARD_CA_FILE-none}\"
exit 42
";

#[tokio::test]
async fn an_unknown_verb_is_a_program_with_the_connection_in_its_environment() {
    let programs = programs(&[("switchyard-rack", TELL, 0o755)]);
    let token = programs.path().join("token");
    fs::write(&token, "swy_0123\n").unwrap();
    let token = token.to_str().unwrap();
    let flags = [
        "--server",
        "http://127.0.0.1:1/base/",
        "--token-file",
        token,
        "rack",
        "--all",
        "x1000",
        "--json",
    ];
    let ended = run_with(programs.path(), &[("SWITCHYARD_TOKEN", "swy_env")], &flags).await;
    assert_eq!(
        (ended.code, ended.stdout.as_str(), ended.stderr.as_str()),
        (
            Some(42),
            format!("--all x1000 --json\nhttp://127.0.0.1:1/base none {token} none\n").as_str(),
            ""
        )
    );
    let from_environment = [
        ("SWITCHYARD_TOKEN", "swy_env"),
        ("SWITCHYARD_CA_FILE", "/etc/ca.pem"),
    ];
    let ended = run_with(programs.path(), &from_environment, &["rack"]).await;
    assert_eq!(
        ended.stdout,
        "\nhttp://127.0.0.1:28007 swy_env none /etc/ca.pem\n"
    );
}

#[tokio::test]
async fn a_verb_that_nobody_has_is_2_with_the_nearest() {
    let programs = programs(&[
        ("switchyard-rack", TELL, 0o755),
        ("switchyard-notes", TELL, 0o644),
    ]);
    let mut told = Vec::new();
    for verb in ["sttaus", "racks", "notes", "qqqq"] {
        let ended = run_with(programs.path(), &[], &[verb, "x0"]).await;
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{ended:?}");
        told.push(ended.stderr);
    }
    assert_snapshot!(told.concat(), @r#"
    switchyard: there is no verb "sttaus", and no program switchyard-sttaus in PATH; perhaps `switchyard status` is meant; `switchyard help` lists all
    switchyard: there is no verb "racks", and no program switchyard-racks in PATH; perhaps `switchyard rack` is meant; `switchyard help` lists all
    switchyard: there is no verb "notes", and no program switchyard-notes in PATH; `switchyard help` lists all
    switchyard: there is no verb "qqqq", and no program switchyard-qqqq in PATH; `switchyard help` lists all
    "#);
}

#[tokio::test]
async fn help_lists_the_programs_that_are_found() {
    let programs = programs(&[
        ("switchyard-rack", TELL, 0o755),
        ("switchyard-status", TELL, 0o755),
        ("switchyard-notes", TELL, 0o644),
    ]);
    for words in [&["help"][..], &["--help"]] {
        let ended = run_with(programs.path(), &[], words).await;
        assert_eq!(ended.code, Some(0));
        assert!(
            ended.stdout.contains("Verbs of programs in PATH:\n  rack\n\n"),
            "{}",
            ended.stdout
        );
    }
}

#[tokio::test]
async fn a_program_that_does_not_start_is_1() {
    let programs = programs(&[("switchyard-rack", "#!/nowhere/python\n", 0o755)]);
    let ended = run_with(programs.path(), &[], &["rack"]).await;
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(
        ended.stderr.contains("switchyard-rack does not start: "),
        "{ended:?}"
    );
}

/// What the service has.
async fn service() -> Service {
    Service::start(|request, _| {
        let component = |id: &str| {
            json!({ "id": id, "kind": "node", "state": "on", "raw": "On", "available": true,
                    "changedAt": "2026-11-21T10:00:00Z", "supported": [] })
        };
        match request.line.split('?').next().unwrap() {
            "GET /v2/components" => Reply::Json(
                200,
                json!({ "components": [component("x0c0s9b0n0"), component("x0c0s10b0n0"), component("x1c0s0b0n0")] }),
            ),
            "GET /v2/inventory" => Reply::Json(
                200,
                json!({ "components": 3, "controllers": 3, "groups": ["gpu", "rack1"], "complete": true, "sources": [] }),
            ),
            "GET /v2/holds" => Reply::Json(200, json!({ "holds": [hold("h1", "x0c0s[0-1]b0n0", 2)] })),
            line if line.ends_with("/failures") => Reply::Json(200, failures()),
            _ => Reply::Json(404, json!({ "detail": "not in the script" })),
        }
    })
    .await
}

#[tokio::test]
async fn names_of_the_service_are_completed() {
    let service = service().await;
    for (words, expected) in [
        (
            &["1", "switchyard", "who"][..],
            "space\nwhoami\tShows who one is to the service, and what one may do\n",
        ),
        (
            &["2", "switchyard", "off", "x0"],
            "nospace\nx0c0s9b0n0\nx0c0s10b0n0\n",
        ),
        (
            &["2", "switchyard", "off", "@gpu!x1"],
            "nospace\n@gpu!x1c0s0b0n0\n",
        ),
        (
            &["2", "switchyard", "off", "x0,@r"],
            "nospace\nx0,@rack1\tgroup\n",
        ),
        (&["2", "switchyard", "doctor", "x1"], "space\nx1c0s0b0n0\n"),
        (&["3", "switchyard", "cap", "set", "x1"], "nospace\nx1c0s0b0n0\n"),
        (&["2", "switchyard", "resolve", "x1"], "nospace\nx1c0s0b0n0\n"),
        (&["2", "switchyard", "release", "x1"], "nospace\nx1c0s0b0n0\n"),
        (
            &["2", "switchyard", "release", "h"],
            "space\nh1\tx0c0s[0-1]b0n0 by alice, disk swap\n",
        ),
        (
            &["3", "switchyard", "cancel", "--components", "x1"],
            "nospace\nx1c0s0b0n0\n",
        ),
        (
            &[
                "6",
                "switchyard",
                "drivers",
                "upgrade",
                "acme",
                "2.0.0",
                "--on",
                "x1",
            ],
            "nospace\nx1c0s0b0n0\n",
        ),
        (
            &["4", "switchyard", "retry", ID, "--group", "a"],
            "space\na1\t2 bmc.locked\n",
        ),
    ] {
        let all: Vec<&str> = ["__complete"].iter().chain(words).copied().collect();
        let ended = run(&service.url, &all).await;
        assert_eq!(
            (ended.stdout.as_str(), ended.stderr.as_str()),
            (expected, ""),
            "{words:?}"
        );
    }
    assert!(
        service
            .requests()
            .iter()
            .any(|asked| asked.line.ends_with("filter=x0*"))
    );
}

#[tokio::test]
async fn services_of_the_configuration_file_are_completed() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join(".config/switchyard");
    fs::create_dir_all(&folder).unwrap();
    let text = "[servers.north]\nserver = \"https://north\"\n[servers.south]\nserver = \"https://south\"\n";
    fs::write(folder.join("cli.toml"), text).unwrap();
    let variables = [("HOME", home.path().to_str().unwrap())];
    let words = ["__complete", "2", "switchyard", "--at", "n"];
    let ended = run_with(home.path(), &variables, &words).await;
    assert_eq!(ended.stdout, "space\nnorth\n");
}

#[tokio::test]
async fn the_token_of_the_file_is_kept_from_another_service() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join(".config/switchyard");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("token"), "swy_file\n").unwrap();
    fs::write(
        folder.join("cli.toml"),
        "server = \"https://file\"\ntoken_file = \"token\"\n",
    )
    .unwrap();
    let service =
        Service::start(|_, _| Reply::Json(401, json!({ "detail": "no token found", "hint": "send one" })))
            .await;
    let variables = [("HOME", home.path().to_str().unwrap())];
    let ended = run_with(home.path(), &variables, &["whoami", "--server", &service.url]).await;
    assert_eq!(service.requests()[0].header("authorization"), None);
    let told = format!("is not sent to {}; name one with --token-file\n", service.url);
    assert!(ended.stderr.contains(&told), "{}", ended.stderr);
}

#[tokio::test]
async fn a_service_that_never_answers_is_waited_for_one_second() {
    let service = Service::start(|_, _| Reply::Silence).await;
    let began = std::time::Instant::now();
    let ended = run(&service.url, &["__complete", "2", "switchyard", "off", "x0"]).await;
    assert_eq!(
        (ended.code, ended.stdout.as_str(), ended.stderr.as_str()),
        (Some(0), "space\n", "")
    );
    assert!(
        began.elapsed() < std::time::Duration::from_secs(10),
        "{:?}",
        began.elapsed()
    );
}

/// What bash would put into the line, one candidate a line.
async fn bash(url: &str, line: &str, replaced: &str) -> Vec<String> {
    let programs = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(
        env!("CARGO_BIN_EXE_switchyard"),
        programs.path().join("switchyard"),
    )
    .unwrap();
    let script = "compopt() { :; }; source <(switchyard completions bash); COMP_LINE=\"$1\" COMP_POINT=${#1}; \
        _switchyard switchyard \"$2\"; printf '%s\\n' \"${COMPREPLY[@]}\"";
    let output = Command::new("bash")
        .args(["--norc", "-c", script, "bash", line, replaced])
        .env_clear()
        .env("PATH", format!("{}:/usr/bin:/bin", programs.path().display()))
        .env("SWITCHYARD_SERVER", url)
        .output()
        .await
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let said = String::from_utf8(output.stdout).unwrap();
    said.lines()
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
async fn bash_completes_in_quotes_and_behind_signs_at_which_it_splits() {
    let service = service().await;
    // The third is the part of the word that bash replaces.
    for (line, replaced, expected) in [
        ("switchyard who", "who", &["whoami"][..]),
        ("switchyard --color never off x1", "x1", &["x1c0s0b0n0"]),
        (
            "switchyard off 'x0c0s9b0n0!x1",
            "x0c0s9b0n0!x1",
            &["x0c0s9b0n0!x1c0s0b0n0"],
        ),
        ("switchyard off @g", "g", &["gpu"]),
        ("switchyard off x0,\"@r", "@r", &["@rack1"]),
        ("switchyard completions z", "z", &["zsh"]),
    ] {
        assert_eq!(bash(&service.url, line, replaced).await, expected, "{line}");
    }
}

#[tokio::test]
async fn every_shell_has_a_script() {
    for shell in ["bash", "zsh", "fish"] {
        let ended = run("http://127.0.0.1:1", &["completions", shell]).await;
        assert_eq!(ended.code, Some(0));
        assert!(ended.stdout.contains("__complete"), "{}", ended.stdout);
    }
    assert_eq!(
        run("http://127.0.0.1:1", &["completions", "tcsh"]).await.code,
        Some(2)
    );
}

#[tokio::test]
async fn the_manual_pages_are_those_of_the_command_line() {
    const REMEDY: &str = "write them anew: cargo run -p switchyard-cli -- man --all docs/man";
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/man");
    let fresh = tempfile::tempdir().unwrap();
    let ended = run(
        "http://127.0.0.1:1",
        &["man", "--all", fresh.path().to_str().unwrap()],
    )
    .await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let names = |folder: &Path| {
        let mut names: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        names.sort();
        names
    };
    assert_eq!(names(&kept), names(fresh.path()), "{REMEDY}");
    for name in names(&kept) {
        let read = |folder: &Path| fs::read_to_string(folder.join(&name)).unwrap();
        assert_eq!(read(&kept), read(fresh.path()), "{name:?}: {REMEDY}");
    }
    let one = run("http://127.0.0.1:1", &["man", "transition", "watch"]).await;
    assert_eq!(
        one.stdout,
        fs::read_to_string(kept.join("switchyard-transition-watch.1")).unwrap()
    );
    assert_eq!(run("http://127.0.0.1:1", &["man", "nothing"]).await.code, Some(2));
}
