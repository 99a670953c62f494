//! `[[webhooks]]` and `[callbacks]`.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use ipnet::IpNet;

use super::Sources;
use super::layers::Layers;
use crate::credentials::KeySource;
use crate::document::{Fields, Found, Node, Problems};
use crate::webhooks::{CALLBACKS, EventPattern, ReceiverUrl, WEBHOOKS_MAX};

/// What a webhook is told of when its table does not say.
const EVENTS_DEFAULT: &str = "transition.ended";
/// The longest name, in bytes.
const NAME_MAX_BYTES: usize = 64;

/// A receiver of events.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// Its name, unique among webhooks.
    pub name: String,
    /// Where it is.
    pub url: ReceiverUrl,
    /// The key that its messages are signed with.
    pub key: KeySource,
    /// The key before it, while receivers change over.
    pub former_key: Option<KeySource>,
    /// The events that it is told of.
    pub events: Vec<EventPattern>,
    /// Whether it may have a loopback or private address.
    pub allow_private: bool,
}

/// How requests may ask for a callback.
#[derive(Debug, Clone)]
pub struct Callbacks {
    /// The key that callbacks are signed with; without one there are none.
    pub key: Option<KeySource>,
    /// The key before it, while receivers change over.
    pub former_key: Option<KeySource>,
    /// Networks that callbacks may lead to although their addresses are not public.
    pub allow: Vec<IpNet>,
}

pub(super) fn callbacks(layers: &mut Layers<'_>, sources: &Sources) -> Callbacks {
    let mut key = |setting| layers.optional_path(setting).map(|path| source(path, sources));
    let (present, former) = (key("callbacks.secret_file"), key("callbacks.former_secret_file"));
    if former.is_some() && present.is_none() {
        layers.complain(
            "callbacks.former_secret_file",
            "a former key has no meaning without callbacks.secret_file",
        );
    }
    let allow = layers.list::<Network>("callbacks.allow");
    Callbacks {
        key: present,
        former_key: former,
        allow: allow.into_iter().map(|network| network.0).collect(),
    }
}

pub(super) fn webhooks(layers: &mut Layers<'_>, sources: &Sources) -> Vec<Webhook> {
    let mut names: Vec<String> = Vec::new();
    layers.tables("webhooks", |node, folder, problems| {
        let webhook = webhook(node, folder, sources, problems)?;
        if names.contains(&webhook.name) {
            problems.add(
                node.at,
                format!("there is another webhook called `{}`", webhook.name),
            );
        }
        if names.len() == WEBHOOKS_MAX {
            problems.add(node.at, format!("there are more than {WEBHOOKS_MAX} webhooks"));
        }
        names.push(webhook.name.clone());
        Some((webhook.name.clone(), webhook))
    })
}

fn webhook(node: &Node, folder: &Path, sources: &Sources, problems: &mut Problems<'_>) -> Option<Webhook> {
    let mut fields = Fields::of(node, "a webhook", problems)?;
    let name = fields
        .required("name", "the webhook", problems)
        .and_then(|text| name(text, problems));
    let url = fields
        .required("url", "the webhook", problems)
        .and_then(|text| parsed("url", text, problems));
    let key = fields.required("secret_file", "the webhook", problems);
    let former = fields.text("former_secret_file", problems);
    let events = events(&mut fields, node.at, problems);
    let allow_private = fields.flag("allow_private", problems);
    fields.finish(problems);
    let file = |text: Found<&str>| source(folder.join(text.value), sources);
    Some(Webhook {
        name: name?,
        url: url?,
        key: file(key?),
        former_key: former.map(file),
        events,
        allow_private,
    })
}

fn name(text: Found<&str>, problems: &mut Problems<'_>) -> Option<String> {
    let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if text.value.is_empty() || text.value.len() > NAME_MAX_BYTES || !text.value.bytes().all(word) {
        problems.add(
            text.at,
            format!("`name` has 1 to {NAME_MAX_BYTES} small letters, digits and `-`"),
        );
        return None;
    }
    if text.value == CALLBACKS {
        problems.add(
            text.at,
            format!("`{CALLBACKS}` is the name of the callbacks of requests; choose another"),
        );
        return None;
    }
    Some(text.value.to_owned())
}

fn events(fields: &mut Fields<'_>, at: usize, problems: &mut Problems<'_>) -> Vec<EventPattern> {
    let default = || EVENTS_DEFAULT.parse().into_iter().collect();
    let Some(texts) = fields.texts("events", problems) else {
        return default();
    };
    if texts.is_empty() {
        problems.add(at, "`events` names no event; leave it out for transition.ended");
    }
    texts
        .into_iter()
        .filter_map(|text| parsed("events", text, problems))
        .collect()
}

fn parsed<T>(key: &str, text: Found<&str>, problems: &mut Problems<'_>) -> Option<T>
where
    T: FromStr,
    T::Err: std::fmt::Display,
{
    match text.value.parse() {
        Ok(value) => Some(value),
        Err(error) => {
            problems.add(text.at, format!("bad `{key}`: {error}"));
            None
        }
    }
}

/// A key among systemd's credentials is guarded by systemd, any other by its mode.
pub(super) fn source(path: PathBuf, sources: &Sources) -> KeySource {
    let guarded = sources
        .credentials_directory
        .as_ref()
        .is_some_and(|folder| path.starts_with(folder));
    if guarded {
        KeySource::Systemd(path)
    } else {
        KeySource::File(path)
    }
}

/// A network, or one address.
struct Network(IpNet);

impl FromStr for Network {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse::<IpNet>()
            .or_else(|_| text.parse().map(|address: std::net::IpAddr| address.into()))
            .map(Self)
            .map_err(|_| "a network is written like 10.1.0.0/16 or fd12::/64")
    }
}
