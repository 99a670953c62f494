use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::Duration;

use switchyard_core::ControllerId;
use switchyard_transport::{Credentials as _, Login, LoginError, Secret};

use super::{Change, CredentialFile, Error, FileCredentials, KeySource, init_key, read_password};

const PASSWORD: &str = "hunter2 \"\\ ü";

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        init_key(&folder.key_path()).unwrap();
        folder
    }

    fn key_path(&self) -> PathBuf {
        self.0.path().join("key")
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("credentials")
    }

    fn file(&self) -> CredentialFile {
        CredentialFile::new(self.path(), KeySource::File(self.key_path()))
    }

    fn provider(&self) -> FileCredentials {
        FileCredentials::with_check_every(self.file(), Duration::ZERO)
    }
}

fn secret() -> Secret {
    Secret::new(PASSWORD.to_owned())
}

fn mode(path: &std::path::Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

async fn login(provider: &FileCredentials, controller: &str, credential: &str) -> Result<String, LoginError> {
    let login = provider
        .login(&ControllerId::parse(controller).unwrap(), credential)
        .await?;
    Ok(format!("{}/{}", login.user, login.password().expose()))
}

#[test]
fn logins_are_set_listed_and_removed() {
    let folder = Folder::new();
    let file = folder.file();
    assert_eq!(file.set("lab", "root", secret()).unwrap(), Change::Added);
    assert_eq!(file.set("lab", "admin", secret()).unwrap(), Change::Replaced);
    file.set("x1000c0s0b0", "root", Secret::new("other".into()))
        .unwrap();
    let pairs = file.list().unwrap();
    assert_eq!(
        pairs,
        [
            ("lab".into(), "admin".into()),
            ("x1000c0s0b0".into(), "root".into())
        ]
    );
    assert_eq!(file.read().unwrap()["lab"].password().expose(), PASSWORD);
    file.remove("lab").unwrap();
    assert!(matches!(file.remove("lab"), Err(Error::Unknown(name)) if name == "lab"));
    assert_eq!(file.list().unwrap().len(), 1);
}

#[test]
fn the_key_of_a_bmc_is_kept_with_the_login() {
    let folder = Folder::new();
    let file = folder.file();
    let login = Login::new("root", secret()).with_bmc_key(Secret::new("0x0102".into()));
    file.set_login("lab", login).unwrap();
    file.set("default", "root", secret()).unwrap();
    let logins = file.read().unwrap();
    let key = |name: &str| logins[name].bmc_key().map(|key| key.expose().to_owned());
    assert_eq!((key("lab"), key("default")), (Some("0x0102".into()), None));
    assert!(!format!("{logins:?}").contains("0102"));
}

#[test]
fn files_are_for_their_owner_and_nothing_else_is_left() {
    let folder = Folder::new();
    folder.file().set("lab", "root", secret()).unwrap();
    folder.file().set("lab2", "root", secret()).unwrap();
    assert_eq!((mode(&folder.path()), mode(&folder.key_path())), (0o600, 0o600));
    assert_eq!(std::fs::read_dir(folder.0.path()).unwrap().count(), 2);
    let content = std::fs::read(folder.path()).unwrap();
    assert!(content.starts_with(b"switchyard-credentials v1\n"));
    for word in ["hunter2", "root", "lab"] {
        assert!(
            !content
                .windows(word.len())
                .any(|window| window == word.as_bytes()),
            "{word}"
        );
    }
}

#[test]
fn a_key_that_others_can_read_is_refused_with_the_remedy() {
    let folder = Folder::new();
    std::fs::set_permissions(folder.key_path(), std::fs::Permissions::from_mode(0o640)).unwrap();
    let error = folder.file().set("lab", "root", secret()).unwrap_err();
    assert!(
        error
            .to_string()
            .contains(&format!("chmod 600 {}", folder.key_path().display())),
        "{error}"
    );
    let systemd = CredentialFile::new(folder.path(), KeySource::Systemd(folder.key_path()));
    systemd.set("lab", "root", secret()).unwrap();
}

#[test]
fn a_key_is_never_replaced() {
    let folder = Folder::new();
    let before = std::fs::read(folder.key_path()).unwrap();
    assert!(matches!(
        init_key(&folder.key_path()),
        Err(Error::KeyExists { .. })
    ));
    assert_eq!(std::fs::read(folder.key_path()).unwrap(), before);
}

#[test]
fn missing_files_name_the_command() {
    let folder = Folder::new();
    assert!(
        folder
            .file()
            .list()
            .unwrap_err()
            .to_string()
            .contains("switchyardd credentials set")
    );
    std::fs::remove_file(folder.key_path()).unwrap();
    assert!(
        folder
            .file()
            .list()
            .unwrap_err()
            .to_string()
            .contains("switchyardd credentials init-key")
    );
    std::fs::write(folder.key_path(), "switchyard-key-v1:00").unwrap();
    std::fs::set_permissions(folder.key_path(), std::fs::Permissions::from_mode(0o600)).unwrap();
    assert!(matches!(folder.file().list(), Err(Error::NotAKey { .. })));
}

#[test]
fn another_key_is_told_from_damage() {
    let folder = Folder::new();
    folder.file().set("lab", "root", secret()).unwrap();
    let other = folder.0.path().join("other");
    init_key(&other).unwrap();
    let stranger = CredentialFile::new(folder.path(), KeySource::File(other));
    assert!(matches!(stranger.read(), Err(Error::OtherKey { .. })));
    assert!(matches!(
        stranger.set("lab", "root", secret()),
        Err(Error::OtherKey { .. })
    ));
}

#[test]
fn every_changed_or_missing_byte_is_noticed() {
    let folder = Folder::new();
    folder.file().set("lab", "root", secret()).unwrap();
    let content = std::fs::read(folder.path()).unwrap();
    for index in 0..content.len() {
        let mut changed = content.clone();
        changed[index] ^= 1;
        std::fs::write(folder.path(), &changed).unwrap();
        assert!(folder.file().read().is_err(), "byte {index}");
        std::fs::write(folder.path(), &content[..index]).unwrap();
        assert!(folder.file().read().is_err(), "length {index}");
    }
}

#[test]
fn names_users_and_passwords_are_checked() {
    let file = Folder::new();
    let set = |name: &str, user: &str| file.file().set(name, user, secret()).unwrap_err();
    assert!(matches!(set("a b", "root"), Error::Name(_)));
    for user in ["", "a:b", "a\nb"] {
        assert!(matches!(set("lab", user), Error::User), "{user:?}");
    }
    assert_eq!(
        read_password(&b"pass word\r\n"[..]).unwrap().expose(),
        "pass word"
    );
    assert_eq!(read_password(&b" spaces \n"[..]).unwrap().expose(), " spaces ");
    assert_eq!(
        read_password("x".repeat(1024).as_bytes()).unwrap().expose().len(),
        1024
    );
    let long = "x".repeat(1025);
    for wrong in [&b""[..], b"\n", b"a\nb\n", &[0xff], long.as_bytes()] {
        assert!(matches!(read_password(wrong), Err(Error::Password)));
    }
}

#[tokio::test]
async fn the_controllers_own_login_comes_first() {
    let folder = Folder::new();
    folder
        .file()
        .set("lab", "root", Secret::new("one".into()))
        .unwrap();
    folder
        .file()
        .set("b7", "root", Secret::new("two".into()))
        .unwrap();
    let provider = folder.provider();
    assert_eq!(login(&provider, "b1", "lab").await.unwrap(), "root/one");
    assert_eq!(login(&provider, "b7", "lab").await.unwrap(), "root/two");
    assert!(matches!(login(&provider, "b1", "none").await, Err(LoginError::Unknown(name)) if name == "none"));
}

#[tokio::test]
async fn changes_are_noticed_without_a_restart() {
    let folder = Folder::new();
    let provider = folder.provider();
    let missing = login(&provider, "b1", "lab").await.unwrap_err().to_string();
    assert!(missing.contains("switchyardd credentials set"), "{missing}");
    folder
        .file()
        .set("lab", "root", Secret::new("one".into()))
        .unwrap();
    assert_eq!(login(&provider, "b1", "lab").await.unwrap(), "root/one");
    folder
        .file()
        .set("lab", "root", Secret::new("two".into()))
        .unwrap();
    assert_eq!(login(&provider, "b1", "lab").await.unwrap(), "root/two");
    std::fs::write(folder.path(), "garbage").unwrap();
    assert!(matches!(
        login(&provider, "b1", "lab").await,
        Err(LoginError::Unavailable(_))
    ));
    std::fs::remove_file(folder.path()).unwrap();
    assert!(matches!(
        login(&provider, "b1", "lab").await,
        Err(LoginError::Unavailable(_))
    ));
}

#[tokio::test]
async fn an_unchanged_file_is_read_once_for_all() {
    let folder = Folder::new();
    folder
        .file()
        .set("lab", "root", Secret::new("one".into()))
        .unwrap();
    let provider = FileCredentials::with_check_every(folder.file(), Duration::from_hours(1));
    let (first, second) = tokio::join!(login(&provider, "b1", "lab"), login(&provider, "b2", "lab"));
    assert_eq!(first.unwrap(), second.unwrap());
    std::fs::remove_file(folder.path()).unwrap();
    assert_eq!(login(&provider, "b1", "lab").await.unwrap(), "root/one");
}

#[tokio::test]
async fn nothing_that_can_be_shown_holds_the_password() {
    let folder = Folder::new();
    let file = folder.file();
    file.set("lab", "root", secret()).unwrap();
    let provider = folder.provider();
    let controller = ControllerId::parse("b1").unwrap();
    let login = provider.login(&controller, "lab").await.unwrap();
    let mut shown = vec![format!(
        "{file:?} {provider:?} {login:?} {:?} {:?} {:?}",
        file.read(),
        file.list(),
        secret()
    )];

    // Logins of another shape, encrypted with the right key: the decoder's words would repeat the text.
    let (key, _) = KeySource::File(folder.key_path()).read().unwrap();
    let wrong = super::seal::seal_text(br#"{"logins": {"lab": "hunter2"}}"#, &key).unwrap();
    std::fs::write(folder.path(), wrong).unwrap();
    for error in [
        file.read().unwrap_err(),
        file.set("lab", "a:b", secret()).unwrap_err(),
    ] {
        shown.push(format!("{error} {error:?}"));
    }
    let error = provider.login(&controller, "lab").await.unwrap_err();
    shown.push(format!("{error} {error:?}"));
    let shown = shown.join("\n");
    assert!(!shown.contains("hunter2"), "{shown}");
    assert!(shown.contains("written otherwise"), "{shown}");
}
