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
mod process;

use std::process::ExitCode;

/// The sizes of fleet that are measured unless others are asked for.
const SIZES: [usize; 2] = [2_000, 10_000];

#[tokio::main]
async fn main() -> ExitCode {
    let Some(options) = Options::parse(std::env::args().skip(1)) else {
        eprintln!("usage: switchyard-bench [--json] [--nodes N[,N...]]");
        return ExitCode::from(2);
    };
    let mut all = Vec::new();
    for nodes in options.sizes {
        let figures = fleet::measure(nodes).await;
        if !options.json {
            println!("{figures}");
        }
        all.push(figures);
    }
    if options.json {
        match serde_json::to_string_pretty(&all) {
            Ok(text) => println!("{text}"),
            Err(error) => panic!("the figures cannot be written as JSON: {error}"),
        }
    }
    ExitCode::SUCCESS
}

struct Options {
    json: bool,
    sizes: Vec<usize>,
}

impl Options {
    fn parse(mut args: impl Iterator<Item = String>) -> Option<Self> {
        let mut options = Self {
            json: false,
            sizes: SIZES.to_vec(),
        };
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--json" => options.json = true,
                "--nodes" => {
                    let sizes = args.next()?;
                    options.sizes = sizes
                        .split(',')
                        .map(|size| size.parse().ok())
                        .collect::<Option<_>>()?;
                }
                _ => return None,
            }
        }
        Some(options)
    }
}
