//! Requests within a session.

use std::time::{Duration, Instant};

use switchyard_rmcp::{Bridge, CipherSuite, Ignored, Received, Request, Session, Tries};

use crate::bmc::{Bmc, response};
use crate::{Pseudo, account, open, terms};

fn opened() -> (Bmc, Session) {
    let mut bmc = Bmc::new(17);
    let session = open(&mut bmc, terms(CipherSuite::Seventeen), account()).unwrap();
    (bmc, session)
}

fn status() -> Request {
    Request::new(0x00, 0, 0x01, Vec::new(), None).unwrap()
}

fn reset() -> Request {
    Request::new(0x00, 0, 0x02, vec![3], None).unwrap()
}

#[test]
fn a_change_is_one_datagram() {
    let (mut bmc, mut session) = opened();
    let now = Instant::now();
    let mut exchange = session.begin(&reset(), Tries::once(Duration::from_mins(1)));
    let (datagram, until) = session.send(&mut exchange, now, &mut Pseudo(7)).unwrap().unwrap();
    assert_eq!(until, now + Duration::from_mins(1));
    assert!(
        session
            .send(&mut exchange, now, &mut Pseudo(7))
            .unwrap()
            .is_none()
    );
    bmc.receive(&datagram).unwrap();
    assert_eq!(bmc.executed, [3]);
}

#[test]
fn a_question_is_sent_four_times_with_one_number_and_ever_new_packets() {
    let (mut bmc, mut session) = opened();
    let now = Instant::now();
    let mut exchange = session.begin(&status(), Tries::asking(Duration::from_secs(1)));
    let mut replies = Vec::new();
    for wait in 1..=4 {
        let (datagram, until) = session
            .send(&mut exchange, now, &mut Pseudo(wait))
            .unwrap()
            .unwrap();
        assert_eq!(until, now + Duration::from_secs(wait));
        replies.push(bmc.receive(&datagram).unwrap());
        assert!(bmc.receive(&datagram).is_none(), "the same packet again");
    }
    assert!(
        session
            .send(&mut exchange, now, &mut Pseudo(7))
            .unwrap()
            .is_none()
    );
    let seen: Vec<Received> = replies
        .iter()
        .rev()
        .map(|reply| session.receive(&mut exchange, reply))
        .collect();
    assert!(
        seen.iter().all(|received| matches!(received, Received::Reply(_))),
        "the number of the request is the same: {seen:?}"
    );
    let again = session.receive(&mut exchange, &replies[0]);
    assert_eq!(again, Received::Ignored(Ignored::Repeated));
}

#[test]
fn what_is_not_the_answer_is_told_apart() {
    let (mut bmc, mut session) = opened();
    let mut exchange = session.begin(&status(), Tries::asking(Duration::from_secs(1)));
    let mut seen = |datagram: &[u8]| match session.receive(&mut exchange, datagram) {
        Received::Ignored(ignored) => ignored,
        Received::Reply(reply) => panic!("{reply:?}"),
    };
    // The request's number is 2: raising the privilege level was the first.
    let mut sealed =
        |netfn, number, command, data: &[u8]| bmc.seal(&response(netfn, number, command, data, false));
    let other_number = sealed(1, 3, 1, &[0]);
    let other_command = sealed(1, 2, 2, &[0]);
    let other_function = sealed(7, 2, 1, &[0]);
    let duplicate = sealed(1, 2, 1, &[0xCF]);
    let short = bmc.seal(&[0; 7]);
    let spoilt = bmc.seal(&response(1, 2, 1, &[0], true));
    assert_eq!(seen(&other_number), Ignored::OtherRequest);
    assert_eq!(seen(&other_command), Ignored::OtherRequest);
    assert_eq!(seen(&other_function), Ignored::OtherRequest);
    assert_eq!(seen(&duplicate), Ignored::Duplicate);
    assert_eq!(seen(&short), Ignored::Malformed);
    assert_eq!(seen(&spoilt), Ignored::Checksum);
    assert_eq!(seen(&spoilt), Ignored::Repeated);

    let right = bmc.seal(&response(1, 2, 1, &[0], false));
    let changed = |place: usize, bits: u8| {
        let mut datagram = right.clone();
        datagram[place] ^= bits;
        datagram
    };
    assert_eq!(seen(&changed(0, 1)), Ignored::Foreign);
    assert_eq!(seen(&changed(6, 1)), Ignored::OtherSession);
    assert_eq!(seen(&changed(5, 0x80)), Ignored::Unprotected);
    assert_eq!(seen(&changed(5, 0x40)), Ignored::Unprotected);
    for place in 10..right.len() {
        let ignored = seen(&changed(place, 1));
        assert!(
            matches!(ignored, Ignored::Forged | Ignored::Foreign),
            "{place}: {ignored:?}"
        );
    }
    assert_eq!(seen(&[0; 2000]), Ignored::Foreign);
}

#[test]
fn a_controller_behind_the_bmc_answers() {
    let (mut bmc, mut session) = opened();
    let via = Bridge {
        channel: 6,
        address: 0x2C,
    };
    let request = Request::new(0x2E, 0, 0xC8, vec![1, 2, 3], Some(via)).unwrap();
    let now = Instant::now();
    let mut exchange = session.begin(&request, Tries::asking(Duration::from_secs(1)));
    let (datagram, _) = session.send(&mut exchange, now, &mut Pseudo(7)).unwrap().unwrap();
    let embedded = bmc.receive(&datagram).unwrap();
    let Received::Reply(reply) = session.receive(&mut exchange, &embedded) else {
        panic!("not taken");
    };
    assert_eq!((reply.completion, reply.data), (0, vec![0x77]));

    // The other way: first an empty answer to Send Message, then the controller's own.
    let mut exchange = session.begin(&request, Tries::asking(Duration::from_secs(1)));
    let passed_on = bmc.seal(&response(7, 3, 0x34, &[0], false));
    let answer = bmc.seal(&response(0x2F, 3, 0xC8, &[0, 0x78], false));
    assert_eq!(
        session.receive(&mut exchange, &passed_on),
        Received::Ignored(Ignored::OnItsWay)
    );
    let Received::Reply(reply) = session.receive(&mut exchange, &answer) else {
        panic!("not taken");
    };
    assert_eq!(reply.data, [0x78]);

    let mut exchange = session.begin(&request, Tries::asking(Duration::from_secs(1)));
    let refused = bmc.seal(&response(7, 4, 0x34, &[0x83], false));
    let Received::Reply(reply) = session.receive(&mut exchange, &refused) else {
        panic!("not taken");
    };
    assert_eq!(reply.completion, 0x83);
}

#[test]
fn numbers_of_requests_go_round() {
    let (mut bmc, mut session) = opened();
    for _ in 0..200 {
        let mut exchange = session.begin(&status(), Tries::once(Duration::from_secs(1)));
        let (datagram, _) = session
            .send(&mut exchange, Instant::now(), &mut Pseudo(7))
            .unwrap()
            .unwrap();
        let reply = bmc.receive(&datagram).unwrap();
        assert!(matches!(
            session.receive(&mut exchange, &reply),
            Received::Reply(_)
        ));
    }
}
