use super::*;

/// Every argument of every verb that takes what only the service knows.
fn attached(command: &Command, path: &str, found: &mut Vec<String>) {
    for argument in command.get_arguments() {
        let name = argument.get_id().as_str();
        if let Some(source) = source(path, name).filter(|_| !has_values(argument)) {
            found.push(format!("{path} {name}: {source:?}"));
        }
    }
    for verb in command.get_subcommands() {
        attached(verb, format!("{path} {}", verb.get_name()).trim(), found);
    }
}

#[test]
fn what_takes_names_completes_them() {
    let mut found = Vec::new();
    attached(&Arguments::command(), "", &mut found);
    for expected in [
        "off selector: Selector",
        "drivers upgrade on: Selector",
        "cap set words: Selector",
        "resolve words: Selector",
        "release targets: HoldOrSelector",
        "cancel targets: TransitionOrSelector",
        "retry group: Failures",
        " at: Service",
        "doctor component: Component",
        "transition watch id: Transition",
        "drivers show id: Driver",
        "endpoints remove controller: Controllers",
        "man verb: Verb",
    ] {
        let begin = expected.strip_prefix("off").map_or(expected, |_| "off selector");
        assert!(
            found.iter().any(|line| line.starts_with(begin)),
            "{expected} is not in {found:#?}"
        );
    }
    assert!(
        !found.iter().any(|line| line.starts_with("tokens revoke")),
        "{found:#?}"
    );
}

#[test]
fn a_service_that_is_not_there_is_silence() {
    let live = Live::new(&["switchyard", "--server", "http://127.0.0.1:1", "off"].map(OsString::from));
    assert!(names::selector("x", &live).is_empty());
    assert!(live.transitions("").is_empty());
    let filter: Vec<String> = filter::words("power:off -is:", &live)
        .iter()
        .map(line_of)
        .collect();
    let values = ["busy", "idle", "waiting", "unavailable"];
    assert_eq!(filter, values.map(|value| format!("power:off -is:{value}")));
    let filter: Vec<String> = filter::words("power:off,un", &live).iter().map(line_of).collect();
    assert_eq!(filter, ["power:off,unknown"]);
}

#[test]
fn many_names_are_shown_up_to_their_next_number() {
    let names =
        || (0..4).flat_map(|c| (0..8).flat_map(move |s| (0..2).map(move |n| format!("x1000c{c}s{s}b0n{n}"))));
    let shown = |word: &str| -> Vec<String> {
        let found = names::set(word, |_| names().collect());
        found.iter().map(line_of).collect()
    };
    assert_eq!(shown("x"), ["x1000"]);
    assert_eq!(shown("x1000"), ["x1000c0", "x1000c1", "x1000c2", "x1000c3"]);
    assert_eq!(
        shown("x1000c1!x1000c2s7"),
        ["x1000c1!x1000c2s7b0n0", "x1000c1!x1000c2s7b0n1"]
    );
    assert_eq!(shown("x1000c[0-3]s"), Vec::<String>::new());
}
