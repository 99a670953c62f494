use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::*;
use crate::config::Sources;
use crate::inventory::PartFile;
use crate::telemetry::Chain;

/// What a configuration says, with its files in a folder.
fn config(folder: &Path, text: &str) -> Config {
    let file = folder.join("switchyard.toml");
    std::fs::write(&file, text).unwrap();
    let sources = Sources {
        file: Some(file),
        ..Sources::default()
    };
    Config::load(&sources).unwrap().config
}

const INVENTORY: &str = "[inventory]\nfile = \"inventory.toml\"\n";
const CREDENTIALS: &str = "[credentials]\nfile = \"credentials\"\nkey_file = \"credentials.key\"\n";

#[test]
fn where_smd_knows_the_components_there_need_be_no_inventory_file() {
    let folder = tempfile::tempdir().unwrap();
    let smd = "[smd]\nurl = \"http://127.0.0.1:1\"\n[smd.controllers]\ncredentials_from_smd = true\n";
    let with = config(folder.path(), &format!("{INVENTORY}{CREDENTIALS}{smd}"));
    let lines = files(&with).unwrap();
    assert!(
        lines.contains(&"inventory: no file; SMD says what there is".to_owned()),
        "{lines:?}"
    );
    assert!(
        lines.contains(&"credentials: no file; SMD shows logins".to_owned()),
        "{lines:?}"
    );
    assert!(PartFile::of(&with).read().unwrap().is_none());
    let without = config(folder.path(), &format!("{INVENTORY}{CREDENTIALS}"));
    let error = files(&without).unwrap_err().to_string();
    assert!(error.contains("inventory.toml"), "{error}");
    assert!(PartFile::of(&without).read().unwrap_err().is_not_found());
}

#[test]
fn a_login_that_is_missing_is_told_of_where_smd_shows_none() {
    let folder = tempfile::tempdir().unwrap();
    let smd = "[smd]\nurl = \"http://127.0.0.1:1\"\n";
    let config = config(folder.path(), &format!("{INVENTORY}{CREDENTIALS}{smd}"));
    let error = files(&config).unwrap_err().to_string();
    assert!(error.contains("init-key"), "{error}");
}

#[test]
fn every_file_that_the_start_needs_is_read() {
    let cases = [
        (
            "smd",
            "[smd]\nurl = \"http://127.0.0.1:1\"\nca_file = \"absent.pem\"\n",
        ),
        (
            "controllers of smd",
            "[smd]\nurl = \"http://127.0.0.1:1\"\n[smd.controllers]\nca_file = \"absent.pem\"\n",
        ),
        (
            "the client of smd",
            "[smd]\nurl = \"https://127.0.0.1:1\"\n[smd.oauth2]\nclient_id = \"c\"\n\
             client_secret_file = \"absent.pem\"\ntoken_url = \"https://127.0.0.1:1\"\n",
        ),
        (
            "keys of tokens",
            "[access]\nmode = \"tokens\"\njwks_url = \"https://127.0.0.1:1\"\njwks_ca_file = \"absent.pem\"\n\
             issuers = [\"i\"]\naudiences = [\"a\"]\ndefault_role = \"viewer\"\n",
        ),
        (
            "the certificate",
            "[tls]\ncert_file = \"absent.pem\"\nkey_file = \"absent.pem\"\n",
        ),
        (
            "vault",
            "[credentials]\nsources = [\"vault\"]\n[credentials.vault]\naddress = \"https://127.0.0.1:1\"\n\
             ca_file = \"absent.pem\"\n",
        ),
    ];
    for (name, text) in cases {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("inventory.toml"), "").unwrap();
        let config = config(folder.path(), &format!("{INVENTORY}{text}"));
        let error = files(&config).unwrap_err();
        let error = Chain(error.as_ref()).to_string();
        assert!(error.contains("absent.pem"), "{name}: {error}");
    }
}

#[test]
fn a_secret_of_smd_that_others_can_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("inventory.toml"), "").unwrap();
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "s3cret").unwrap();
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o644)).unwrap();
    let smd = "[smd]\nurl = \"https://127.0.0.1:1\"\n[smd.oauth2]\nclient_id = \"c\"\n\
               client_secret_file = \"secret\"\ntoken_url = \"https://127.0.0.1:1\"\n";
    let config = config(folder.path(), &format!("{INVENTORY}{smd}"));
    let error = files(&config).unwrap_err().to_string();
    assert!(
        error.contains("chmod 600") && !error.contains("s3cret"),
        "{error}"
    );
}
