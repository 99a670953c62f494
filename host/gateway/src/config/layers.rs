//! One setting after another, from the strongest source that has it.

use std::fmt::{self, Display};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use switchyard_transport::Secret;

use super::Sources;
use super::aliases::Aliases;
use crate::document::{Document, Entry, Node, Position, Problems, Value, nearest, unknown_key};

/// What the name of every setting begins with in the environment: `SWITCHYARD__SECTION__KEY`.
pub const ENVIRONMENT_PREFIX: &str = "SWITCHYARD__";

/// A setting given on the command line.
#[derive(Clone)]
#[expect(
    clippy::struct_field_names,
    reason = "a flag is what the command line calls it"
)]
pub struct Flag {
    /// The flag as it was written, such as `--listen`.
    pub flag: String,
    /// The setting, such as `listen.address`.
    pub setting: String,
    /// Its value.
    pub value: String,
}

/// Without the value, which may be a secret that was given in the wrong place.
impl fmt::Debug for Flag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flag")
            .field("flag", &self.flag)
            .field("setting", &self.setting)
            .finish_non_exhaustive()
    }
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// The configuration file.
    File {
        /// The file.
        path: PathBuf,
        /// Where in it.
        position: Position,
    },
    /// A variable of the environment, by its name.
    Environment(String),
    /// A flag, as it was written.
    Flag(String),
}

impl Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, position } => write!(f, "{}:{position}", path.display()),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::Flag(flag) => write!(f, "flag {flag}"),
        }
    }
}

/// One setting as it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Section and key, such as `engine.start_within_s`.
    pub setting: &'static str,
    /// The value as it would be written; empty when there is none.
    pub value: String,
    /// Where it comes from.
    pub origin: Origin,
}

/// Reads settings and remembers which exist.
pub(super) struct Layers<'a> {
    path: &'a Path,
    document: Option<&'a Document>,
    problems: Option<Problems<'a>>,
    environment: Vec<(String, String, &'a str)>,
    aliases: Aliases,
    flags: &'a [Flag],
    rows: Vec<Row>,
    complaints: Vec<String>,
}

impl<'a> Layers<'a> {
    pub(super) fn new(path: &'a Path, document: Option<&'a Document>, sources: &'a Sources) -> Self {
        let environment = sources.environment.iter().filter_map(|(name, value)| {
            let setting = name
                .strip_prefix(ENVIRONMENT_PREFIX)?
                .replace("__", ".")
                .to_ascii_lowercase();
            Some((setting, name.clone(), value.as_str()))
        });
        Self {
            path,
            document,
            problems: document.map(Document::problems),
            environment: environment.collect(),
            aliases: Aliases::of(sources),
            flags: &sources.flags,
            rows: Vec::new(),
            complaints: Vec::new(),
        }
    }

    /// The text of a setting and its origin, from the strongest source.
    fn given(&self, setting: &str) -> Option<(String, Origin)> {
        if let Some(flag) = self.flags.iter().rev().find(|flag| flag.setting == setting) {
            return Some((flag.value.clone(), Origin::Flag(flag.flag.clone())));
        }
        if let Some((_, name, value)) = self.environment.iter().find(|(known, ..)| known == setting) {
            return Some(((*value).to_owned(), Origin::Environment(name.clone())));
        }
        if let Some((_, name, value)) = self.aliases.settings.iter().find(|(known, ..)| *known == setting) {
            return Some((value.clone(), Origin::Environment((*name).to_owned())));
        }
        let (node, origin) = self.in_file(setting)?;
        let text = match &node.value {
            Value::Text(text) => text.clone(),
            Value::Integer(integer) => integer.to_string(),
            Value::Boolean(boolean) => boolean.to_string(),
            Value::List(_) => {
                texts(&node.value).map_or_else(|| "<list>".to_owned(), |texts| texts.join(", "))
            }
            other => format!("<{}>", other.kind()),
        };
        Some((text, origin))
    }

