//! The figures of a transition over a whole fleet, beside those of a bare client in the same run.
//!
//! The simulator and the bare client run in this process, the service in its own, so that its CPU time and memory are its own. The
//! bare client does what the service must do at the least: for each BMC one TLS handshake, a reading, the reset, and a reading.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command that prints its result"
)]
#![expect(
    clippy::panic,
    reason = "a measurement that cannot be made ends with the reason"
)]

mod bare;
mod figures;
mod fleet;
mod ipmi;
mod process;
mod smd;

use std::process::ExitCode;

use serde::Serialize;

use crate::figures::Figures;
use crate::ipmi::IpmiFigures;
use crate::smd::SmdFigures;

/// The sizes of fleet that are measured unless others are asked for.
const SIZES: [usize; 2] = [2_000, 10_000];
/// The sizes of fleet that are measured over IPMI unless others are asked for.
const IPMI_SIZES: [usize; 1] = [10_000];
/// The sizes of fleet that SMD knows, unless others are asked for.
const SMD_SIZES: [usize; 1] = [2_000];

#[tokio::main]
async fn main() -> ExitCode {
    let Some(options) = Options::parse(std::env::args().skip(1)) else {
        eprintln!(
            "usage: switchyard-bench [--json] [--nodes N[,N...]|none] [--ipmi-nodes N[,N...]|none] [--smd-nodes N[,N...]|none]"
        );
        return ExitCode::from(2);
    };
    let mut all = Measured::default();
    for nodes in options.sizes {
        let figures = fleet::measure(nodes).await;
        if !options.json {
            println!("{figures}");
        }
        all.redfish.push(figures);
    }
    for nodes in options.ipmi_sizes {
        let figures = ipmi::measure(nodes).await;
        if !options.json {
            println!("{figures}");
        }
        all.ipmi.push(figures);
    }
    for nodes in options.smd_sizes {
        let figures = smd::measure(nodes).await;
        if !options.json {
            println!("{figures}");
        }
        all.smd.push(figures);
    }
    if options.json {
        match serde_json::to_string_pretty(&all) {
            Ok(text) => println!("{text}"),
            Err(error) => panic!("the figures cannot be written as JSON: {error}"),
        }
    }
    ExitCode::SUCCESS
}

/// Everything that was measured.
#[derive(Default, Serialize)]
struct Measured {
    redfish: Vec<Figures>,
    ipmi: Vec<IpmiFigures>,
    smd: Vec<SmdFigures>,
}

struct Options {
    json: bool,
    sizes: Vec<usize>,
    ipmi_sizes: Vec<usize>,
    smd_sizes: Vec<usize>,
}

impl Options {
    fn parse(mut args: impl Iterator<Item = String>) -> Option<Self> {
        let mut options = Self {
            json: false,
            sizes: SIZES.to_vec(),
            ipmi_sizes: IPMI_SIZES.to_vec(),
            smd_sizes: SMD_SIZES.to_vec(),
        };
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--json" => options.json = true,
                "--nodes" => options.sizes = sizes(&args.next()?)?,
                "--ipmi-nodes" => options.ipmi_sizes = sizes(&args.next()?)?,
                "--smd-nodes" => options.smd_sizes = sizes(&args.next()?)?,
                _ => return None,
            }
        }
        Some(options)
    }
}

/// Sizes of fleet, separated by commas.
fn sizes(text: &str) -> Option<Vec<usize>> {
    if text == "none" {
        return Some(Vec::new());
    }
    text.split(',').map(|size| size.parse().ok()).collect()
}
