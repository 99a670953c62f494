use super::token::{bearer, read_token};
use super::*;

fn server(found: &Configuration) -> &str {
    found.server_text()
}

/// The settings by the flag, the variable and the file alone.
fn choose(server: Option<&str>, variable: Option<&str>, file: Option<&Path>) -> Result<Configuration, Error> {
    let flags = Flags {
        server,
        ..Flags::default()
    };
    let environment = Environment {
        server: variable.map(str::to_owned),
        ..Environment::default()
    };
    Configuration::choose(flags, environment, file)
}

#[test]
fn the_flag_comes_first_and_the_default_last() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cli.toml");
    let choose = |flag, variable| choose(flag, variable, Some(&file)).unwrap();
    assert_eq!(server(&choose(None, None)), SERVER_DEFAULT);
    std::fs::write(&file, "server = \"http://file:1/\"\n").unwrap();
    assert_eq!(server(&choose(None, None)), "http://file:1");
    assert_eq!(server(&choose(None, Some("http://env:2"))), "http://env:2");
    assert_eq!(
        server(&choose(Some("http://flag:3"), Some("http://env:2"))),
        "http://flag:3"
    );
}

#[test]
fn commands_to_type_name_the_server_when_it_was_typed() {
    let typed = choose(Some("http://flag:3/base/"), None, None).unwrap();
    assert_eq!(
        typed.command("status"),
        "switchyard --server http://flag:3/base status"
    );
    assert_eq!(
        choose(None, None, None).unwrap().command("status"),
        "switchyard status"
    );
}

#[test]
fn mistakes_in_the_file_have_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cli.toml");
    std::fs::write(&file, "# the service\nsever = \"http://file:1\"\n").unwrap();
    let error = choose(None, None, Some(&file)).unwrap_err().to_string();
    assert!(
        error.ends_with(
            "cli.toml, line 2: unknown field `sever`, expected one of `server`, `token_file`, `ca_file`, `servers`"
        ),
        "{error}"
    );
}

#[test]
fn a_token_is_one_word_and_is_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "swy_0123456789abcdef_secret\n").unwrap();
    let header = read_token(&file).unwrap();
    assert_eq!(header, "Bearer swy_0123456789abcdef_secret");
    assert!(!format!("{header:?}").contains("secret"));
    for bad in ["", "two words", "a\nb"] {
        let error = bearer(bad, TOKEN_VARIABLE.to_owned()).unwrap_err();
        assert_eq!(error.to_string(), "SWITCHYARD_TOKEN: it holds no token");
    }
}

#[test]
fn an_address_holds_no_password() {
    for bad in [
        "ftp://a",
        "127.0.0.1",
        "http://",
        "http://a?b",
        "http://root:secret@a",
    ] {
        let error = choose(Some(bad), None, None).unwrap_err().to_string();
        assert!(
            error.starts_with("--server: ") && !error.contains("secret"),
            "{error}"
        );
    }
}

#[test]
fn a_named_service_has_its_own_token() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cli.toml");
    std::fs::write(folder.path().join("north-token"), "swy_north\n").unwrap();
    let text = "server = \"https://south\"\n\n[servers.north]\nserver = \"https://north\"\n\
        token_file = \"north-token\"\nca_file = \"north.pem\"\n\n[servers.open]\nserver = \"http://open\"\n";
    std::fs::write(&file, text).unwrap();
    let choose = |at| {
        let flags = Flags {
            at: Some(at),
            ..Flags::default()
        };
        let environment = Environment {
            server: Some("http://env:2".to_owned()),
            token: Some("swy_env".to_owned()),
            ..Environment::default()
        };
        Configuration::choose(flags, environment, Some(&file))
    };
    let north = choose("north").unwrap();
    assert_eq!(server(&north), "https://north");
    assert_eq!(north.authorization.as_ref().unwrap(), "Bearer swy_north");
    assert_eq!(north.ca_file, Some(folder.path().join("north.pem")));
    assert_eq!(north.command("status"), "switchyard --at north status");
    // A token of the environment is not meant for it.
    assert_eq!(choose("open").unwrap().authorization, None);
    let error = choose("west").unwrap_err();
    assert!(
        error.to_string().starts_with("--at west: no [servers.west] in "),
        "{error}"
    );
    assert_eq!(error.advice(), "there are: north, open");
}

#[test]
fn the_token_of_the_file_goes_to_the_service_of_the_file_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cli.toml");
    let token = folder.path().join("token");
    std::fs::write(&token, "swy_file\n").unwrap();
    let sent = |flag, variable| {
        let found = choose(flag, variable, Some(&file)).unwrap();
        (found.authorization.is_some(), found.kept_back)
    };
    std::fs::write(&file, "server = \"https://file\"\ntoken_file = \"token\"\n").unwrap();
    assert_eq!(sent(None, None), (true, None));
    assert_eq!(sent(Some("https://file/"), None), (true, None));
    assert_eq!(sent(None, Some("https://file")), (true, None));
    for (flag, variable) in [
        (Some("https://other"), None),
        (None, Some("https://other")),
        (Some("http://file"), None),
        (Some("https://file:8443"), None),
    ] {
        assert_eq!(sent(flag, variable), (false, Some(token.clone())));
    }
    let flags = Flags {
        server: Some("https://other"),
        token_file: Some(&token),
        ..Flags::default()
    };
    let found = Configuration::choose(flags, Environment::default(), Some(&file)).unwrap();
    assert_eq!((found.authorization.is_some(), found.kept_back), (true, None));
    // A file that names no service means any.
    std::fs::write(&file, "token_file = \"token\"\n").unwrap();
    assert_eq!(sent(Some("https://other"), None), (true, None));
}

#[test]
fn a_token_is_safe_on_this_machine_and_under_tls() {
    let exposed = |address: &str| {
        let environment = Environment {
            server: Some(address.to_owned()),
            token: Some("swy_env".to_owned()),
            ..Environment::default()
        };
        let found = Configuration::choose(Flags::default(), environment, None).unwrap();
        found.exposes_token()
    };
    for safe in [
        "https://a",
        "http://127.0.0.1:1",
        "http://127.3.2.1",
        "http://localhost:9",
        "http://[::1]:9",
    ] {
        assert!(!exposed(safe), "{safe}");
    }
    for open in [
        "http://a",
        "http://10.0.0.1",
        "http://[fe80::1]",
        "http://localhost.example",
    ] {
        assert!(exposed(open), "{open}");
    }
    assert!(!choose(Some("http://a"), None, None).unwrap().exposes_token());
}

#[test]
fn another_program_gets_the_connection_that_was_chosen() {
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    std::fs::write(&token, "swy_file\n").unwrap();
    let flags = Flags {
        server: Some("http://a:1/"),
        token_file: Some(&token),
        ..Flags::default()
    };
    let environment = Environment {
        token: Some("swy_env".to_owned()),
        ..Environment::default()
    };
    let found = Configuration::choose(flags, environment, None).unwrap();
    let expected = [
        ("SWITCHYARD_SERVER", Some("http://a:1".into())),
        ("SWITCHYARD_CA_FILE", None),
        ("SWITCHYARD_TOKEN", None),
        ("SWITCHYARD_TOKEN_FILE", Some(token.into_os_string())),
    ];
    assert_eq!(found.environment(), expected);
}