    /// The node of a setting in the file, and its origin.
    fn in_file(&self, setting: &str) -> Option<(&'a Node, Origin)> {
        let document = self.document?;
        let node = setting.split('.').try_fold(&document.root, |section, key| {
            find(table(&section.value), key).map(|entry| &entry.node)
        })?;
        let origin = Origin::File {
            path: self.path.to_owned(),
            position: document.position(node.at),
        };
        Some((node, origin))
    }

    /// Where a setting that was read comes from.
    pub(super) fn origin(&self, setting: &str) -> Option<&Origin> {
        let row = self.rows.iter().find(|row| row.setting == setting);
        row.map(|row| &row.origin)
    }

    /// Notes that the value of a setting cannot be taken.
    pub(super) fn complain(&mut self, setting: &str, complaint: &str) {
        let origin = self.origin(setting);
        let place = match origin {
            None | Some(Origin::Default) => String::new(),
            Some(Origin::File { path, position }) => format!("{}:{position}: ", path.display()),
            Some(Origin::Environment(name)) => format!("{name}: "),
            Some(Origin::Flag(flag)) => format!("{flag}: "),
        };
        self.complaints.push(format!("{place}{setting}: {complaint}"));
    }

    /// Notes something that is no mistake and that an operator should know.
    pub(super) fn warn(&mut self, warning: String) {
        self.aliases.warnings.push(warning);
    }

    fn note(&mut self, setting: &'static str, value: String, origin: Origin) {
        self.rows.push(Row {
            setting,
            value,
            origin,
        });
    }

