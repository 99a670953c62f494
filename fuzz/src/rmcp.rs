//! Bytes from a BMC: as datagrams to a session on its way, as datagrams to an open one, and as messages that the BMC has sealed.

#[path = "../../host/rmcp/tests/sessions/bmc.rs"]
mod bmc;

use std::sync::Arc;
use std::time::{Duration, Instant};

use switchyard_rmcp::{
    Account, Bridge, CipherSuite, NoRandomness, Opening, Privilege, Progress, Random, Received, Request,
    Session, Terms, Tries, Workarounds,
};

use self::bmc::Bmc;
use crate::{PASSWORD, USER};

struct Zeroes;

impl Random for Zeroes {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        bytes.fill(0);
        Ok(())
    }
}

/// Takes the input apart into datagrams (a length, then so many bytes) and hands them to everything that reads datagrams.
pub fn rmcp(input: &[u8]) {
    let now = Instant::now();
    let mut bmc = Bmc::new(3);
    let (mut opening, mut progress) = Opening::start(account(), terms(), now, &mut Zeroes);
    let mut rest = input;
    while let Some((length, bytes)) = rest.split_first() {
        let (datagram, after) = bytes.split_at(usize::from(*length).min(bytes.len()));
        rest = after;
        // A fed datagram first, then the right answer, so that later steps are reached as well.
        drop(opening.receive(datagram, now, &mut Zeroes));
        if let Progress::Send(sent, _) = &progress
            && let Some(answer) = bmc.receive(sent)
        {
            progress = opening.receive(&answer, now, &mut Zeroes);
        }
    }
    let mut bmc = Bmc::new(3);
    let mut session = opened(&mut bmc, now);
    let via = Bridge {
        channel: 0,
        address: 2,
    };
    for via in [None, Some(via)] {
        let request = Request::new(0, 0, 1, Vec::new(), via).unwrap();
        let mut exchange = session.begin(&request, Tries::asking(Duration::from_secs(1)));
        let raw = session.receive(&mut exchange, input);
        assert!(
            matches!(raw, Received::Ignored(_)),
            "nobody but the BMC can answer"
        );
        let sealed = bmc.seal(input.get(..512).unwrap_or(input));
        session.receive(&mut exchange, &sealed);
    }
}

fn account() -> Arc<Account> {
    Arc::new(Account::new(USER, PASSWORD, None).unwrap())
}

fn terms() -> Terms {
    Terms {
        suite: CipherSuite::Three,
        other: None,
        privilege: Privilege::Operator,
        workarounds: Workarounds::default(),
        wait: Duration::from_secs(1),
    }
}

fn opened(bmc: &mut Bmc, now: Instant) -> Session {
    let (mut opening, mut progress) = Opening::start(account(), terms(), now, &mut Zeroes);
    loop {
        match progress {
            Progress::Send(datagram, _) => {
                let answer = bmc.receive(&datagram).unwrap();
                progress = opening.receive(&answer, now, &mut Zeroes);
            }
            Progress::Opened(session) => return *session,
            Progress::Wait | Progress::Failed(_) => unreachable!("the model answers everything"),
        }
    }
}
