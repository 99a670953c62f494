use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use switchyard_core::ControllerId;
use switchyard_transport::{Credentials as _, LoginError};
use vault_sim::{Engine, JWT, Mood, ROLE, ROOT_TOKEN, VaultSim};

use super::*;
use crate::credentials::{KeySource, Lookup};
use crate::dependencies::{Dependencies, Dependency, State};

const BMC: &str = "x1000c0s0b0";

struct Bench {
    sim: VaultSim,
    vault: Arc<Vault>,
    lookup: Lookup,
    dependencies: Dependencies,
    folder: tempfile::TempDir,
}

fn keeping(fresh: Duration, stale: Duration) -> Keeping {
    Keeping { fresh, stale }
}

/// How long Vault may be silent: long enough for a loaded machine to answer a thousand times, short enough to be waited for.
const SILENCE: Duration = Duration::from_secs(2);
const LONG: Keeping = Keeping {
    fresh: Duration::from_mins(10),
    stale: Duration::from_hours(1),
};

fn write(path: &Path, text: &str) -> PathBuf {
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    path.to_owned()
}

fn root() -> Authentication {
    Authentication::Token(TokenSource::Given(Secret::new(ROOT_TOKEN.to_owned())))
}

fn kubernetes(folder: &Path) -> Authentication {
    Authentication::Kubernetes(Kubernetes {
        path: "auth/kubernetes/login".to_owned(),
        role: Role::File(write(&folder.join("role"), ROLE)),
        jwt_file: write(&folder.join("jwt"), &format!("{JWT}\n")),
    })
}

impl Bench {
    async fn new(
        engine: Engine,
        keeping: Keeping,
        authentication: impl FnOnce(&Path) -> Authentication,
    ) -> Self {
        let sim = VaultSim::start(engine).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let connection = Connection {
            address: sim.url().parse().unwrap(),
            namespace: Some("hpc/bmc".to_owned()),
            ca_file: None,
            timeout: SILENCE,
            mount: "secret".to_owned(),
            below: "hms-creds".to_owned(),
            version: match engine {
                Engine::One => Version::One,
                Engine::Two => Version::Two,
            },
        };
        let dependencies = Dependencies::default();
        let standings = Standings::new(dependencies.handle(Dependency::SecretStore));
        let vault = Vault::new(connection, authentication(folder.path()), keeping, standings);
        let vault = Arc::new(vault.unwrap());
        Self {
            sim,
            lookup: Lookup::new(vec![Arc::clone(&vault) as Arc<dyn Source>]),
            vault,
            dependencies,
            folder,
        }
    }

    async fn login(&self) -> Result<String, LoginError> {
        let controller = ControllerId::parse(BMC).unwrap();
        let login = self.lookup.login(&controller, "default").await?;
        Ok(login.password().expose().to_owned())
    }

    fn state(&self) -> State {
        self.dependencies.standing(Dependency::SecretStore).unwrap().state
    }
}

