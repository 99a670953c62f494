//! Every command of the command line, once.

use crate::service::ID;

/// A command as it is typed.
pub(crate) struct Row {
    /// Its words: `SET` stands for components, `FOLDER` for that of a driver.
    pub(crate) words: &'static [&'static str],
    /// What it does with the service.
    pub(crate) kind: Kind,
}

/// What a command does with the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It may succeed in part.
    Parts,
    /// It is about one thing, or about all or nothing.
    Whole,
    /// It asks nothing.
    Offline,
}

const fn parts(words: &'static [&'static str]) -> Row {
    let kind = Kind::Parts;
    Row { words, kind }
}

const fn whole(words: &'static [&'static str]) -> Row {
    let kind = Kind::Whole;
    Row { words, kind }
}

const fn offline(words: &'static [&'static str]) -> Row {
    let kind = Kind::Offline;
    Row { words, kind }
}

/// The table. A command that is not in it makes a test fail.
pub(crate) const TABLE: &[Row] = &[
    parts(&["status", "SET"]),
    parts(&["on", "SET"]),
    parts(&["off", "SET"]),
    parts(&["soft-off", "SET"]),
    parts(&["force-off", "SET"]),
    parts(&["soft-restart", "SET"]),
    parts(&["hard-restart", "SET"]),
    parts(&["init", "SET"]),
    parts(&["reset", "SET"]),
    parts(&["power-cycle", "SET"]),
    parts(&["full-power-cycle", "SET"]),
    parts(&["nmi", "SET"]),
    parts(&["plan", "off", "SET"]),
    parts(&["emergency-off", "SET", "--reason", "water"]),
    parts(&["queue", "SET"]),
    parts(&["cancel", ID, "SET"]),
    parts(&["cancel", "--components", "SET"]),
    parts(&["pause", ID, "SET"]),
    parts(&["resume", ID, "SET"]),
    parts(&["retry", ID, "SET"]),
    whole(&["hold", "SET", "--reason", "disk swap", "--until", "2h"]),
    whole(&["holds"]),
    parts(&["release", "SET"]),
    parts(&["resolve", "SET", "done"]),
    parts(&["cap", "show", "SET"]),
    parts(&["cap", "set", "SET", "500"]),
    parts(&["cap", "watch", ID]),
    parts(&["events"]),
    parts(&["audit"]),
    parts(&["health"]),
    whole(&["bmc", "get", "x0c0s0b0n0", "/redfish/v1/Systems/1"]),
    parts(&["transition", "show", ID]),
    parts(&["transition", "watch", ID, "--reconnect-within", "0"]),
    parts(&["transition", "cancel", ID]),
    whole(&["transition", "failures", ID]),
    parts(&["transition", "list"]),
    parts(&["drivers", "list"]),
    whole(&["drivers", "show", "acme"]),
    whole(&["drivers", "install", "FOLDER"]),
    whole(&["drivers", "upgrade", "acme", "2.0.0", "--on", "SET"]),
    whole(&["drivers", "promote", "acme", "2.0.0"]),
    whole(&["drivers", "rollback", "acme"]),
    whole(&["drivers", "remove", "acme", "2.0.0"]),
    parts(&["drivers", "probe", "x0c0s0b0"]),
    whole(&["tokens", "create", "--name", "slurm", "--role", "viewer"]),
    parts(&["tokens", "list"]),
    whole(&["tokens", "revoke", "0123456789abcdef"]),
    whole(&["whoami"]),
    parts(&["endpoints", "list"]),
    parts(&["endpoints", "discover", "10.4.7.[1-2]"]),
    parts(&["endpoints", "show", "d1"]),
    whole(&["endpoints", "cancel", "d1"]),
    parts(&["endpoints", "accept", "d1", "10.4.7.[1-2]", "x0c0s[0-1]b0"]),
    parts(&["endpoints", "pin", "x0c0s[0-1]b0", "--yes"]),
    whole(&["endpoints", "remove", "x0c0s0b0"]),
    parts(&["doctor", "x0c0s0b0n0"]),
    offline(&["completions", "bash"]),
    offline(&["man", "off"]),
];

impl Row {
    /// The words to be typed.
    pub(crate) fn words<'a>(&self, set: &'a str, folder: &'a str) -> Vec<&'a str> {
        let words = self.words.iter().map(|word| match *word {
            "SET" => set,
            "FOLDER" => folder,
            word => word,
        });
        words.collect()
    }

    /// What is asked for where a transition is followed.
    pub(crate) fn operation(&self) -> &'static str {
        match self.words[0] {
            "transition" | "retry" => "off",
            "emergency-off" => "force-off",
            verb => verb,
        }
    }
}
