use std::path::{Path, PathBuf};
use std::time::Duration;

use super::smd::SecretSource;
use super::{Config, Error, Flag, Loaded, LogFormat, Origin, SourceName, Sources};
use crate::credentials::KeySource;

struct Case {
    folder: tempfile::TempDir,
    sources: Sources,
}

impl Case {
    fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("switchyard.toml");
        std::fs::write(&file, text).unwrap();
        Self {
            folder,
            sources: Sources {
                file: Some(file),
                ..Sources::default()
            },
        }
    }

    fn variable(mut self, name: &str, value: &str) -> Self {
        self.sources.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    fn flag(mut self, flag: &str, setting: &str, value: &str) -> Self {
        self.sources.flags.push(Flag {
            flag: flag.into(),
            setting: setting.into(),
            value: value.into(),
        });
        self
    }

    fn load(&self) -> Loaded {
        Config::load(&self.sources).unwrap()
    }

    /// The complaints, without the name of the temporary folder.
    fn complaints(&self) -> String {
        let error = Config::load(&self.sources).unwrap_err();
        let text = match &error {
            Error::File(file) => file.to_string(),
            Error::Invalid(_) => error.to_string(),
        };
        text.replace(&format!("{}/", self.folder.path().display()), "")
    }
}

fn origin(loaded: &Loaded, setting: &str) -> Origin {
    loaded
        .rows
        .iter()
        .find(|row| row.setting == setting)
        .unwrap()
        .origin
        .clone()
}

