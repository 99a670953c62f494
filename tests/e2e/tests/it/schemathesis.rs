//! The API held against its own document: schemathesis makes requests out of the OpenAPI document, good ones and bad ones, and checks
//! every answer.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use bmc_sim::{PowerState, Sim, SimConfig, bmc_xname, node_xname};
use serde_json::{Value, json};
use switchyard_e2e::{Client, Installation, Settings, long, peer};

/// How long a run may take.
const WITHIN: Duration = Duration::from_mins(20);
/// Requests made up for each operation in every run, and in a long one.
const EXAMPLES: (u32, u32) = (10, 300);
/// The same requests in every run; a long one makes new ones, and names the seed when it fails.
const SEED: u32 = 1;
/// How often a text is one that the service knows.
const PROBABILITY: f64 = 0.4;
/// How much of a stream is looked at, which does not end by itself; a long run takes no more of them for the same reason.
const STREAM_SECONDS: u32 = 1;
const STREAM_EVENTS: u32 = 5;
/// The simulated BMCs.
const BMCS: usize = 4;

/// More requests for one caller than it may send otherwise, so that there is more to see than refusals; and a webhook, whose receiver
/// nobody is.
const CONFIG: &str = "[limits]\nrequests_per_second = 100000\nburst = 100000\n\
                      [[webhooks]]\nname = \"receiver\"\nurl = \"http://127.0.0.1:1/\"\n\
                      secret_file = \"webhook.key\"\nallow_private = true\n";
/// The document itself, of whose requests schemathesis keeps no count.
const DOCUMENT: &str = "/v2/openapi.json";

/// What every answer must be. Whether a bad request is refused is not among it: PCS takes much that its document does not say.
const CHECKS: [&str; 9] = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "use_after_free",
    "ensure_resource_availability",
    "unsupported_method",
    "allow_header_conformance",
];

/// Ids that the service knows. Without them nearly every answer would be a 404.
struct Known {
    /// Nodes and their controllers.
    names: Vec<String>,
    transition: String,
    task: String,
    plan: String,
    power_cap: String,
}

impl Known {
    /// Starts a transition that is there to look at and to abort: the machines do not follow a shutdown.
    async fn make(client: &Client) -> Self {
        let nodes = (0..BMCS).map(|bmc| node_xname(bmc, 0));
        let names: Vec<String> = nodes.chain((0..BMCS).map(bmc_xname)).collect();
        let transition = client.transition("soft-off", &names[..1], 60).await.unwrap();
        let view = client
            .get(&format!("/v2/transitions/{transition}"))
            .await
            .unwrap();
        let task = view.body["members"][0]["task"].as_str().unwrap().to_owned();
        let body = json!({ "operation": "off", "components": names[..1] });
        let plan = client.post("/v2/plans", &body).await.unwrap().body;
        let plan = plan["id"].as_str().unwrap().to_owned();
        let body = json!({ "xnames": names[..1] });
        let power_cap = client.post("/v1/power-cap/snapshot", &body).await.unwrap().body;
        let power_cap = power_cap["taskID"].as_str().unwrap().to_owned();
        Self {
            names,
            transition,
            task,
            plan,
            power_cap,
        }
    }

    /// The dictionaries, and where they are used beside what schemathesis makes up.
    fn dictionaries(&self) -> String {
        let mut text = format!("[dictionaries.names]\nvalues = {:?}\n", self.names);
        for (area, parameter, id) in [
            ("transitions", "id", self.transition.as_str()),
            ("tasks", "id", &self.task),
            ("plans", "id", &self.plan),
            ("power-cap", "id", &self.power_cap),
            ("webhooks", "name", "receiver"),
        ] {
            write!(
                text,
                "[dictionaries.{area}]\nvalues = [{id:?}]\n\
                 [[operations]]\ninclude-path-regex = \"/{area}/.*\\\\{{\"\n\
                 parameters = {{ \"path.{parameter}\" = {{ dictionary = \"{area}\", probability = {PROBABILITY} }} }}\n"
            )
            .unwrap();
        }
        text
    }
}