/// Asks until Vault is asked again, which it is not at once after a failure.
async fn until_login(bench: &Bench, password: &str) {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        match bench.login().await {
            Ok(found) if found == password => return,
            other => assert!(Instant::now() < deadline, "{other:?}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_login_is_found_by_controller_and_by_name_in_both_versions() {
    for engine in [Engine::One, Engine::Two] {
        let bench = Bench::new(engine, LONG, |_| root()).await;
        bench.sim.set("default", "root", "initial0");
        assert_eq!(bench.login().await.unwrap(), "initial0");
        assert_eq!(bench.sim.namespace().as_deref(), Some("hpc/bmc"));
        assert_eq!(bench.state(), State::Ok);
        // What is known, and what is known not to be, is not asked for again.
        bench.login().await.unwrap();
        assert_eq!((bench.sim.reads("default"), bench.sim.reads(BMC)), (1, 1));
        let other = Bench::new(engine, LONG, |_| root()).await;
        other.sim.set("default", "root", "initial0");
        other.sim.set(BMC, "root", "of-this-one");
        assert_eq!(other.login().await.unwrap(), "of-this-one");
        assert_eq!(other.sim.reads("default"), 0);
    }
}

#[tokio::test]
async fn a_missing_secret_and_one_without_password_are_never_a_login() {
    let bench = Bench::new(Engine::One, LONG, |_| root()).await;
    assert!(matches!(bench.login().await, Err(LoginError::Unknown(_))));
    let bench = Bench::new(Engine::One, LONG, |_| root()).await;
    bench.sim.set("default", "root", "initial0");
    bench.sim.set(BMC, "root", "");
    let error = bench.login().await.unwrap_err();
    assert!(matches!(error, LoginError::Unusable { .. }), "{error}");
}

#[tokio::test]
async fn the_service_account_of_a_pod_gets_a_token_and_another_when_it_expires() {
    let bench = Bench::new(
        Engine::One,
        keeping(Duration::from_millis(1), Duration::ZERO),
        kubernetes,
    )
    .await;
    bench.sim.set(BMC, "root", "one");
    assert_eq!(bench.login().await.unwrap(), "one");
    assert_eq!(bench.sim.logins(), 1);
    bench.sim.revoke_tokens();
    bench.sim.set(BMC, "root", "two");
    tokio::time::sleep(Duration::from_millis(5)).await;
    assert_eq!(bench.login().await.unwrap(), "two");
    assert_eq!(bench.sim.logins(), 2);
    // Kubernetes has replaced the service account: the file is read anew.
    bench.sim.revoke_tokens();
    bench.sim.set_jwt("another");
    write(&bench.folder.path().join("jwt"), "another");
    tokio::time::sleep(Duration::from_millis(5)).await;
    assert_eq!(bench.login().await.unwrap(), "two");
}

#[tokio::test]
async fn a_service_account_that_is_refused_makes_logins_unavailable_and_says_so() {
    let bench = Bench::new(Engine::One, LONG, kubernetes).await;
    bench.sim.set(BMC, "root", "one");
    bench.sim.set_jwt("another");
    let error = bench.login().await.unwrap_err();
    assert!(
        matches!(&error, LoginError::Unavailable(why) if why.contains("does not let the service in")),
        "{error}"
    );
    assert!(!error.to_string().contains(JWT));
    assert_eq!(bench.state(), State::Away);
    let logins = bench.sim.logins();
    bench.login().await.unwrap_err();
    assert_eq!(bench.sim.logins(), logins, "Vault is left alone for a while");
    bench.sim.set_jwt(JWT);
    until_login(&bench, "one").await;
    assert_eq!(bench.state(), State::Ok);
}

#[tokio::test]
async fn a_token_is_renewed_before_it_expires() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    let file = path.clone();
    let bench = Bench::new(Engine::One, LONG, move |_| {
        Authentication::Token(TokenSource::File(KeySource::File(file)))
    })
    .await;
    bench.sim.set(BMC, "root", "one");
    write(&path, &bench.sim.make_token(Duration::from_secs(1)));
    assert_eq!(bench.login().await.unwrap(), "one");
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    // The renewal came too late: the token in the file is read anew.
    write(&path, &bench.sim.make_token(Duration::from_secs(3)));
    bench.vault.look_after_token().await.unwrap();
    assert_eq!(bench.sim.renewals(), 0);
    tokio::time::sleep(Duration::from_millis(2_100)).await;
    bench.vault.look_after_token().await.unwrap();
    assert_eq!(bench.sim.renewals(), 1);
}

#[tokio::test]
async fn a_token_that_others_can_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(&folder.path().join("token"), ROOT_TOKEN);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let bench = Bench::new(Engine::One, LONG, move |_| {
        Authentication::Token(TokenSource::File(KeySource::File(path)))
    })
    .await;
    let error = bench.login().await.unwrap_err().to_string();
    assert!(
        error.contains("chmod 600") && !error.contains(ROOT_TOKEN),
        "{error}"
    );
}

