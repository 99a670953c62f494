//! What may be depended on: licences, bans and sources by cargo-deny, advisories where they can be fetched.

use crate::error::Result;
use crate::step::Step;
use crate::workspace::Workspace;

/// The release of cargo-deny that `deny.toml` is written for.
const CARGO_DENY: &str = "0.20.2";

/// Runs cargo-deny, installing it once into the cache.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let tools = workspace.cache.join(format!("cargo-deny-{CARGO_DENY}"));
    let program = tools.join("bin/cargo-deny");
    if !program.exists() {
        Step::cargo(workspace, "cargo-deny")
            .args([
                "install",
                "cargo-deny",
                "--version",
                CARGO_DENY,
                "--locked",
                "--root",
            ])
            .args([&tools])
            .without_env("CARGO_TARGET_DIR")
            .run()?;
    }
    let deny = |name: &str| Step::new(workspace, name, &program).args(["--workspace", "--locked"]);
    deny("licences, bans, sources")
        .args(["check", "licenses", "bans", "sources"])
        .run()?;

    let fetched = deny("advisories")
        .args(["fetch", "db"])
        .env("GIT_HTTP_LOW_SPEED_LIMIT", "1000")
        .env("GIT_HTTP_LOW_SPEED_TIME", "20")
        .succeeds();
    if fetched {
        return deny("advisories")
            .args(["--offline", "check", "advisories"])
            .run();
    }
    println!("Advisories were not checked: the advisory database cannot be fetched from here.");
    Ok(())
}
