//! Trees that nobody has seen: torn, strange and huge ones end in a report and never in a panic.

#![expect(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that goes wrong"
)]

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use driver_check::{Checker, Expectation, Report, Tree, trees};
use serde_json::{Value, json};
use tempfile::TempDir;

fn write(folder: &Path, path: &str, text: &str) {
    let folder = folder.join(path);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("index.json"), text).unwrap();
}

fn tree(resources: &[(&str, Value)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, resource) in resources {
        write(folder.path(), path, &resource.to_string());
    }
    folder
}

/// The embedded drivers are compiled once for all tests.
static CHECKER: LazyLock<Checker> = LazyLock::new(|| Checker::new(None).unwrap());

async fn check(folder: &TempDir) -> Report {
    let tree = Tree::open(folder.path()).unwrap();
    CHECKER.check(tree).await.unwrap()
}

fn link(path: &str) -> Value {
    json!({ "@odata.id": path })
}

fn root() -> Value {
    json!({"RedfishVersion": "1.6.0", "Systems": link("/redfish/v1/Systems"), "Chassis": link("/redfish/v1/Chassis")})
}

#[tokio::test]
async fn values_of_the_wrong_type_everywhere_are_a_report() {
    for odd in [
        json!(null),
        json!(7),
        json!("x"),
        json!([]),
        json!({}),
        json!([[1], {"@odata.id": 5}]),
    ] {
        let system = json!({
            "PowerState": odd, "Boot": odd, "Actions": {"#ComputerSystem.Reset": odd}, "Links": {"Chassis": odd},
            "IndicatorLED": odd, "LocationIndicatorActive": odd, "@Redfish.Settings": odd, "Oem": odd, "Model": odd,
        });
        let chassis = json!({
            "@odata.id": "/redfish/v1/Chassis/1", "Power": link("/redfish/v1/Chassis/1/Power"), "Controls": odd,
            "EnvironmentMetrics": odd, "Links": odd,
        });
        let folder = tree(&[
            ("", root()),
            (
                "Systems",
                json!({"Members": [link("/redfish/v1/Systems/1"), odd]}),
            ),
            ("Systems/1", system),
            ("Chassis", json!({"Members": [link("/redfish/v1/Chassis/1")]})),
            ("Chassis/1", chassis),
            (
                "Chassis/1/Power",
                json!({"PowerControl": odd, "Actions": odd, "Oem": odd}),
            ),
        ]);
        let report = check(&folder).await;
        assert_eq!(report.members.len(), 2, "{odd}: {report}");
        assert!(report.is_ok(), "{odd}: {report}");
    }
}

#[tokio::test]
async fn files_that_are_no_resources_are_differences_or_errors() {
    let folder = tree(&[
        ("", root()),
        ("Systems", json!({"Members": [link("/redfish/v1/Systems/1")]})),
    ]);
    write(folder.path(), "Systems/1", "{\"PowerState\": \"On");
    let report = check(&folder).await;
    assert!(
        !report.is_ok(),
        "half a file passes for a BMC that fails: {report}"
    );

    let folder = tree(&[("", json!({"RedfishVersion": "1.0"}))]);
    assert!(!check(&folder).await.is_ok());
}

#[tokio::test]
async fn links_in_a_circle_and_many_members_have_an_end() {
    let members: Vec<Value> = (0..400)
        .map(|at| link(&format!("/redfish/v1/Systems/{at}")))
        .collect();
    let page = json!({"Members": members, "Members@odata.nextLink": "/redfish/v1/Systems"});
    let mut resources = vec![
        ("", root()),
        ("Systems", page),
        ("Chassis", json!({"Members": null})),
    ];
    let paths: Vec<String> = (0..400).map(|at| format!("Systems/{at}")).collect();
    for path in &paths {
        resources.push((path, json!({"PowerState": "Off"})));
    }
    let folder = tree(&resources);
    let expected = Expectation::of(&Tree::open(folder.path()).unwrap());
    assert_eq!(expected.members.len(), 256);
}

#[test]
fn trees_are_found_at_some_depth_and_by_layout() {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("a/redfish/v1"), "", "{}");
    write(&folder.path().join("b"), "", "{}");
    write(&folder.path().join("c/d"), "", "{}");
    fs::create_dir_all(folder.path().join("e/redfish/v1")).unwrap();
    fs::write(folder.path().join("e/redfish/v1.json"), "{}").unwrap();
    let found = trees(folder.path()).unwrap();
    let names: Vec<&str> = found.iter().map(|tree| tree.name.as_str()).collect();
    assert_eq!(names, ["a", "b", "c/d", "e"]);
}