/// Writes the signing key of the webhook, for its owner alone.
fn write_key(path: &Path) {
    let file = File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    writeln!(file.unwrap(), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
}

/// The configuration, in the folder in which schemathesis runs and looks for it.
fn configure(folder: &Path, known: &Known) {
    let (examples, seed) = if long() {
        (EXAMPLES.1, String::new())
    } else {
        (EXAMPLES.0, format!("seed = {SEED}\n"))
    };
    let text = format!(
        "{seed}workers = 2\nrequest-timeout = 30\n\
         [generation]\nmax-examples = {examples}\ndatabase = \"none\"\n\
         [generation.dictionaries]\nstring = {{ dictionary = \"names\", probability = {PROBABILITY} }}\n\
         [[operations]]\ninclude-path-regex = \"/(events|stream)$\"\n\
         request-timeout = {STREAM_SECONDS}\nmax-stream-events = {STREAM_EVENTS}\n\
         generation = {{ max-examples = {} }}\n\
         [reports.json]\npath = \"report.json\"\n{}",
        EXAMPLES.0,
        known.dictionaries()
    );
    std::fs::write(folder.join("schemathesis.toml"), text).unwrap();
}

/// A resource of a BMC: which there are is for the BMC to say.
const RESOURCE: &str = "/v2/components/{id}/bmc/{path}";

/// The operations that can succeed at any time and never did: their good answers were not checked.
fn unanswered(document: &Value, report: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            let name = format!("{} {path}", method.to_uppercase());
            if path == DOCUMENT || path == RESOURCE || (method != "get" && depends(path)) {
                continue;
            }
            let phases = report["valid_rates"][&name].as_object();
            let accepted = |phase: &Value| phase["accepted"].as_u64().is_some_and(|count| count > 0);
            if !phases.is_some_and(|phases| phases.values().any(accepted)) {
                found.push(name);
            }
        }
    }
    found
}

/// Whether a change succeeds only when something is in a state into which the other requests may bring it or not: work that is
/// unfinished, a hold that holds, a time that lies ahead, a driver that its author signed, a token that nobody revoked, a folder
/// for backups, a path that only SMD was told, a host that was found.
fn depends(path: &str) -> bool {
    let areas = [
        "/v2/smd/notifications",
        "/transitions/{id}",
        "/tasks/{id}",
        "/configurations/{id}",
        "/v2/holds",
        "/v2/drivers",
        "/v2/tokens/{id}",
        "/v2/backup",
        "/v2/discoveries",
        "/v2/endpoints/pin",
    ];
    path.ends_with("/v2/endpoints/{id}") || areas.iter().any(|area| path.contains(area))
}

#[tokio::test]
async fn every_answer_is_in_the_document() {
    let sim = Sim::start(SimConfig::default().count(BMCS).os_ignores_shutdown())
        .await
        .unwrap();
    sim.set_all_power(PowerState::On);
    let inventory = sim.inventory(&bmc_sim::InventoryOptions::default()).unwrap();
    let login = &sim.config().login;
    let settings = Settings {
        config: CONFIG.to_owned(),
        ..Settings::default()
    };
    let installation = Installation::new(&inventory, &login.user, &login.password, settings);
    write_key(&installation.folder().join("webhook.key"));
    let service = installation.start().await;
    let client = service.client();
    client.fleet_read(2 * BMCS, WITHIN).await;
    configure(installation.folder(), &Known::make(client).await);

    let arguments = [
        "--no-color".to_owned(),
        "run".to_owned(),
        format!("--checks={}", CHECKS.join(",")),
        format!("{}{DOCUMENT}", client.base()),
    ];
    let said = peer::run_python("schemathesis", &arguments, installation.folder(), WITHIN).await;
    assert!(said.success, "{}", said.text);
    let report = std::fs::read_to_string(installation.folder().join("report.json")).unwrap();
    let document = client.get(DOCUMENT).await.unwrap().body;
    assert_eq!(
        unanswered(&document, &serde_json::from_str(&report).unwrap()),
        Vec::<String>::new(),
        "{}",
        said.text
    );
    assert!(service.terminate().await.success());
}