#[tokio::test]
async fn a_rotated_password_is_found_when_a_controller_refuses_the_former() {
    let bench = Bench::new(Engine::Two, LONG, |_| root()).await;
    bench.sim.set(BMC, "root", "one");
    assert_eq!(bench.login().await.unwrap(), "one");
    bench.sim.set(BMC, "root", "two");
    assert_eq!(bench.login().await.unwrap(), "one", "it is cached");
    bench
        .lookup
        .refused(&ControllerId::parse(BMC).unwrap(), "default");
    assert_eq!(bench.login().await.unwrap(), "two");
    assert_eq!(bench.sim.reads(BMC), 2);
}

#[tokio::test]
async fn while_vault_is_away_the_cache_serves_for_a_while_and_what_is_not_cached_waits() {
    for mood in [Mood::Sealed, Mood::Silent, Mood::Broken] {
        let bench = Bench::new(
            Engine::One,
            keeping(Duration::from_millis(1), Duration::from_mins(1)),
            |_| root(),
        )
        .await;
        bench.sim.set("default", "root", "one");
        assert_eq!(bench.login().await.unwrap(), "one");
        bench.sim.set_mood(mood);
        tokio::time::sleep(Duration::from_millis(5)).await;
        assert_eq!(bench.login().await.unwrap(), "one", "{mood:?}");
        assert_eq!(bench.state(), State::Degraded, "{mood:?}");
        let error = bench.vault.find("another").await.unwrap_err();
        assert!(matches!(error, LoginError::Unavailable(_)), "{mood:?}: {error}");
        bench.sim.set_mood(Mood::Answers);
        bench.sim.set("default", "root", "two");
        until_login(&bench, "two").await;
        assert_eq!(bench.state(), State::Ok);
    }
}

#[tokio::test]
async fn what_fails_together_is_one_failure_and_its_reason_stays_short() {
    let bench = Bench::new(Engine::One, LONG, |_| root()).await;
    bench.vault.look_after_token().await.unwrap();
    bench.sim.set_mood(Mood::Sealed);
    let asked: Vec<_> = (0..100)
        .map(|number| {
            let vault = Arc::clone(&bench.vault);
            tokio::spawn(async move { vault.find(&format!("x0c0s{number}b0")).await.unwrap_err() })
        })
        .collect();
    for asked in asked {
        let error = asked.await.unwrap().to_string();
        assert_eq!(error.matches("Vault").count(), 1, "{error}");
    }
    assert_eq!(bench.vault.rest.lock().unwrap().failures, 1);
    let standing = bench.dependencies.standing(Dependency::SecretStore).unwrap();
    assert_eq!(standing.reason.unwrap().matches("Vault").count(), 1);
}

#[tokio::test]
async fn a_static_token_that_was_revoked_is_told_of_until_another_is_in_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    let file = path.clone();
    let bench = Bench::new(
        Engine::One,
        keeping(Duration::from_millis(1), Duration::ZERO),
        move |_| Authentication::Token(TokenSource::File(KeySource::File(file))),
    )
    .await;
    bench.sim.set(BMC, "root", "one");
    write(&path, &bench.sim.make_token(Duration::from_hours(1)));
    bench.vault.look_after_token().await.unwrap();
    assert_eq!(bench.login().await.unwrap(), "one");
    assert_eq!(bench.state(), State::Ok);
    bench.sim.revoke_tokens();
    tokio::time::sleep(Duration::from_millis(5)).await;
    let error = bench.login().await.unwrap_err();
    assert!(error.to_string().contains("not valid"), "{error}");
    assert_ne!(bench.state(), State::Ok);
    // Looking after the token clears nothing, for it is still the revoked one.
    bench.vault.rest.lock().unwrap().until = None;
    bench.vault.look_after_token().await.unwrap();
    assert_ne!(bench.state(), State::Ok);
    write(&path, &bench.sim.make_token(Duration::from_hours(1)));
    until_login(&bench, "one").await;
    assert_eq!(bench.state(), State::Ok);
}