#[test]
#[expect(clippy::too_many_lines, reason = "one line for each setting")]
fn nothing_given_means_the_defaults() {
    let loaded = Case::new("").load();
    let rows: Vec<String> = loaded
        .rows
        .iter()
        .map(|row| format!("{}: {}", row.setting, row.value).trim_end().to_owned())
        .collect();
    assert!(loaded.rows.iter().all(|row| row.origin == Origin::Default));
    insta::assert_snapshot!(rows.join("\n"), @r#"
    listen.address: 127.0.0.1:28007
    tls.cert_file:
    tls.key_file:
    store.path: /var/lib/switchyard/switchyard.db
    store.free_min_mib: 256
    store.free_warn_mib: 1024
    access.mode:
    access.bootstrap_file: /var/lib/switchyard/admin-token
    access.jwks_url:
    access.jwks_ca_file:
    access.jwks_refresh_s: 300
    access.jwks_keep_s: 86400
    access.issuers:
    access.audiences:
    access.require_expiry: true
    access.role_claim: roles
    access.role_map:
    access.default_role:
    access.scope_claim:
    access.scope_map:
    access.metrics_public: false
    access.session_idle_s: 3600
    access.session_max_s: 43200
    access.behind_proxy: false
    inventory.file: /etc/switchyard/inventory.toml
    credentials.file: /etc/switchyard/credentials
    credentials.key_file: /etc/switchyard/credentials.key
    credentials.vault.address:
    credentials.vault.allow_plaintext: false
    credentials.vault.ca_file:
    credentials.vault.namespace:
    credentials.vault.keypath: secret/hms-creds
    credentials.vault.mount:
    credentials.vault.kv: 1
    credentials.vault.timeout_s: 5
    credentials.vault.cache_s: 600
    credentials.vault.stale_max_s: 3600
    credentials.vault.token:
    credentials.vault.token_file:
    credentials.vault.auth: kubernetes
    credentials.vault.auth_path: auth/kubernetes/login
    credentials.vault.role:
    credentials.vault.role_file: /var/run/secrets/kubernetes.io/serviceaccount/namespace
    credentials.vault.jwt_file: /var/run/secrets/kubernetes.io/serviceaccount/token
    credentials.sources: file
    engine.start_within_s: 900
    engine.record_expiry_h: 24
    engine.change_timeout_s: 60
    engine.read_timeout_s: 30
    engine.connect_timeout_s: 10
    engine.patience_percent: 100
    engine.tasks_moving: 256
    limits.requests_per_second: 200
    limits.burst: 1000
    limits.callers_max: 10000
    limits.requests_in_flight: 512
    limits.open_tasks_max: 200000
    limits.idempotency_keys_per_caller: 20000
    limits.idempotency_keys_max: 100000
    pcs.prefixes: /apis/power-control, /power-control
    pcs.max_num_completed: 20000
    poller.enabled: true
    poller.interval_s: 30
    poller.in_flight: 256
    stagger:
    limits.confirm_above: 500
    protect.roles: Management
    protect.v1: false
    smd.url:
    smd.ca_file:
    smd.timeout_s: 30
    smd.poll_interval_s: 60
    smd.cache_file: /var/lib/switchyard/smd-cache.json
    smd.callback_url:
    smd.write_back: false
    smd.controllers.credential: default
    smd.controllers.credentials_from_smd: false
    smd.controllers.verify: system
    smd.controllers.ca_file:
    smd.oauth2.client_id:
    smd.oauth2.client_secret:
    smd.oauth2.client_secret_file:
    smd.oauth2.token_url:
    smd.oauth2.scopes:
    smd.reservations.enabled: true
    drivers.store: /var/lib/switchyard/drivers
    drivers.cache: /var/lib/switchyard/driver-cache
    drivers.folder:
    drivers.trusted_keys:
    drivers.allow_unsigned: false
    drivers.grants: http, ipmi
    driver:
    backup.folder:
    webhooks:
    callbacks.secret_file:
    callbacks.former_secret_file:
    callbacks.allow:
    log.format: auto
    log.level: info
    "#);
    assert_eq!(loaded.config.engine.record_expiry, Duration::from_hours(24));
}

#[test]
fn flags_beat_the_environment_which_beats_the_file() {
    let loaded = Case::new("[engine]\nstart_within_s = 1\nread_timeout_s = 2\nconnect_timeout_s = 3\n")
        .variable("SWITCHYARD__ENGINE__READ_TIMEOUT_S", "20")
        .variable("SWITCHYARD__ENGINE__CONNECT_TIMEOUT_S", "30")
        .variable("PATH", "/bin")
        .flag("--connect-timeout", "engine.connect_timeout_s", "40")
        .load();
    let engine = &loaded.config.engine;
    assert_eq!(engine.start_within, Duration::from_secs(1));
    assert_eq!(engine.timeouts().read, Duration::from_secs(20));
    assert_eq!(engine.timeouts().connect, Duration::from_secs(40));
    assert!(
        origin(&loaded, "engine.start_within_s")
            .to_string()
            .ends_with("switchyard.toml:2:18")
    );
    assert_eq!(
        origin(&loaded, "engine.read_timeout_s").to_string(),
        "environment SWITCHYARD__ENGINE__READ_TIMEOUT_S"
    );
    assert_eq!(
        origin(&loaded, "engine.connect_timeout_s").to_string(),
        "flag --connect-timeout"
    );
}

#[test]
fn paths_in_the_file_are_relative_to_it() {
    let case = Case::new("[store]\npath = \"data/s.db\"\n[drivers]\nfolder = \"/opt/drivers\"\n")
        .variable("SWITCHYARD__INVENTORY__FILE", "fleet.json");
    let loaded = case.load();
    assert_eq!(loaded.config.store.path, case.folder.path().join("data/s.db"));
    assert_eq!(
        loaded.config.drivers.folder.as_deref(),
        Some(Path::new("/opt/drivers"))
    );
    assert_eq!(loaded.config.inventory.file, PathBuf::from("fleet.json"));
}

#[test]
fn the_key_comes_from_systemd_when_it_offers_one() {
    let mut case = Case::new("");
    let folder = tempfile::tempdir().unwrap();
    case.sources.credentials_directory = Some(folder.path().to_owned());
    assert_eq!(
        case.load().config.credentials.key.path(),
        Path::new("/etc/switchyard/credentials.key")
    );
    std::fs::write(folder.path().join("switchyard-key"), "x").unwrap();
    assert_eq!(
        case.load().config.credentials.key.path(),
        folder.path().join("switchyard-key")
    );
    let case = Case::new("[credentials]\nkey_file = \"mine.key\"\n");
    assert_eq!(
        case.load().config.credentials.key.path(),
        case.folder.path().join("mine.key")
    );
}

#[test]
fn every_mistake_is_reported_with_its_place() {
    let complaints = Case::new(
        "[listen]\nadress = \"127.0.0.1:1\"\n[engin]\nx = 1\n[poller]\nenabled = \"maybe\"\ninterval_s = 0\n\
         [log]\nformat = \"xml\"\nlevel = \"a=b=c\"\n[store]\npath = \"\"\n",
    )
    .variable("SWITCHYARD__ENGINE__START_WITHIN", "5")
    .variable("SWITCHYARD__engine__start_within_s", "5")
    .variable("SWITCHYARD__ENGINE__READ_TIMEOUT_S", "soon")
    .flag("--listen", "listen.address", "0.0.0.0:28007")
    .complaints();
    insta::assert_snapshot!(complaints, @r#"
    switchyard.toml:2:1: unknown key `adress`; did you mean `address`?
    switchyard.toml:3:2: unknown key `engin`; did you mean `engine`?
    switchyard.toml:12:8: store.path: must not be empty
    --listen: listen.address: 0.0.0.0:28007 is no loopback address, and nobody is asked for a token: whoever reaches the port could switch everything; set access.mode to tokens, or to mesh where a mesh lets in only those whom it knows
    SWITCHYARD__ENGINE__READ_TIMEOUT_S: engine.read_timeout_s: must be a whole number from 1 to 600, not "soon"
    switchyard.toml:6:11: poller.enabled: "maybe" cannot be taken: provided string was not `true` or `false`
    switchyard.toml:7:14: poller.interval_s: must be a whole number from 1 to 86400, not "0"
    switchyard.toml:9:10: log.format: "xml" cannot be taken: must be auto, json or text
    switchyard.toml:10:9: log.level: the log level "a=b=c" is neither a level (error, warn, info, debug, trace) nor a filter: error parsing level filter: expected one of "off", "error", "warn", "info", "debug", "trace", or a number 0-5
    SWITCHYARD__ENGINE__START_WITHIN: unknown setting; did you mean SWITCHYARD__ENGINE__START_WITHIN_S?
    SWITCHYARD__engine__start_within_s: unknown setting; did you mean SWITCHYARD__ENGINE__START_WITHIN_S?
    "#);
}

#[test]
fn beyond_loopback_tokens_are_not_readable_on_the_way() {
    let listening = |text: &str| Case::new(text).flag("--listen", "listen.address", "0.0.0.0:28007");
    let complaints = listening("[access]\nmode = \"tokens\"").complaints();
    assert!(
        complaints.contains("tokens could be read on the way"),
        "{complaints}"
    );
    for sound in [
        "[access]\nmode = \"mesh\"",
        "[access]\nmode = \"tokens\"\nbehind_proxy = true",
        "[access]\nmode = \"tokens\"\n[tls]\ncert_file = \"c\"\nkey_file = \"k\"",
        "[access]\njwks_url = \"https://id/keys\"\n[tls]\ncert_file = \"c\"\nkey_file = \"k\"",
    ] {
        listening(sound).load();
    }
    let half = Case::new("[tls]\ncert_file = \"c\"").complaints();
    assert!(half.contains("set together"), "{half}");
}

#[test]
fn access_asks_for_tokens_where_an_identity_provider_is_named() {
    use crate::access::{Mode, Role};
    let mode = |text: &str| Case::new(text).load().config.access.mode;
    assert_eq!(mode(""), Mode::None);
    assert_eq!(mode("[access]\njwks_url = \"https://id/keys\""), Mode::Tokens);
    for open in ["none", "mesh"] {
        let text = format!("[access]\nmode = \"{open}\"\njwks_url = \"https://id/keys\"");
        let complaints = Case::new(&text).complaints();
        assert!(
            complaints.contains("access.jwks_url has no meaning"),
            "{complaints}"
        );
    }
    let loaded = Case::new(
        "[access]\njwks_url = \"https://id/keys\"\nrole_map = [\"hpc = admins=admin\"]\ndefault_role = \"viewer\"\n\
         scope_claim = \"racks\"\nscope_map = [\"bio=@bio,x0c0s[0-3]b0n0\"]",
    )
    .load();
    let rules = loaded.config.access.jwt.unwrap().rules;
    assert_eq!(rules.role_map, [("hpc = admins".to_owned(), Role::Admin)]);
    assert_eq!(rules.default_role, Some(Role::Viewer));
    assert_eq!(
        rules.scope_map,
        [("bio".to_owned(), "@bio,x0c0s[0-3]b0n0".to_owned())]
    );
    for (text, complaint) in [
        ("mode = \"open\"", "must be none, mesh or tokens"),
        ("default_role = \"boss\"", "a role is viewer, operator or admin"),
        ("role_map = [\"admins\"]", "write it as value=role"),
        (
            "scope_map = [\"bio=x0c0[\"]\nscope_claim = \"racks\"",
            "access.scope_map",
        ),
        (
            "scope_map = [\"bio=@bio\"]",
            "has no meaning without access.scope_claim",
        ),
    ] {
        let complaints = Case::new(&format!("[access]\n{text}")).complaints();
        assert!(complaints.contains(complaint), "{text}: {complaints}");
    }
}

#[test]
fn an_address_beyond_loopback_is_refused() {
    for address in ["0.0.0.0:1", "[::]:1", "10.0.0.1:1"] {
        let complaints = Case::new("")
            .flag("--listen", "listen.address", address)
            .complaints();
        assert!(complaints.contains("nobody is asked for a token"), "{complaints}");
    }
    for address in ["127.1.2.3:1", "[::1]:0"] {
        Case::new("").flag("--listen", "listen.address", address).load();
    }
}

#[test]
fn a_file_that_was_named_must_exist_and_be_toml() {
    let mut case = Case::new("[listen\n");
    insta::assert_snapshot!(case.complaints(), @r#"
    switchyard.toml:1:8: unclosed table, expected `]`
    "#);
    case.sources.file = Some(case.folder.path().join("none.toml"));
    assert!(matches!(Config::load(&case.sources), Err(Error::File(error)) if error.is_not_found()));
}

#[test]
fn stagger_groups_are_tables_of_the_file() {
    let loaded = Case::new(
        "[[stagger]]\ncomponents = \"x1000c[0-7]\"\non = 8\nevery_s = 5\n[[stagger]]\ncomponents = \"pdu-fed[1-2]\"\n",
    )
    .load();
    let groups: Vec<_> = loaded
        .config
        .stagger
        .iter()
        .map(|group| (group.components.len(), group.on, group.every.as_secs()))
        .collect();
    assert_eq!(groups, [(8, 8, 5), (2, 1, 1)]);
    let row = loaded.rows.iter().find(|row| row.setting == "stagger").unwrap();
    assert_eq!(row.value, "x1000c[0-7]: 8 every 5 s, pdu-fed[1-2]: 1 every 1 s");

    let complaints = Case::new(
        "[[stagger]]\ncomponents = \"x1000c[0-\"\non = 0\n[[stagger]]\ncomponents = \"\"\nevery = 5\n[[stagger]]\non = 1\n",
    )
    .complaints();
    insta::assert_snapshot!(complaints, @r"
    switchyard.toml:2:14: `components` is no set of names: the '[' at character 7 is not closed
    switchyard.toml:3:6: `on` must be from 1 to 10000, not 0
    switchyard.toml:5:14: `components` names nothing
    switchyard.toml:6:1: unknown key `every`; did you mean `every_s`?
    switchyard.toml:7:1: the stagger group has no `components`
    ");
}

#[test]
fn log_formats_are_words() {
    let loaded = Case::new("[log]\nformat = \"json\"\nlevel = \"warn,switchyard_gateway=debug\"\n").load();
    assert_eq!(loaded.config.log.format, LogFormat::Json);
}

#[test]
fn webhooks_are_tables_of_the_file() {
    let mut case = Case::new(
        "[[webhooks]]\nname = \"ops\"\nurl = \"https://ops.example/x?token=1\"\nsecret_file = \"ops.key\"\n\
         former_secret_file = \"/old.key\"\nevents = [\"transition.ended\", \"task.\"]\nallow_private = true\n\
         [[webhooks]]\nname = \"b\"\nurl = \"http://b.example/\"\nsecret_file = \"/run/credentials/b\"\n\
         [callbacks]\nsecret_file = \"callbacks.key\"\nallow = [\"10.1.0.0/16\", \"::1\"]\n",
    );
    case.sources.credentials_directory = Some("/run/credentials".into());
    let loaded = case.load();
    let [ops, b] = &loaded.config.webhooks[..] else {
        panic!("two webhooks")
    };
    let folder = case.folder.path();
    assert_eq!(ops.key, KeySource::File(folder.join("ops.key")));
    assert_eq!(ops.former_key, Some(KeySource::File("/old.key".into())));
    assert!(ops.allow_private && !b.allow_private);
    let shown = |webhook: &super::Webhook| {
        let events: Vec<String> = webhook.events.iter().map(ToString::to_string).collect();
        format!("{} {} {}", webhook.name, webhook.url, events.join(" "))
    };
    assert_eq!(shown(ops), "ops https://ops.example/x?... transition.ended task.");
    assert_eq!(shown(b), "b http://b.example/ transition.ended");
    assert_eq!(b.key, KeySource::Systemd("/run/credentials/b".into()));
    let callbacks = &loaded.config.callbacks;
    assert_eq!(callbacks.key, Some(KeySource::File(folder.join("callbacks.key"))));
    let allow: Vec<String> = callbacks.allow.iter().map(ToString::to_string).collect();
    assert_eq!(allow, ["10.1.0.0/16", "::1/128"]);
    let row = |setting: &str| {
        let row = loaded.rows.iter().find(|row| row.setting == setting).unwrap();
        row.value.clone()
    };
    assert_eq!(
        (row("webhooks"), row("callbacks.allow")),
        ("ops, b".into(), "10.1.0.0/16, ::1".into())
    );
}

#[test]
fn lists_come_from_the_environment_with_commas() {
    let case = Case::new("").variable("SWITCHYARD__CALLBACKS__ALLOW", "127.0.0.0/8, fd00::/8");
    assert_eq!(case.load().config.callbacks.allow.len(), 2);
}

#[test]
fn mistakes_in_webhooks_have_their_place() {
    let complaints = Case::new(
        "[[webhooks]]\nname = \"callbacks\"\nurl = \"ftp://a/\"\nevents = []\n\
         [[webhooks]]\nname = \"Ops\"\nurl = \"https://user:hunter2@a.example/\"\nsecret_file = \"k\"\nevents = [\"*\"]\nx = 1\n\
         [[webhooks]]\nname = \"a\"\nurl = \"https://a.example/\"\nsecret_file = \"k\"\n\
         [[webhooks]]\nname = \"a\"\nurl = \"https://a.example/\"\nsecret_file = \"k\"\nallow_private = \"yes\"\n\
         [callbacks]\nformer_secret_file = \"k\"\nallow = [\"localhost\"]\n[webhook]\n",
    )
    .variable("SWITCHYARD__WEBHOOKS", "a")
    .complaints();
    assert!(!complaints.contains("hunter2"), "{complaints}");
    insta::assert_snapshot!(complaints, @r#"
    switchyard.toml:1:1: the webhook has no `secret_file`
    switchyard.toml:1:1: `events` names no event; leave it out for transition.ended
    switchyard.toml:2:8: `callbacks` is the name of the callbacks of requests; choose another
    switchyard.toml:3:7: bad `url`: a URL begins with https:// or http://
    switchyard.toml:6:8: `name` has 1 to 64 small letters, digits and `-`
    switchyard.toml:7:7: bad `url`: a URL holds no user and no password; what is sent is signed
    switchyard.toml:9:11: bad `events`: a kind of event is written in small letters, digits, `-` and dots, such as `transition.ended`; with a dot at its end, such as `task.`, it means all kinds that begin so
    switchyard.toml:10:1: unknown key `x`; known are `name`, `url`, `secret_file`, `former_secret_file`, `events`, `allow_private`
    switchyard.toml:15:1: there is another webhook called `a`
    switchyard.toml:19:17: `allow_private` must be true or false, not a text
    switchyard.toml:23:2: unknown key `webhook`; did you mean `webhooks`?
    switchyard.toml:21:22: callbacks.former_secret_file: a former key has no meaning without callbacks.secret_file
    switchyard.toml:22:9: callbacks.allow: "localhost" cannot be taken: a network is written like 10.1.0.0/16 or fd12::/64
    SWITCHYARD__WEBHOOKS: unknown setting; `switchyardd config check` lists all
    "#);
    let complaints = Case::new("webhooks = 1\n[callbacks]\nallow = [1]\n").complaints();
    insta::assert_snapshot!(complaints, @r#"
    switchyard.toml:1:12: `webhooks` must be a list of tables, each under `[[webhooks]]`
    switchyard.toml:3:9: callbacks.allow: must be a list of texts
    "#);
}

#[test]
fn a_section_in_a_section_is_read_and_its_unknown_keys_are_errors() {
    let loaded = Case::new("[credentials.vault]\naddress = \"https://vault:8200\"\ntoken_file = \"token\"\n")
        .variable("SWITCHYARD__CREDENTIALS__VAULT__KV", "2")
        .load();
    assert_eq!(loaded.config.credentials.sources, [SourceName::Vault]);
    assert_eq!(
        origin(&loaded, "credentials.vault.kv"),
        Origin::Environment("SWITCHYARD__CREDENTIALS__VAULT__KV".into())
    );
    let wrong = Case::new("[credentials.vault]\nadress = \"https://vault:8200\"\n")
        .variable("SWITCHYARD__CREDENTIALS__VAULT__KEYPATHS", "a")
        .complaints();
    assert!(
        wrong.contains("switchyard.toml:2:1: unknown key `adress`; did you mean `address`?"),
        "{wrong}"
    );
    assert!(
        wrong.contains("did you mean SWITCHYARD__CREDENTIALS__VAULT__KEYPATH?"),
        "{wrong}"
    );
    let wrong = Case::new("[credentials]\nvault = 1\n").complaints();
    assert!(wrong.contains("`credentials.vault` must be a table"), "{wrong}");
}

#[test]
fn variables_of_pcs_are_taken_shown_and_weaker_than_our_own() {
    let loaded = Case::new("[poller]\ninterval_s = 5\n[engine]\nrecord_expiry_h = 5\n")
        .variable("EXPIRE_TIME_MINS", "1440")
        .variable("PCS_POWER_SAMPLE_INTERVAL", "60")
        .variable("SWITCHYARD__POLLER__INTERVAL_S", "7")
        .variable("LOG_LEVEL", "WARNING")
        .variable("STORAGE", "ETCD")
        .variable("ETCD_HOST", "")
        .variable("VAULT_SKIP_VERIFY", "false")
        .load();
    assert_eq!(loaded.config.engine.record_expiry, Duration::from_hours(24));
    assert_eq!(
        origin(&loaded, "engine.record_expiry_h"),
        Origin::Environment("EXPIRE_TIME_MINS".into())
    );
    assert_eq!(loaded.config.poller.interval, Duration::from_secs(7));
    assert_eq!(loaded.config.log.level, "warn");
    insta::assert_snapshot!(loaded.warnings.join("\n"), @r"
    STORAGE is not used: records are kept in one SQLite file, store.path, with nothing beside
    PCS_POWER_SAMPLE_INTERVAL is not used: poller.interval_s comes from environment SWITCHYARD__POLLER__INTERVAL_S, which is stronger
    ");
}

#[test]
fn a_variable_of_pcs_that_cannot_be_taken_is_an_error() {
    let wrong = Case::new("")
        .variable("EXPIRE_TIME_MINS", "a day")
        .variable("VAULT_SKIP_VERIFY", "1")
        .complaints();
    assert!(
        wrong.contains("EXPIRE_TIME_MINS: \"a day\" cannot be taken"),
        "{wrong}"
    );
    assert!(
        wrong.contains("VAULT_SKIP_VERIFY is refused") && wrong.contains("credentials.vault.ca_file"),
        "{wrong}"
    );
}

#[test]
fn tokens_for_smd_as_pcs_has_them_are_taken_and_the_secret_never_shown() {
    let case = || {
        Case::new("")
            .variable("OAUTH2_CLIENT_ID", "pcs")
            .variable("OAUTH2_CLIENT_SECRET", "s3cret")
            .variable("OAUTH2_TOKEN_URL", "https://auth.example/token")
    };
    let loaded = case().load();
    let oauth2 = loaded.config.smd.oauth2.as_ref().unwrap();
    assert_eq!(oauth2.client_id, "pcs");
    assert!(
        matches!(&oauth2.client_secret, SecretSource::Given(secret) if secret.expose() == "s3cret"),
        "{oauth2:?}"
    );
    assert!(!format!("{loaded:?}").contains("s3cret"));
    let twice = case()
        .variable("SWITCHYARD__SMD__OAUTH2__CLIENT_SECRET_FILE", "secret")
        .complaints();
    assert!(twice.contains("leave one of them out"), "{twice}");
    let in_file = Case::new("[smd.oauth2]\nclient_secret = \"s3cret\"\n").complaints();
    assert!(
        in_file.contains("must not stand here") && !in_file.contains("s3cret"),
        "{in_file}"
    );
}

#[test]
fn what_is_not_used_is_told_beside_what_is_wrong() {
    let wrong = Case::new("[poller]\ninterval_s = 0\n")
        .variable("STORAGE", "ETCD")
        .complaints();
    assert!(wrong.contains("poller.interval_s: must be"), "{wrong}");
    assert!(wrong.contains("warning: STORAGE is not used"), "{wrong}");
}

#[test]
fn vault_as_pcs_has_it_is_taken_and_its_token_never_shown() {
    let case = Case::new("")
        .variable("VAULT_ADDR", "https://vault:8200")
        .variable("VAULT_TOKEN", "hvs.secret")
        .variable("VAULT_KEYPATH", "secret/hms-creds")
        .variable("CRED_CACHE_DURATION", "60");
    let loaded = case.load();
    let vault = loaded.config.credentials.vault.as_ref().unwrap();
    assert_eq!(
        (vault.connection.mount.as_str(), vault.connection.below.as_str()),
        ("secret", "hms-creds")
    );
    assert_eq!(vault.keeping.fresh, Duration::from_mins(1));
    assert!(!format!("{loaded:?}").contains("hvs.secret"));
    let off = case.variable("VAULT_ENABLED", "false").load();
    assert_eq!(off.config.credentials.sources, [SourceName::File]);
    // The address alone is what every program of the user is told.
    let alone = Case::new("").variable("VAULT_ADDR", "https://vault:8200").load();
    assert!(alone.config.credentials.vault.is_none());
    assert!(
        alone
            .warnings
            .iter()
            .any(|line| line.starts_with("VAULT_ADDR is not used"))
    );
    let in_file = Case::new("[credentials.vault]\ntoken = \"hvs.secret\"\n").complaints();
    assert!(
        in_file.contains("must not stand here") && !in_file.contains("hvs."),
        "{in_file}"
    );
}

#[test]
fn vault_over_http_is_refused_unless_somebody_insists() {
    let text = "[credentials.vault]\naddress = \"http://vault:8200\"\ntoken_file = \"token\"\n";
    let wrong = Case::new(text).complaints();
    assert!(wrong.contains("credentials.vault.allow_plaintext"), "{wrong}");
    let insisted = Case::new(&format!("{text}allow_plaintext = true\n")).load();
    assert!(
        insisted
            .warnings
            .iter()
            .any(|line| line.contains("can be read on the way"))
    );
    Case::new("[credentials.vault]\naddress = \"http://127.0.0.1:8200\"\ntoken_file = \"token\"\n").load();
}

#[test]
fn logins_of_the_environment_are_loud_and_must_be_asked_for() {
    let loaded = Case::new("[credentials]\nsources = [\"environment\", \"file\"]\n")
        .variable("SWITCHYARD_LOGIN_RACK1", "root:initial0")
        .variable("PCS_FAKE_VAULT_REDFISH_USER", "root")
        .variable("PCS_FAKE_VAULT_REDFISH_PASSWORD", "calvin")
        .load();
    assert_eq!(loaded.config.credentials.environment.len(), 2);
    assert!(loaded.warnings.iter().any(|line| line.contains("laboratory")));
    let wrong = Case::new("[credentials]\nsources = [\"environment\"]\n")
        .variable("SWITCHYARD_LOGIN_RACK1", "root:")
        .complaints();
    assert!(
        wrong.contains("SWITCHYARD_LOGIN_RACK1 must be USER:PASSWORD"),
        "{wrong}"
    );
    let unasked = Case::new("")
        .variable("SWITCHYARD_LOGIN_RACK1", "root:initial0")
        .load();
    assert!(unasked.config.credentials.environment.is_empty());
    let wrong = Case::new("[credentials]\nsources = [\"vault\"]\n").complaints();
    assert!(wrong.contains("credentials.vault.address must be set"), "{wrong}");
}
