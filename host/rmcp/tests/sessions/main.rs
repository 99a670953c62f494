//! Sessions against recorded vectors and against a model of a BMC, over networks that lose, repeat, reorder and spoil datagrams.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "the model and the helpers are test code, too"
)]

mod bmc;
mod network;
mod refusals;
mod requests;
mod vectors;

use std::sync::Arc;
use std::time::{Duration, Instant};

use switchyard_rmcp::{
    Account, CipherSuite, NoRandomness, OpenError, Opening, Privilege, Progress, Random, Session, Terms,
    Workarounds,
};

use crate::bmc::Bmc;

pub(crate) const USER: &str = "operator1";
pub(crate) const PASSWORD: &[u8] = b"correct horse";

/// Bytes that look random and are the same in every run.
pub(crate) struct Pseudo(pub(crate) u64);

impl Random for Pseudo {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        for byte in bytes {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            *byte = self.0.to_be_bytes()[0];
        }
        Ok(())
    }
}

pub(crate) fn account() -> Arc<Account> {
    Arc::new(Account::new(USER, PASSWORD, None).unwrap())
}

pub(crate) fn terms(suite: CipherSuite) -> Terms {
    Terms {
        suite,
        other: None,
        privilege: Privilege::Operator,
        workarounds: Workarounds::default(),
        wait: Duration::from_secs(1),
    }
}

/// Opens a session with a BMC over a perfect network; waits that bring nothing end at once.
pub(crate) fn open(bmc: &mut Bmc, terms: Terms, account: Arc<Account>) -> Result<Session, OpenError> {
    let (now, mut random) = (Instant::now(), Pseudo(1));
    let (mut opening, mut progress) = Opening::start(account, terms, now, &mut random);
    for _ in 0..100 {
        if let Some(farewell) = opening.farewell() {
            bmc.receive(&farewell);
        }
        progress = match progress {
            Progress::Send(datagram, until) => match bmc.receive(&datagram) {
                Some(answer) => opening.receive(&answer, now, &mut random),
                None => opening.expire(until, &mut random),
            },
            Progress::Wait => opening.expire(now, &mut random),
            Progress::Opened(session) => return Ok(*session),
            Progress::Failed(error) => return Err(error),
        };
    }
    panic!("the opening does not end")
}
