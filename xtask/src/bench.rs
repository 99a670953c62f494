//! `cargo xtask bench`: the figures of a transition over a simulated fleet, measured in the release build.

use std::process::ExitCode;

use crate::arguments::Arguments;
use crate::error::Result;
use crate::setup;
use crate::step::Step;
use crate::web_ui;
use crate::workspace::Workspace;

/// What the command line asked for.
#[derive(Debug)]
pub(crate) struct Options {
    /// For machines: JSON alone on standard output.
    json: bool,
    /// The sizes of fleet, separated by commas.
    nodes: Option<String>,
    /// The same over IPMI.
    ipmi_nodes: Option<String>,
    /// The same, known by SMD.
    smd_nodes: Option<String>,
}

impl Options {
    pub(crate) fn parse(arguments: &mut Arguments) -> Result<Self> {
        let options = Self {
            json: arguments.flag("--json"),
            nodes: arguments.option("--nodes")?,
            ipmi_nodes: arguments.option("--ipmi-nodes")?,
            smd_nodes: arguments.option("--smd-nodes")?,
        };
        arguments.finish()?;
        Ok(options)
    }
}

/// Builds for release and measures. The programs are taken from the folder of the one that measures.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<ExitCode> {
    setup::driver_target(workspace)?;
    setup::openssl(workspace)?;
    setup::ipmi_programs(workspace)?;
    Step::cargo(workspace, "build")
        .args(["build", "--workspace", "--bins", "--release", "--locked"])
        .run()?;
    let mut step = Step::new(
        workspace,
        "bench",
        workspace.target.join("release/switchyard-bench"),
    );
    if options.json {
        step = step.args(["--json"]);
    }
    if let Some(nodes) = &options.nodes {
        step = step.args(["--nodes", nodes]);
    }
    if let Some(nodes) = &options.ipmi_nodes {
        step = step.args(["--ipmi-nodes", nodes]);
    }
    if let Some(nodes) = &options.smd_nodes {
        step = step.args(["--smd-nodes", nodes]);
    }
    step.run()?;
    let overhead = workspace.target.join("release/driver-overhead");
    let mut step = Step::new(workspace, "bench, drivers", overhead);
    if options.json {
        step = step.args(["--json"]);
    }
    step.run()?;
    watch(workspace)?;
    Ok(ExitCode::SUCCESS)
}

/// What it costs a browser to watch a large fleet. Fails above the limits that the program names.
fn watch(workspace: &Workspace) -> Result<()> {
    let browser = setup::browser(workspace)?;
    web_ui::build(workspace)?;
    let program = workspace.root.join("web-ui/bench/watch.mjs");
    Step::new(workspace, "bench, dashboard", "node")
        .args([
            &program.display().to_string(),
            "--check",
            &browser.display().to_string(),
        ])
        .run()
}
