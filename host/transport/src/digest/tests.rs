use super::Verdict::{Again, NotDigest, Refused, Unchallenged};
use super::offer::Protection;
use super::*;
use crate::login::Secret;

const USER: &str = "Mufasa";

fn login(user: &str, password: &str) -> Login {
    Login::new(user, Secret::new(password.into()))
}

fn offer(header: &str) -> Offer {
    Offer::best(&Challenge::all([header])).unwrap_or_else(|| panic!("no offer in {header}"))
}

fn authorization(offer: &Offer, login: &Login, method: &str, uri: &str, cnonce: &str) -> String {
    let asked = Asked {
        method,
        uri,
        body: b"",
    };
    let value = response::authorization(offer, login, &asked, cnonce, 1).unwrap();
    assert!(value.is_sensitive());
    value.to_str().unwrap().to_owned()
}

fn unauthorized(challenges: &[&str]) -> Response {
    Response {
        status: 401,
        headers: challenges
            .iter()
            .map(|challenge| ("www-authenticate".to_owned(), (*challenge).to_owned()))
            .collect(),
        body: bytes::Bytes::new(),
    }
}

/// RFC 2617, section 3.5.
#[test]
fn the_vector_of_rfc_2617_holds() {
    let offer = offer(
        r#"Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41""#,
    );
    let value = authorization(
        &offer,
        &login(USER, "Circle Of Life"),
        "GET",
        "/dir/index.html",
        "0a4f113b",
    );
    assert!(
        value.contains(r#"response="6629fae49393a05397450978507c4ef1""#),
        "{value}"
    );
    assert!(
        value.contains("qop=auth, nc=00000001, cnonce=\"0a4f113b\""),
        "{value}"
    );
    assert!(!value.contains("algorithm"), "none was named: {value}");
}

/// RFC 7616, section 3.9.1.
#[test]
fn the_vectors_of_rfc_7616_hold() {
    let cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
    let challenge = |algorithm: &str| {
        format!(
            r#"Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={algorithm}, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS""#
        )
    };
    let login = login(USER, "Circle of Life");
    for (algorithm, response) in [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        (
            "SHA-256",
            "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
        ),
    ] {
        let value = authorization(
            &offer(&challenge(algorithm)),
            &login,
            "GET",
            "/dir/index.html",
            cnonce,
        );
        assert!(value.contains(&format!("response=\"{response}\"")), "{value}");
        assert!(value.ends_with(&format!("algorithm={algorithm}")), "{value}");
        assert!(
            value.starts_with(r#"Digest username="Mufasa", realm="http-auth@example.org", "#),
            "{value}"
        );
    }
    let both = [challenge("MD5"), challenge("SHA-256")];
    let best = Offer::best(&Challenge::all(both.iter().map(String::as_str))).unwrap();
    assert_eq!(best.algorithm, algorithm::Algorithm::Sha256);
}

/// RFC 7616, section 3.9.2, with the values that its erratum 4897 corrects.
#[test]
fn a_hashed_user_and_sha_512_256_are_as_in_the_corrected_vector() {
    let offer = offer(
        r#"Digest realm="api@example.org", qop="auth", algorithm=SHA-512-256, nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS", charset=UTF-8, userhash=true"#,
    );
    let login = login("J\u{e4}s\u{f8}n Doe", "Secret, or not?");
    let cnonce = "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v";
    let value = authorization(&offer, &login, "GET", "/doe.json", cnonce);
    let user = "793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b";
    let response = "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5";
    assert!(
        value.contains(&format!("username=\"{user}\", userhash=true")),
        "{value}"
    );
    assert!(value.contains(&format!("response=\"{response}\"")), "{value}");
}

#[test]
fn names_are_escaped_or_encoded() {
    let plain = offer(r#"Digest realm="a \"b\" \\ c", nonce="n", qop=auth"#);
    assert_eq!(plain.realm, r#"a "b" \ c"#);
    let value = authorization(&plain, &login(r#"x"y"#, "p"), "GET", "/", "c");
    assert!(
        value.contains(r#"username="x\"y", realm="a \"b\" \\ c""#),
        "{value}"
    );
    let value = authorization(&plain, &login("J\u{e4}n", "p"), "GET", "/", "c");
    assert!(value.contains("username*=UTF-8''J%C3%A4n, "), "{value}");
    let asked = Asked {
        method: "GET",
        uri: "/",
        body: b"",
    };
    assert!(response::authorization(&plain, &login("a\nb", "p"), &asked, "c", 1).is_none());
}

#[test]
fn the_challenge_of_intel_amt_is_understood() {
    let offer = offer(
        r#"Digest realm="Digest:A4070000000000000000000000000000", nonce="KjMDAAEAAADSkQSDJpLPYq/oVHOuZbM/",stale="false",qop="auth-int, auth""#,
    );
    assert_eq!(offer.realm, "Digest:A4070000000000000000000000000000");
    assert!(!offer.stale);
    assert_eq!(offer.protection, Protection::Auth);
    let stale = r#"Digest realm="r", nonce="n", stale="TRUE", qop="auth-int""#;
    let stale = Offer::best(&Challenge::all([stale])).unwrap();
    assert!(stale.stale);
    assert_eq!(stale.protection, Protection::AuthInt);
}

#[test]
fn one_header_may_hold_several_challenges() {
    let schemes = |headers: &[&str]| -> Vec<String> {
        Challenge::all(headers.iter().copied())
            .into_iter()
            .map(|challenge| format!("{} {}", challenge.scheme, challenge.params.len()))
            .collect()
    };
    assert_eq!(
        schemes(&[
            r#"Newauth realm="apps, \"x\"", type=1, title="Login", Basic realm="simple""#,
            r#"Negotiate, Negotiate YII==, Digest realm = "r" ,, nonce="n"  qop=auth"#,
        ]),
        ["newauth 3", "basic 1", "negotiate 0", "negotiate 0", "digest 3"]
    );
    assert_eq!(schemes(&["", " , ", "Basic"]), ["basic 0"]);
    for broken in [
        r#"Digest realm="x"#,
        r#"Digest realm="x\"#,
        "realm=x",
        "Digest realm=",
        "Digest realm=,",
        "\u{e9}",
    ] {
        assert_eq!(
            Challenge::all([broken])
                .iter()
                .filter_map(|challenge| challenge.param("realm"))
                .count(),
            0,
            "{broken}"
        );
    }
}

#[test]
fn what_cannot_be_answered_is_no_offer() {
    for header in [
        r#"Basic realm="x""#,
        r#"Digest realm="x""#,
        r#"Digest nonce="x""#,
        r#"Digest realm="x", nonce="y", algorithm=SHA-1"#,
        r#"Digest realm="x", nonce="y", qop="auth-conf""#,
        r#"Digest realm="x", realm="z", nonce="y""#,
        r#"Digest realm="x", nonce="y", algorithm=MD5, algorithm=MD5"#,
    ] {
        assert_eq!(Offer::best(&Challenge::all([header])), None, "{header}");
    }
    let session = offer(r#"Digest realm="x", nonce="y", algorithm="md5-SESS""#);
    assert!(session.session);
    assert_eq!(session.protection, Protection::Legacy);
}

/// What a request goes through: each answer's challenge, and what becomes of it.
fn verdicts(digest: &Digest, login: &Login, answers: &[&[&str]]) -> Vec<Verdict> {
    let asked = Asked {
        method: "GET",
        uri: "/",
        body: b"",
    };
    let mut trial = Trial::default();
    let mut verdicts = Vec::new();
    for answer in answers {
        let signed = digest.sign(login, &asked).unwrap();
        let verdict = digest
            .challenged(signed.as_ref(), &unauthorized(answer), &mut trial)
            .unwrap();
        verdicts.push(verdict);
        if verdict != Verdict::Again {
            break;
        }
    }
    verdicts
}

#[test]
fn a_login_is_tried_once_under_a_fresh_challenge() {
    let fresh = |nonce: &str| format!(r#"Digest realm="r", nonce="{nonce}", stale="false", qop="auth""#);
    let stale = |nonce: &str| format!(r#"Digest realm="r", nonce="{nonce}", stale="true", qop="auth""#);
    let (one, two, three, four) = (fresh("1"), fresh("2"), fresh("3"), stale("4"));
    let (root, other) = (login("root", "right"), login("root", "wrong"));

    let digest = Digest::default();
    assert_eq!(
        verdicts(&digest, &root, &[&[&one], &[&two], &[&three]]),
        [Again, Refused]
    );
    assert_eq!(verdicts(&digest, &root, &[&[&one], &[&one]]), [Again, Refused]);
    assert_eq!(
        verdicts(&digest, &root, &[&[&one], &[&four], &[&two]]),
        [Again, Again, Refused]
    );
    assert_eq!(
        verdicts(&digest, &root, &[&[&one], &[&four], &[&stale("5")], &[&two]]),
        [Again, Again, Refused]
    );
    assert_eq!(verdicts(&digest, &root, &[&[]]), [Unchallenged]);
    assert_eq!(verdicts(&digest, &root, &[&["Basic realm=\"r\""]]), [NotDigest]);
    assert_eq!(verdicts(&digest, &root, &[&[&one], &[]]), [Again, Refused]);

    // A login that was taken before may meet a controller that does not call its nonce stale.
    assert_eq!(verdicts(&digest, &root, &[&[&one]]), [Again]);
    let asked = Asked {
        method: "GET",
        uri: "/",
        body: b"",
    };
    let signed = digest.sign(&root, &asked).unwrap().unwrap();
    digest.accepted(&signed, &unauthorized(&[]));
    assert_eq!(verdicts(&digest, &other, &[&[&two], &[&three]]), [Refused]);
    assert_eq!(verdicts(&digest, &root, &[&[&one]]), [Again]);
    let signed = digest.sign(&root, &asked).unwrap().unwrap();
    digest.accepted(&signed, &unauthorized(&[]));
    assert_eq!(verdicts(&digest, &root, &[&[&two], &[&three]]), [Again, Refused]);
}

#[test]
fn a_nonce_counts_and_the_next_one_is_taken() {
    let digest = Digest::default();
    let root = login("root", "p");
    let asked = Asked {
        method: "GET",
        uri: "/",
        body: b"",
    };
    let challenge = r#"Digest realm="r", nonce="1", qop="auth""#;
    assert_eq!(verdicts(&digest, &root, &[&[challenge]]), [Verdict::Again]);
    let shown = |signed: &Signed| signed.value.to_str().unwrap().to_owned();
    for count in ["nc=00000001", "nc=00000002"] {
        let signed = digest.sign(&root, &asked).unwrap().unwrap();
        assert!(shown(&signed).contains(count));
        digest.accepted(&signed, &unauthorized(&[]));
    }
    let signed = digest.sign(&root, &asked).unwrap().unwrap();
    let mut answer = unauthorized(&[]);
    answer
        .headers
        .push(("authentication-info".into(), r#"nextnonce="2", qop=auth"#.into()));
    digest.accepted(&signed, &answer);
    let signed = digest.sign(&root, &asked).unwrap().unwrap();
    assert!(shown(&signed).contains(r#"nonce="2""#) && shown(&signed).contains("nc=00000001"));
    assert!(!format!("{digest:?} {signed:?}").contains("response"));
}