    /// A value that is written as one word or text.
    pub(super) fn parsed<T>(&mut self, setting: &'static str, default: T) -> T
    where
        T: FromStr + Display,
        T::Err: Display,
    {
        let Some((text, origin)) = self.given(setting) else {
            self.note(setting, default.to_string(), Origin::Default);
            return default;
        };
        self.note(setting, text.clone(), origin);
        match text.parse() {
            Ok(value) => value,
            Err(error) => {
                self.complain(setting, &format!("{text:?} cannot be taken: {error}"));
                default
            }
        }
    }

    /// A number within limits.
    pub(super) fn number<T>(&mut self, setting: &'static str, default: T, limits: RangeInclusive<T>) -> T
    where
        T: FromStr + Display + PartialOrd + Copy,
    {
        let Some((text, origin)) = self.given(setting) else {
            self.note(setting, default.to_string(), Origin::Default);
            return default;
        };
        self.note(setting, text.clone(), origin);
        match text.parse() {
            Ok(number) if limits.contains(&number) => number,
            _ => {
                let (least, most) = (limits.start(), limits.end());
                self.complain(
                    setting,
                    &format!("must be a whole number from {least} to {most}, not {text:?}"),
                );
                default
            }
        }
    }

    /// A duration in whole seconds.
    pub(super) fn seconds(
        &mut self,
        setting: &'static str,
        default: u64,
        limits: RangeInclusive<u64>,
    ) -> Duration {
        Duration::from_secs(self.number(setting, default, limits))
    }

    /// A duration in whole hours.
    pub(super) fn hours(
        &mut self,
        setting: &'static str,
        default: u64,
        limits: RangeInclusive<u64>,
    ) -> Duration {
        Duration::from_hours(self.number(setting, default, limits))
    }

    /// A path. In the file it is relative to the file's folder, elsewhere to the working directory.
    pub(super) fn path(&mut self, setting: &'static str, default: &str) -> PathBuf {
        self.optional_path_or(setting, Some(default)).unwrap_or_default()
    }

    /// A path that may be left out.
    pub(super) fn optional_path(&mut self, setting: &'static str) -> Option<PathBuf> {
        self.optional_path_or(setting, None)
    }

    fn optional_path_or(&mut self, setting: &'static str, default: Option<&str>) -> Option<PathBuf> {
        let Some((text, origin)) = self.given(setting) else {
            self.note(setting, default.unwrap_or_default().to_owned(), Origin::Default);
            return default.map(PathBuf::from);
        };
        let path = match (&origin, self.path.parent()) {
            (Origin::File { .. }, Some(folder)) => folder.join(&text),
            _ => PathBuf::from(&text),
        };
        self.note(setting, path.display().to_string(), origin);
        if text.is_empty() {
            self.complain(setting, "must not be empty");
        }
        Some(path)
    }

    /// Values that are written as a list of texts in the file, and elsewhere as one text with commas.
    pub(super) fn list<T>(&mut self, setting: &'static str) -> Vec<T>
    where
        T: FromStr,
        T::Err: Display,
    {
        let Some((text, origin)) = self.given(setting) else {
            self.note(setting, String::new(), Origin::Default);
            return Vec::new();
        };
        let in_file = self.in_file(setting).filter(|(_, place)| *place == origin);
        let items = match &in_file {
            Some((node, _)) => texts(&node.value),
            None => Some(text.split(',').map(str::trim).collect()),
        };
        let Some(items) = items else {
            self.note(setting, text, origin);
            self.complain(setting, "must be a list of texts");
            return Vec::new();
        };
        self.note(setting, items.join(", "), origin);
        let mut values = Vec::with_capacity(items.len());
        for item in items {
            match item.parse() {
                Ok(value) => values.push(value),
                Err(error) => self.complain(setting, &format!("{item:?} cannot be taken: {error}")),
            }
        }
        values
    }

    /// The same with values that hold when none are given.
    pub(super) fn list_or<T>(&mut self, setting: &'static str, default: &[T]) -> Vec<T>
    where
        T: FromStr + Display + Clone,
        T::Err: Display,
    {
        if self.given(setting).is_some() {
            return self.list(setting);
        }
        let words: Vec<_> = default.iter().map(ToString::to_string).collect();
        self.note(setting, words.join(", "), Origin::Default);
        default.to_vec()
    }

    /// A secret, which the environment alone may hold: files of settings are read by too many. It is never shown.
    pub(super) fn secret(&mut self, setting: &'static str) -> Option<Secret> {
        let Some((text, origin)) = self.given(setting) else {
            self.note(setting, String::new(), Origin::Default);
            return None;
        };
        let from_environment = matches!(origin, Origin::Environment(_));
        self.note(setting, "(not shown)".to_owned(), origin);
        if !from_environment {
            self.complain(
                setting,
                "must not stand here: give it by the environment, or name the file that holds it",
            );
            return None;
        }
        Some(Secret::new(text))
    }

    /// What the file holds under `[[setting]]`. `read` gives the name of each table, for the row of the setting, and its value; it is
    /// also given the folder that paths are relative to.
    pub(super) fn tables<T>(
        &mut self,
        setting: &'static str,
        mut read: impl FnMut(&'a Node, &Path, &mut Problems<'a>) -> Option<(String, T)>,
    ) -> Vec<T> {
        let found = self.in_file(setting);
        let (Some((node, origin)), Some(problems)) = (found, self.problems.as_mut()) else {
            self.note(setting, String::new(), Origin::Default);
            return Vec::new();
        };
        let folder = self.path.parent().unwrap_or(Path::new(""));
        let Value::List(items) = &node.value else {
            problems.add(
                node.at,
                format!("`{setting}` must be a list of tables, each under `[[{setting}]]`"),
            );
            self.note(setting, String::new(), origin);
            return Vec::new();
        };
        let (names, values): (Vec<String>, Vec<T>) = items
            .iter()
            .filter_map(|item| read(item, folder, problems))
            .unzip();
        self.note(setting, names.join(", "), origin);
        values
    }

    /// All rows, and what an operator should know, unless anything was wrong or unknown; then what is wrong, and the rest of what an
    /// operator should know after it.
    pub(super) fn finish(mut self) -> Result<(Vec<Row>, Vec<String>), Vec<String>> {
        self.note_aliases();
        self.note_unknown_keys();
        self.note_unknown_variables();
        let mut complaints = match self.problems.map_or(Ok(()), |problems| problems.into_result(())) {
            Ok(()) => Vec::new(),
            Err(report) => vec![report.to_string()],
        };
        complaints.append(&mut self.complaints);
        if complaints.is_empty() {
            return Ok((self.rows, self.aliases.warnings));
        }
        let warnings = self.aliases.warnings.iter();
        complaints.extend(warnings.map(|warning| format!("warning: {warning}")));
        Err(complaints)
    }

    /// Notes the variables of PCS that cannot be taken, and those that do nothing here.
    fn note_aliases(&mut self) {
        self.complaints.append(&mut self.aliases.complaints);
        for (setting, name, _) in &self.aliases.settings {
            let row = self.rows.iter().find(|row| row.setting == *setting);
            match row.map(|row| &row.origin) {
                None => self
                    .aliases
                    .warnings
                    .push(format!("{name} is not used: this build has no setting {setting}")),
                Some(Origin::Environment(used)) if used == name => {}
                Some(other) => self.aliases.warnings.push(format!(
                    "{name} is not used: {setting} comes from {other}, which is stronger"
                )),
            }
        }
    }

    fn note_unknown_keys(&mut self) {
        let (Some(document), Some(problems)) = (self.document, self.problems.as_mut()) else {
            return;
        };
        let known: Vec<&str> = self.rows.iter().map(|row| row.setting).collect();
        unknown_keys(&document.root, "", &known, problems);
    }

    fn note_unknown_variables(&mut self) {
        let known: Vec<&str> = self
            .rows
            .iter()
            .map(|row| row.setting)
            .filter(|setting| setting.contains('.'))
            .collect();
        for (setting, name, _) in &self.environment {
            if known.contains(&setting.as_str()) && *name == variable(setting) {
                continue;
            }
            self.complaints.push(match nearest(setting, &known) {
                Some(near) => format!("{name}: unknown setting; did you mean {}?", variable(near)),
                None => format!("{name}: unknown setting; `switchyardd config check` lists all"),
            });
        }
    }
}

/// The name of a setting in the environment.
fn variable(setting: &str) -> String {
    format!(
        "{ENVIRONMENT_PREFIX}{}",
        setting.replace('.', "__").to_ascii_uppercase()
    )
}

/// Notes the keys of a section, and of those in it, that no setting has. `prefix` is the name of the section with a dot.
fn unknown_keys<'a>(section: &'a Node, prefix: &str, known: &[&str], problems: &mut Problems<'a>) {
    let mut keys: Vec<&str> = known
        .iter()
        .filter_map(|setting| setting.strip_prefix(prefix)?.split('.').next())
        .collect();
    keys.sort_unstable();
    keys.dedup();
    for entry in table(&section.value) {
        let name = format!("{prefix}{}", entry.key);
        if known.contains(&name.as_str()) {
            continue;
        }
        if !keys.contains(&entry.key.as_str()) {
            problems.add(entry.at, unknown_key(&entry.key, &keys));
            continue;
        }
        if matches!(entry.node.value, Value::Table(_)) {
            unknown_keys(&entry.node, &format!("{name}."), known, problems);
        } else {
            let kind = entry.node.value.kind();
            problems.add(entry.node.at, format!("`{name}` must be a table, not {kind}"));
        }
    }
}

fn table(value: &Value) -> &[Entry] {
    if let Value::Table(entries) = value {
        entries
    } else {
        &[]
    }
}

fn texts(value: &Value) -> Option<Vec<&str>> {
    let Value::List(items) = value else { return None };
    items
        .iter()
        .map(|item| match &item.value {
            Value::Text(text) => Some(text.as_str()),
            _ => None,
        })
        .collect()
}

fn find<'e>(entries: &'e [Entry], key: &str) -> Option<&'e Entry> {
    entries.iter().find(|entry| entry.key == key)
}
