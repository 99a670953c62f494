//! Openings and requests over a network that loses, repeats, reorders and spoils datagrams, both ways; and foreign bytes at large.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use switchyard_rmcp::{CipherSuite, Opening, Progress, Received, Reply, Request, Session, Terms, Tries};

use crate::bmc::Bmc;
use crate::{Pseudo, account, terms};

/// What happens to one datagram.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Arrives,
    IsLost,
    ArrivesTwice,
    ComesLate,
    IsSpoilt(usize, u8),
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        6 => Just(Fate::Arrives),
        1 => Just(Fate::IsLost),
        1 => Just(Fate::ArrivesTwice),
        1 => Just(Fate::ComesLate),
        1 => (0_usize..200, 1_u8..).prop_map(|(place, bits)| Fate::IsSpoilt(place, bits)),
    ]
}

struct Network {
    fates: VecDeque<Fate>,
    late: VecDeque<Vec<u8>>,
}

impl Network {
    /// What arrives when a datagram is sent; once the fates are used up the network is perfect.
    fn pass(&mut self, mut datagram: Vec<u8>) -> Vec<Vec<u8>> {
        let mut arriving: Vec<Vec<u8>> = Vec::new();
        match self.fates.pop_front().unwrap_or(Fate::Arrives) {
            Fate::Arrives => arriving.push(datagram),
            Fate::IsLost => {}
            Fate::ArrivesTwice => arriving.extend([datagram.clone(), datagram]),
            Fate::ComesLate => self.late.push_back(datagram),
            Fate::IsSpoilt(place, bits) => {
                let place = place % datagram.len();
                datagram[place] ^= bits;
                arriving.push(datagram);
            }
        }
        if self.late.len() > 1 {
            arriving.extend(self.late.pop_front());
        }
        arriving
    }
}

struct World {
    bmc: Bmc,
    there: Network,
    back: Network,
    random: Pseudo,
    now: Instant,
}

impl World {
    fn exchange(&mut self, datagram: Vec<u8>) -> VecDeque<Vec<u8>> {
        let arrived = self.there.pass(datagram);
        // Spoilt datagrams may be too short for the model, which a BMC would drop as well.
        let answers: Vec<Vec<u8>> = arrived
            .into_iter()
            .filter_map(|datagram| {
                let bmc = std::panic::AssertUnwindSafe(&mut self.bmc);
                std::panic::catch_unwind(move || { bmc }.0.receive(&datagram))
                    .ok()
                    .flatten()
            })
            .collect();
        answers
            .into_iter()
            .flat_map(|answer| self.back.pass(answer))
            .collect()
    }

    fn open(&mut self, terms: Terms) -> Option<Session> {
        let (mut opening, mut progress) = Opening::start(account(), terms, self.now, &mut self.random);
        let mut inbox = VecDeque::new();
        let mut until = self.now;
        for _ in 0..500 {
            match progress {
                Progress::Send(datagram, deadline) => {
                    until = deadline;
                    inbox.extend(self.exchange(datagram));
                }
                Progress::Wait => {}
                Progress::Opened(session) => return Some(*session),
                Progress::Failed(_) => return None,
            }
            progress = if let Some(datagram) = inbox.pop_front() {
                opening.receive(&datagram, self.now, &mut self.random)
            } else {
                self.now = self.now.max(until);
                opening.expire(self.now, &mut self.random)
            };
        }
        panic!("the opening does not end");
    }

    fn ask(&mut self, session: &mut Session, request: &Request, tries: Tries) -> Option<Reply> {
        let mut exchange = session.begin(request, tries);
        while let Some((datagram, until)) = session.send(&mut exchange, self.now, &mut self.random).unwrap() {
            for datagram in self.exchange(datagram) {
                if let Received::Reply(reply) = session.receive(&mut exchange, &datagram) {
                    return Some(reply);
                }
            }
            self.now = until;
        }
        None
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn every_opening_ends_and_no_change_is_executed_twice(
        there in proptest::collection::vec(fate(), 0..60),
        back in proptest::collection::vec(fate(), 0..60),
        seventeen: bool,
    ) {
        let network = |fates: Vec<Fate>| Network { fates: fates.into(), late: VecDeque::new() };
        let suite = if seventeen { CipherSuite::Seventeen } else { CipherSuite::Three };
        let mut world = World {
            bmc: Bmc::new(suite.id()),
            there: network(there),
            back: network(back),
            random: Pseudo(3),
            now: Instant::now(),
        };
        let Some(mut session) = world.open(terms(suite)) else {
            return Ok(());
        };
        let status = Request::new(0x00, 0, 0x01, Vec::new(), None).unwrap();
        if let Some(reply) = world.ask(&mut session, &status, Tries::asking(Duration::from_secs(1))) {
            prop_assert_eq!(reply, Reply { completion: 0, data: vec![0x21, 0x10, 0x40] });
        }
        let reset = Request::new(0x00, 0, 0x02, vec![3], None).unwrap();
        let reply = world.ask(&mut session, &reset, Tries::once(Duration::from_mins(1)));
        prop_assert!(world.bmc.executed.len() <= 1);
        if let Some(reply) = reply {
            prop_assert_eq!((reply.completion, world.bmc.executed.len()), (0, 1));
        }
    }

    #[test]
    fn foreign_bytes_change_nothing(datagrams in proptest::collection::vec(foreign(), 1..20)) {
        let (now, mut random) = (Instant::now(), Pseudo(1));
        let (mut opening, _) = Opening::start(account(), terms(CipherSuite::Three), now, &mut random);
        let mut bmc = Bmc::new(3);
        let mut session = crate::open(&mut bmc, terms(CipherSuite::Three), account()).unwrap();
        let status = Request::new(0x00, 0, 0x01, Vec::new(), None).unwrap();
        let mut exchange = session.begin(&status, Tries::asking(Duration::from_secs(1)));
        for datagram in datagrams {
            drop(opening.receive(&datagram, now, &mut random));
            prop_assert!(matches!(session.receive(&mut exchange, &datagram), Received::Ignored(_)));
        }
    }
}

/// Any bytes, often behind headers that are nearly right.
fn foreign() -> impl Strategy<Value = Vec<u8>> {
    let headers = prop_oneof![
        Just(Vec::new()),
        Just(vec![6, 0, 0xFF, 7]),
        Just(vec![6, 0, 0xFF, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        (0x10_u8..0x16).prop_map(|kind| vec![6, 0, 0xFF, 7, 6, kind, 0, 0, 0, 0, 0, 0, 0, 0]),
        any::<[u8; 4]>().prop_map(|id| [&[6, 0, 0xFF, 7, 6, 0xC0], &id[..], &[1, 0, 0, 0]].concat()),
    ];
    (
        headers,
        any::<bool>(),
        proptest::collection::vec(any::<u8>(), 0..120),
    )
        .prop_map(|(mut datagram, counted, bytes)| {
            if counted {
                datagram.extend(u16::try_from(bytes.len()).unwrap().to_le_bytes());
            }
            datagram.extend(bytes);
            datagram
        })
}
