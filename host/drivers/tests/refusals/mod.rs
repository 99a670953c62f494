//! Drivers that are refused: each with a stable code, and one sentence that says what to do.

use std::fs;

use switchyard_drivers::{
    ComponentDigest, DriverPolicy, Grants, LoadError, Package, Policy, Registry, Runtime, RuntimeConfig,
    SigningKey, Source,
};

use crate::support::{MANIFEST, hostile};

fn registry(policy: Policy) -> Registry {
    Registry::new(Runtime::new(RuntimeConfig::default()).unwrap(), policy)
}

pub(crate) fn package(manifest: &str, component: Vec<u8>, key: Option<&SigningKey>) -> Package {
    let signature = key.map(|key| key.sign(manifest, &ComponentDigest::of(&component)).to_string());
    Package {
        manifest: manifest.to_owned(),
        component,
        signature,
    }
}

fn refused(policy: Policy, package: &Package) -> LoadError {
    registry(policy).load(package, Source::Installed).unwrap_err()
}

/// One component with its outermost export renamed, as if it were built for a later contract.
fn of_contract(version: &str) -> Vec<u8> {
    let (from, to) = ("switchyard:driver/power@0.1.", "switchyard:driver/power@0.9.");
    assert_eq!(version, "0.9");
    let mut component = hostile();
    let places: Vec<usize> = component
        .windows(from.len())
        .enumerate()
        .filter(|(_, window)| *window == from.as_bytes())
        .map(|(at, _)| at)
        .collect();
    for at in places {
        component[at..at + to.len()].copy_from_slice(to.as_bytes());
    }
    component
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table of refusals")]
fn every_refusal_has_a_code_and_says_what_to_do() {
    let key = SigningKey::generate().unwrap();
    let other = SigningKey::generate().unwrap();
    let trusting = || Policy {
        trusted_keys: vec![key.public()],
        grants: Grants::all(),
        ..Policy::default()
    };
    let good = || package(MANIFEST, hostile(), Some(&key));
    let signed = |manifest: &str, component: Vec<u8>| package(manifest, component, Some(&key));
    let no_grants = Policy {
        grants: Grants::none(),
        ..trusting()
    };
    let pinned = Policy {
        drivers: [(
            "hostile".to_owned(),
            DriverPolicy {
                sha256: Some(ComponentDigest::of(b"another")),
                ..DriverPolicy::default()
            },
        )]
        .into(),
        ..trusting()
    };
    let half = hostile().split_off(hostile().len() / 2);
    let mut damaged = hostile();
    damaged.truncate(damaged.len() / 2);
    let foreign_import = replaced(&hostile(), "wasi:cli/environment@", "wasi:cli/embezzlings@");
    let cases: [(&str, Policy, Package, &str); 14] = [
        (
            "driver.unsigned",
            trusting(),
            package(MANIFEST, hostile(), None),
            "switchyardd drivers sign",
        ),
        (
            "driver.unknown-key",
            trusting(),
            package(MANIFEST, hostile(), Some(&other)),
            "drivers.trusted_keys",
        ),
        (
            "driver.bad-signature",
            trusting(),
            Package {
                manifest: format!("{MANIFEST}summary = \"changed\"\n"),
                ..good()
            },
            "get all three again",
        ),
        (
            "driver.bad-signature",
            trusting(),
            Package {
                signature: Some("garbage".to_owned()),
                ..good()
            },
            "sign the driver anew",
        ),
        (
            "driver.wrong-digest",
            trusting(),
            signed(&format!("sha256 = \"{}\"\n{MANIFEST}", "0".repeat(64)), hostile()),
            "get both again",
        ),
        ("driver.not-pinned", pinned, good(), "[[driver]]"),
        (
            "driver.bad-manifest",
            trusting(),
            signed("id = 1", hostile()),
            "manifest",
        ),
        (
            "driver.other-contract",
            trusting(),
            signed(&MANIFEST.replace("\"0.1\"", "\"0.9\""), hostile()),
            "upgrade the service",
        ),
        (
            "driver.other-contract",
            trusting(),
            signed(MANIFEST, of_contract("0.9")),
            "upgrade the service",
        ),
        (
            "driver.no-component",
            trusting(),
            signed(MANIFEST, half),
            "--target wasm32-wasip2",
        ),
        (
            "driver.broken",
            trusting(),
            signed(MANIFEST, damaged),
            "not valid",
        ),
        ("driver.not-granted", no_grants, good(), "operator's grants"),
        (
            "driver.unknown-import",
            trusting(),
            signed(MANIFEST, foreign_import),
            "does not offer",
        ),
        (
            "driver.too-large",
            trusting(),
            signed(MANIFEST, vec![0; (32 << 20) + 1]),
            "stripped",
        ),
    ];
    for (code, policy, package, remedy) in cases {
        let error = refused(policy, &package);
        let sentence = error.sentence();
        assert_eq!(error.code(), code, "{sentence}");
        assert!(sentence.contains(remedy), "{code}: {sentence}");
        assert!(!sentence.contains('\n'), "{code}: {sentence}");
    }
    registry(trusting()).load(&good(), Source::Installed).unwrap();
}

/// The bytes with one text put in the place of another of the same length.
fn replaced(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut bytes = bytes.to_vec();
    let at: Vec<usize> = bytes
        .windows(from.len())
        .enumerate()
        .filter(|(_, window)| *window == from.as_bytes())
        .map(|(at, _)| at)
        .collect();
    assert!(!at.is_empty(), "{from} is not in the component");
    for at in at {
        bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
    }
    bytes
}

#[test]
fn a_folder_cannot_hand_in_compiled_code() {
    let folder = tempfile::tempdir().unwrap();
    let compiled = {
        let cache = folder.path().join("cache");
        let aot = switchyard_drivers::AotCache::open(&cache).unwrap();
        let runtime = Runtime::caching(RuntimeConfig::default(), aot).unwrap();
        let registry = Registry::new(runtime, Policy::permissive());
        registry
            .load(&package(MANIFEST, hostile(), None), Source::Installed)
            .unwrap();
        let entries = fs::read_dir(&cache).unwrap().map(|entry| entry.unwrap().path());
        let entry = entries
            .into_iter()
            .find(|path| path.extension().is_some_and(|e| e == "cwasm"));
        fs::read(entry.unwrap()).unwrap()
    };
    // With what the cache puts before it, and bare.
    for bytes in [compiled.clone(), compiled[48..].to_vec()] {
        let error = refused(Policy::permissive(), &package(MANIFEST, bytes, None));
        assert_eq!(error.code(), "driver.no-component", "{}", error.sentence());
    }
}
