//! `switchyardd health`, for container runtimes.

use std::time::Duration;

use switchyard_gateway::config::Config;

use super::{Failed, client};

/// How long the service may take to say how it is.
const WITHIN: Duration = Duration::from_secs(5);

/// Fails unless the service takes requests. What it depends on and is away is named, and no failure.
pub(super) fn ask(config: &Config, given: Option<&str>) -> Result<(), Failed> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let server = client::server(config, given);
    let answer = runtime.block_on(async {
        let request = client::new(config, given, WITHIN)?.get(format!("{server}/readiness"));
        request.send().await.map_err(Failed::from)
    })?;
    if !answer.status().is_success() {
        return Err(format!("the service at {server} takes no requests: {}", answer.status()).into());
    }
    match answer
        .headers()
        .get("x-switchyard-away")
        .and_then(|away| away.to_str().ok())
    {
        Some(away) => println!("ready; away: {away}"),
        None => println!("ready"),
    }
    Ok(())
}
