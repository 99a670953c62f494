//! Every datagram of a session, byte by byte.

use std::sync::Arc;
use std::time::{Duration, Instant};

use switchyard_rmcp::{
    Account, BmcKey, CipherSuite, NoRandomness, Opening, Progress, Random, Received, Request, Tries,
};

use crate::{PASSWORD, USER, terms};

/// Random bytes that a vector gives.
struct Given(Vec<u8>);

impl Random for Given {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        let rest = self.0.split_off(bytes.len());
        bytes.copy_from_slice(&self.0);
        self.0 = rest;
        Ok(())
    }
}

fn lines(text: &str, mark: &str) -> Vec<Vec<u8>> {
    let hex = |line: &str| {
        let digits = line.as_bytes().chunks(2);
        digits
            .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect()
    };
    text.lines()
        .filter_map(|line| line.strip_prefix(mark)?.strip_prefix(' '))
        .map(hex)
        .collect()
}

fn play(text: &str, suite: CipherSuite, key: Option<&[u8]>) {
    let now = Instant::now();
    let mut random = Given(lines(text, "random").remove(0));
    let (sent, came) = (lines(text, ">"), lines(text, "<"));
    let (mut sent, mut came) = (sent.into_iter(), came.into_iter());
    let key = key.map(|key| BmcKey::new(key).unwrap());
    let account = Arc::new(Account::new(USER, PASSWORD, key).unwrap());
    let (mut opening, mut progress) = Opening::start(account, terms(suite), now, &mut random);
    let mut session = loop {
        match progress {
            Progress::Send(datagram, until) => {
                assert_eq!(datagram, sent.next().unwrap());
                assert_eq!(until, now + Duration::from_secs(1));
                progress = opening.receive(&came.next().unwrap(), now, &mut random);
            }
            Progress::Opened(session) => break session,
            other => panic!("{other:?}"),
        }
    };
    let request = Request::new(0x00, 0, 0x01, Vec::new(), None).unwrap();
    let mut exchange = session.begin(&request, Tries::once(Duration::from_secs(1)));
    let (datagram, _) = session.send(&mut exchange, now, &mut random).unwrap().unwrap();
    assert_eq!(datagram, sent.next().unwrap());
    let Received::Reply(reply) = session.receive(&mut exchange, &came.next().unwrap()) else {
        panic!("the answer was not taken");
    };
    assert_eq!(
        (reply.completion, reply.data.as_slice()),
        (0, &[0x21, 0x10, 0x40][..])
    );
    assert_eq!(session.close(&mut random).unwrap(), sent.next().unwrap());
    assert_eq!((sent.next(), came.next()), (None, None));
}

#[test]
fn suite_3_is_that_of_the_specification() {
    play(include_str!("suite-3.txt"), CipherSuite::Three, None);
}

#[test]
fn suite_17_with_a_bmc_key_is_that_of_the_specification() {
    let key = Some(&b"bmc key of 20 bytes!"[..]);
    play(include_str!("suite-17.txt"), CipherSuite::Seventeen, key);
}
