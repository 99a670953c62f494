//! The file in which choices are remembered.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use switchyard_core::{ControllerId, Fact};

use super::Choice;
use crate::private;

/// How long changes are gathered before they are written.
pub(super) const WRITE_AFTER: Duration = Duration::from_secs(5);
/// The version of the file.
const FORMAT: u32 = 1;
/// The largest file that is read, in bytes: a hundred thousand controllers with all their facts.
const FILE_MAX_BYTES: u64 = 256 << 20;

#[derive(Serialize, Deserialize)]
struct Remembered {
    format: u32,
    choices: BTreeMap<ControllerId, Row>,
}

#[derive(Serialize, Deserialize)]
struct Row {
    driver: String,
    prober: String,
    facts: Vec<Fact>,
    address: String,
    /// Milliseconds since the Unix epoch.
    at: u64,
}

/// Reads the file. What cannot be read is as if it were not there.
pub(super) fn read(path: &Path) -> Vec<(ControllerId, Choice)> {
    match try_read(path) {
        Ok(remembered) if remembered.format == FORMAT => {
            remembered.choices.into_iter().filter_map(of_row).collect()
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Ok(Remembered { format, .. }) => {
            tracing::warn!(path = %path.display(), format, "the file of chosen drivers is of another release; controllers are probed again");
            Vec::new()
        }
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "the file of chosen drivers cannot be read; controllers are probed again");
            Vec::new()
        }
    }
}

fn try_read(path: &Path) -> io::Result<Remembered> {
    if fs::metadata(path)?.len() > FILE_MAX_BYTES {
        return Err(io::Error::other(format!(
            "the file is larger than {FILE_MAX_BYTES} bytes"
        )));
    }
    Ok(serde_json::from_slice(&fs::read(path)?)?)
}

fn of_row((controller, row): (ControllerId, Row)) -> Option<(ControllerId, Choice)> {
    let choice = Choice {
        driver: row.driver,
        prober: row.prober,
        facts: row.facts,
        address: row.address.parse().ok()?,
        at: UNIX_EPOCH + Duration::from_millis(row.at),
    };
    Some((controller, choice))
}

/// Writes the file, whole or not at all.
pub(super) fn write(path: &Path, choices: Vec<(ControllerId, Choice)>) -> io::Result<()> {
    let rows = choices.into_iter().map(|(controller, choice)| {
        let row = Row {
            driver: choice.driver,
            prober: choice.prober,
            facts: choice.facts,
            address: choice.address.to_string(),
            at: millis(choice.at),
        };
        (controller, row)
    });
    let remembered = Remembered {
        format: FORMAT,
        choices: rows.collect(),
    };
    private::replace(path, &[&serde_json::to_vec(&remembered)?])
}

fn millis(at: SystemTime) -> u64 {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_remembered_and_a_damaged_file_costs_a_probe() {
        let top = tempfile::tempdir().unwrap();
        let path = top.path().join("choices.json");
        assert!(read(&path).is_empty());
        let controller = ControllerId::parse("x0c0s0b0").unwrap();
        let choice = Choice {
            driver: "acme".to_owned(),
            prober: "redfish-standard@1.0.0".to_owned(),
            facts: vec![Fact {
                name: "vendor".to_owned(),
                value: "Acme".to_owned(),
            }],
            address: "https://127.0.0.1".parse().unwrap(),
            at: UNIX_EPOCH + Duration::from_millis(1_234),
        };
        let choices = vec![(controller, choice)];
        write(&path, choices.clone()).unwrap();
        assert_eq!(read(&path), choices);
        fs::write(&path, "{\"format\":").unwrap();
        assert!(read(&path).is_empty());
        fs::write(&path, "{\"format\":2,\"choices\":{}}").unwrap();
        assert!(read(&path).is_empty());
    }
}
