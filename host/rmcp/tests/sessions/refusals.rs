//! What becomes of BMCs that refuse, keep silent, or cheat.

use std::sync::Arc;

use switchyard_rmcp::{
    Account, BmcKey, CipherSuite, Kind, OpenError, Status, Step, Terms, Workaround, Workarounds,
};

use crate::bmc::Bmc;
use crate::{PASSWORD, USER, account, open, terms};

/// The authentication algorithms of the two suites (table 13-17).
const SHA1: u8 = 1;
const SHA256: u8 = 3;

/// Makes a BMC behave badly.
type Defect = fn(&mut Bmc);

fn both(suite: CipherSuite, other: CipherSuite) -> Terms {
    Terms {
        other: Some(other),
        ..terms(suite)
    }
}

fn with(workaround: Workaround) -> Terms {
    Terms {
        workarounds: Workarounds::from_iter([workaround]),
        ..terms(CipherSuite::Three)
    }
}

fn refusal(bmc: &mut Bmc, terms: Terms) -> OpenError {
    open(bmc, terms, account()).unwrap_err()
}

#[test]
fn sessions_are_opened_with_either_suite() {
    for (id, suite) in [(3, CipherSuite::Three), (17, CipherSuite::Seventeen)] {
        let mut bmc = Bmc::new(id);
        let session = open(&mut bmc, terms(suite), account()).unwrap();
        assert_eq!((session.suite(), bmc.begun), (suite, 1));
    }
}

#[test]
fn each_named_status_makes_way_for_the_other_suite_once() {
    for status in [0x01, 0x04, 0x0A, 0x11, 0x12] {
        let mut bmc = Bmc::new(17);
        bmc.refuses = vec![(SHA256, status)];
        let session = open(
            &mut bmc,
            both(CipherSuite::Seventeen, CipherSuite::Three),
            account(),
        )
        .unwrap();
        assert_eq!(session.suite(), CipherSuite::Three, "{status:02x}h");
        let only = refusal(&mut bmc, terms(CipherSuite::Seventeen));
        let OpenError::Refused { status: seen, .. } = only else {
            panic!("{only:?}");
        };
        assert_eq!(seen.code(), status, "never below what the operator allows");
        assert_eq!(bmc.asked, [3, 4, 1]);
    }
}

#[test]
fn other_statuses_do_not_make_way() {
    let mut bmc = Bmc::new(17);
    bmc.refuses = vec![(SHA256, 0x0D)];
    let error = refusal(&mut bmc, both(CipherSuite::Seventeen, CipherSuite::Three));
    assert_eq!(error.kind(), Kind::Credentials);
    assert_eq!(bmc.begun, 0);
}

#[test]
fn a_full_session_table_is_told_as_such_whatever_the_other_suite_gets() {
    for (seventeen, three) in [(0x01, 0x01), (0x01, 0x04), (0x04, 0x01)] {
        let mut bmc = Bmc::new(17);
        bmc.refuses = vec![(SHA256, seventeen), (SHA1, three)];
        let error = refusal(&mut bmc, both(CipherSuite::Seventeen, CipherSuite::Three));
        assert_eq!(error.kind(), Kind::SessionFull, "{error}");
        assert!(error.to_string().contains("sessions are taken"), "{error}");
    }
}

#[test]
fn a_suite_that_was_not_asked_for_is_refused() {
    let mut bmc = Bmc::new(17);
    bmc.downgrades = true;
    let error = refusal(&mut bmc, both(CipherSuite::Seventeen, CipherSuite::Three));
    assert_eq!(
        error,
        OpenError::OtherSuite {
            asked: CipherSuite::Seventeen,
            answered: "cipher suite 3".into()
        }
    );
    assert_eq!(error.kind(), Kind::Suite);
    open(&mut bmc, terms(CipherSuite::Three), account()).unwrap();
}

#[test]
fn a_bmc_that_does_not_know_the_password_gets_no_code() {
    let mut bmc = Bmc::new(3);
    bmc.password = b"another".to_vec();
    assert_eq!(refusal(&mut bmc, terms(CipherSuite::Three)), OpenError::Password);
    assert_eq!(
        (bmc.begun, bmc.abandoned),
        (1, 1),
        "the BMC may forget the session"
    );
}

