//! `driver-check DIR...`: shows what a driver makes of captured Redfish resources. Ends with 1 when a tree brings an error.

use std::error::Error;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use driver_check::{Checker, Report, trees};

/// Serves folders of captured Redfish resources and reports what a driver makes of each.
#[derive(Debug, Parser)]
#[command(version)]
struct Options {
    /// A folder with a captured tree, or with several of them.
    #[arg(required = true)]
    folders: Vec<PathBuf>,
    /// The folder of a driver (driver.toml, driver.wasm) instead of the embedded one that fits the tree.
    #[arg(long)]
    driver: Option<PathBuf>,
    /// Write one JSON object per tree.
    #[arg(long)]
    json: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Options::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let mut text = error.to_string();
            let mut source = error.source();
            while let Some(cause) = source {
                text = format!("{text}: {cause}");
                source = cause.source();
            }
            match writeln!(io::stderr(), "driver-check: {text}") {
                Ok(()) | Err(_) => ExitCode::from(2),
            }
        }
    }
}

async fn run(options: &Options) -> Result<bool, Box<dyn Error>> {
    let checker = Checker::new(options.driver.as_deref())?;
    let mut well = true;
    for folder in &options.folders {
        for tree in trees(folder)? {
            let report = checker.check(tree).await?;
            well &= report.is_ok();
            write(&report, options.json)?;
        }
    }
    Ok(well)
}

fn write(report: &Report, json: bool) -> Result<(), Box<dyn Error>> {
    let mut out = io::stdout().lock();
    if json {
        writeln!(out, "{}", serde_json::to_string(report)?)?;
    } else {
        write!(out, "{report}")?;
    }
    Ok(())
}
