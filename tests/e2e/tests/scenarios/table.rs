//! The table of quirks in `docs/quirks.md`, the scenarios and the tests hold together.

use std::fs;
use std::path::Path;

use bmc_sim::SCENARIOS;

#[test]
fn every_scenario_is_in_the_table_and_has_its_test() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let table = fs::read_to_string(here.join("../../docs/quirks.md")).unwrap();
    let tests: String = fs::read_dir(here.join("tests/scenarios"))
        .unwrap()
        .map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap())
        .collect();
    for scenario in SCENARIOS {
        let name = scenario.name;
        assert!(
            table.contains(&format!("`{name}`")),
            "docs/quirks.md lacks {name}"
        );
        let test = format!("async fn {}()", name.replace('-', "_"));
        assert!(tests.contains(&test), "{name} has no test");
    }
    let last_cells = table
        .lines()
        .filter(|line| line.starts_with("| ") && line.matches(" | ").count() == 4)
        .filter_map(|line| line.rsplit(" | ").next());
    for word in last_cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)) {
        let known = SCENARIOS.iter().any(|scenario| scenario.name == word);
        assert!(known, "docs/quirks.md names {word}, which is no scenario");
    }
}