#[tokio::test]
async fn a_token_that_never_was_valid_does_not_read_as_healthy() {
    let bench = Bench::new(Engine::One, LONG, |_| {
        Authentication::Token(TokenSource::Given(Secret::new("hvs.nobody".to_owned())))
    })
    .await;
    bench.sim.set(BMC, "root", "one");
    bench.vault.look_after_token().await.unwrap();
    assert_ne!(bench.state(), State::Ok);
    bench.login().await.unwrap_err();
    assert_eq!(bench.state(), State::Away);
}

#[tokio::test]
async fn a_cache_that_is_too_old_serves_nobody() {
    let bench = Bench::new(
        Engine::One,
        keeping(Duration::from_millis(1), Duration::from_millis(1)),
        |_| root(),
    )
    .await;
    bench.sim.set("default", "root", "one");
    bench.login().await.unwrap();
    bench.sim.set_mood(Mood::Sealed);
    tokio::time::sleep(Duration::from_millis(20)).await;
    let error = bench.login().await.unwrap_err();
    assert!(error.to_string().contains("sealed"), "{error}");
}

#[tokio::test]
async fn a_denied_secret_concerns_itself_alone() {
    let bench = Bench::new(Engine::One, LONG, |_| root()).await;
    bench.sim.set("default", "root", "one");
    bench.sim.deny(BMC);
    let error = bench.login().await.unwrap_err();
    assert!(
        matches!(&error, LoginError::Unavailable(why) if why.contains("denies")),
        "{error}"
    );
    assert!(bench.vault.find("default").await.unwrap().is_some());
}

#[tokio::test]
async fn secrets_that_are_denied_make_no_token_each() {
    let bench = Bench::new(Engine::One, LONG, kubernetes).await;
    bench.sim.set("default", "root", "one");
    for slot in 0..10 {
        let name = format!("x0c0s{slot}b0");
        bench.sim.deny(&name);
        for _ in 0..2 {
            let error = bench.vault.find(&name).await.unwrap_err();
            assert!(error.to_string().contains("denies"), "{error}");
        }
    }
    assert_eq!(
        bench.sim.logins(),
        2,
        "the token, and one more to see whether it is the token"
    );
    assert!(bench.vault.find("default").await.unwrap().is_some());
    assert_eq!(bench.sim.logins(), 2);
}

#[tokio::test]
async fn a_path_of_the_other_version_is_told_from_a_missing_secret() {
    let bench = Bench::new(Engine::Two, LONG, |_| root()).await;
    let connection = Connection {
        version: Version::One,
        ..bench.vault.api.connection().clone()
    };
    let standings = Standings::new(bench.dependencies.handle(Dependency::SecretStore));
    let vault = Vault::new(connection, root(), LONG, standings).unwrap();
    let error = vault.find(BMC).await.unwrap_err();
    assert!(error.to_string().contains("credentials.vault.kv"), "{error}");
}

#[tokio::test]
async fn a_thousand_controllers_ask_a_few_at_a_time_and_for_each_name_once() {
    let bench = Bench::new(Engine::One, LONG, |_| root()).await;
    bench.sim.set("default", "root", "one");
    bench.sim.set_mood(Mood::Slow(Duration::from_millis(5)));
    let lookup = Arc::new(bench.lookup);
    let asked: Vec<_> = (0..300)
        .map(|number| {
            let lookup = Arc::clone(&lookup);
            tokio::spawn(async move {
                let id = ControllerId::parse(&format!("x1c0s{}b0", number % 100)).unwrap();
                lookup.login(&id, "default").await.unwrap().user.clone()
            })
        })
        .collect();
    for asked in asked {
        assert_eq!(asked.await.unwrap(), "root");
    }
    assert_eq!(bench.sim.reads("default"), 1);
    assert_eq!(bench.sim.reads("x1c0s0b0"), 1);
    assert!(bench.sim.most_at_once() <= READS_MAX);
}