#[test]
fn a_bmc_key_is_used_and_its_want_is_explained() {
    let key = b"the key of this BMC".to_vec();
    let mut bmc = Bmc::new(17);
    bmc.key = Some(key);
    let error = refusal(&mut bmc, terms(CipherSuite::Seventeen));
    assert_eq!(error, OpenError::Keys { bmc_key_set: true });
    assert!(error.to_string().contains("Kg"), "{error}");
    for text in ["the key of this BMC", "0x746865206b6579206F66207468697320424d43"] {
        let key = BmcKey::from_text(text).unwrap();
        let account = Account::new(USER, PASSWORD, Some(key)).unwrap();
        open(&mut bmc, terms(CipherSuite::Seventeen), Arc::new(account)).unwrap();
    }
}

#[test]
fn statuses_within_rakp_are_told_with_their_step() {
    let mut bmc = Bmc::new(3);
    bmc.rakp2_status = 0x0D;
    let expected = |step, status| OpenError::Refused {
        step,
        status,
        suite: CipherSuite::Three,
    };
    let error = refusal(&mut bmc, terms(CipherSuite::Three));
    assert_eq!(error, expected(Step::Challenge, Status::UnauthorizedName));
    assert_eq!(error.kind(), Kind::Credentials);
    bmc.rakp2_status = 0;
    bmc.rakp4_status = 0x0F;
    let error = refusal(&mut bmc, terms(CipherSuite::Three));
    assert_eq!(error, expected(Step::Proof, Status::IntegrityCheck));
    assert_eq!(error.kind(), Kind::Credentials);
}

#[test]
fn silence_ends_after_four_tries_and_names_the_step() {
    for (deaf_to, step, begun) in [
        (0xFF, Step::Discovery, 0),
        (0x10, Step::OpenSession, 0),
        (0x12, Step::Challenge, 4),
        (0x14, Step::Proof, 4),
        (0x00, Step::Privilege, 1),
    ] {
        let mut bmc = Bmc::new(3);
        bmc.deaf_to = vec![deaf_to];
        let error = refusal(&mut bmc, terms(CipherSuite::Three));
        let OpenError::Silent { step: seen, .. } = &error else {
            panic!("{error:?}");
        };
        assert_eq!((*seen, bmc.begun), (step, begun));
        let forgotten = if deaf_to == 0x12 { begun } else { 0 };
        assert_eq!(
            bmc.abandoned, forgotten,
            "the BMC keeps no place for what came to nothing"
        );
        assert_eq!(error.kind(), Kind::Silent);
    }
}

#[test]
fn a_privilege_level_that_is_not_granted_ends_the_session() {
    let mut bmc = Bmc::new(3);
    bmc.privilege_completion = 0x81;
    let error = refusal(&mut bmc, terms(CipherSuite::Three));
    assert_eq!((error.kind(), bmc.closed), (Kind::Credentials, 1), "{error}");
    bmc.privilege_completion = 0xC0;
    let error = refusal(&mut bmc, terms(CipherSuite::Three));
    assert_eq!((error.kind(), bmc.closed), (Kind::Busy, 2), "{error}");
}

#[test]
fn each_workaround_reaches_the_bmc_it_is_for() {
    let defective: [(Workaround, Defect); 5] = [
        (Workaround::Authcap, |bmc| bmc.deaf_to = vec![0xFF]),
        (Workaround::I82571spt, |bmc| bmc.plain_role = (true, true)),
        (Workaround::Intelplus, |bmc| bmc.plain_role = (false, true)),
        (Workaround::Nochecksumcheck, |bmc| bmc.spoils_checksums = true),
        (Workaround::Idzero, |bmc| bmc.names_no_session = true),
    ];
    for (workaround, break_it) in defective {
        let mut bmc = Bmc::new(3);
        break_it(&mut bmc);
        refusal(&mut bmc, terms(CipherSuite::Three));
        open(&mut bmc, with(workaround), account()).unwrap();
    }
}

#[test]
fn what_ipmi_cannot_carry_is_refused_and_not_cut() {
    assert!(Account::new("operator1operator1", b"x", None).is_err());
    assert!(Account::new("root", &[b'x'; 21], None).is_err());
    assert!(BmcKey::new(&[b'x'; 21]).is_err());
    for text in ["0x1", "0x1g", "0x+1", "0xää", "a key of 21 characters"] {
        assert!(BmcKey::from_text(text).is_err(), "{text}");
    }
    let account = Account::new("root", b"hunter2", Some(BmcKey::new(b"hunter3").unwrap())).unwrap();
    assert!(!format!("{account:?}").contains("hunter"), "{account:?}");
}
