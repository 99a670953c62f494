//! Every invariant of docs/architecture.md says what holds it, and the tests that it names exist.

use std::collections::BTreeSet;
use std::path::Path;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
/// Where tests are.
const FOLDERS: &[&str] = &["host", "plugins", "tests", "xtask"];

/// The cells of the last column of the table whose header ends with `held by`.
fn cells(document: &str) -> impl Iterator<Item = &str> {
    document
        .lines()
        .skip_while(|line| !line.trim_end().ends_with("| held by |"))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .filter_map(|line| line.trim_end().strip_suffix('|')?.rsplit('|').next())
        .map(str::trim)
}

/// The names in code spans of those cells. Names of crates have no underscore.
fn named(document: &str) -> BTreeSet<&str> {
    cells(document)
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .filter(|name| name.contains('_'))
        .collect()
}

/// The names of all functions in the Rust files of a folder and those below.
fn functions(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
            functions(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let names = text
                .split("fn ")
                .skip(1)
                .filter_map(|rest| rest.split(['(', '<']).next());
            found.extend(names.map(str::to_owned));
        }
    }
}

#[test]
fn the_tests_that_the_architecture_names_exist() {
    let document = std::fs::read_to_string(Path::new(ROOT).join("docs/architecture.md")).unwrap();
    let named = named(&document);
    assert!(
        !named.is_empty(),
        "docs/architecture.md has no table of invariants any more"
    );
    let empty = cells(&document).filter(|cell| cell.is_empty()).count();
    assert_eq!(empty, 0, "invariants of docs/architecture.md that nothing holds");
    let mut functions_found = BTreeSet::new();
    for folder in FOLDERS {
        functions(&Path::new(ROOT).join(folder), &mut functions_found);
    }
    let gone: Vec<_> = named
        .into_iter()
        .filter(|name| !functions_found.contains(*name))
        .collect();
    assert!(
        gone.is_empty(),
        "docs/architecture.md names tests that are not there: {}",
        gone.join(", ")
    );
}

#[test]
fn names_are_read_from_the_last_column_only() {
    let document = "| `not_this` | x |\n\n| | invariant | held by |\n|---|---|---|\n| 1 | `nor_this` | `core`: `a_b`, `c_d` |\n\n`e_f`";
    assert_eq!(named(document), BTreeSet::from(["a_b", "c_d"]));
}

#[test]
fn an_empty_cell_is_seen() {
    let document = "| | invariant | held by |\n|---|---|---|\n| 1 | x | |\n| 2 | y | `a_b` |\n";
    assert_eq!(cells(document).collect::<Vec<_>>(), ["", "`a_b`"]);
}
