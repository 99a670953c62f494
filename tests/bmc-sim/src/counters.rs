//! What a BMC counts.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use http::Method;
use serde::Serialize;

use crate::fault::RequestKind;

/// What a BMC, or a whole fleet, has counted since the start or the last reset of the counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    /// Accepted connections.
    pub connections: u64,
    /// Completed TLS handshakes.
    pub tls_handshakes: u64,
    /// GET and HEAD requests.
    pub gets: u64,
    /// POST requests.
    pub posts: u64,
    /// Requests with other methods.
    pub other_requests: u64,
    /// Steps of setting up IPMI sessions, presence pings included.
    pub ipmi_steps: u64,
    /// IPMI commands that only read.
    pub ipmi_reads: u64,
    /// IPMI commands that act: Chassis Control and resets of the BMC.
    pub ipmi_actions: u64,
    /// Other IPMI commands: levels, settings, the ends of sessions.
    pub ipmi_others: u64,
    /// Requests with a wrong or missing password.
    pub auth_failures: u64,
    /// Requests on connections that had been closed silently.
    pub cuts: u64,
    /// Resets executed by systems, chassis and manager.
    pub executed: u64,
    /// The most requests in work at the same time, at one BMC.
    pub max_in_flight: u32,
}

impl Counts {
    /// Adds a BMC's counts to a fleet's.
    pub(crate) fn add(&mut self, other: &Self) {
        self.connections += other.connections;
        self.tls_handshakes += other.tls_handshakes;
        self.gets += other.gets;
        self.posts += other.posts;
        self.other_requests += other.other_requests;
        self.ipmi_steps += other.ipmi_steps;
        self.ipmi_reads += other.ipmi_reads;
        self.ipmi_actions += other.ipmi_actions;
        self.ipmi_others += other.ipmi_others;
        self.auth_failures += other.auth_failures;
        self.cuts += other.cuts;
        self.executed += other.executed;
        self.max_in_flight = self.max_in_flight.max(other.max_in_flight);
    }
}

/// The live form of [`Counts`].
#[derive(Debug, Default)]
pub(crate) struct Counters {
    connections: AtomicU64,
    tls_handshakes: AtomicU64,
    gets: AtomicU64,
    posts: AtomicU64,
    other_requests: AtomicU64,
    ipmi_steps: AtomicU64,
    ipmi_reads: AtomicU64,
    ipmi_actions: AtomicU64,
    ipmi_others: AtomicU64,
    auth_failures: AtomicU64,
    cuts: AtomicU64,
    executed: AtomicU64,
    in_flight: AtomicU32,
    max_in_flight: AtomicU32,
}

impl Counters {
    pub(crate) fn connection(&self) {
        self.connections.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn tls_handshake(&self) {
        self.tls_handshakes.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn auth_failure(&self) {
        self.auth_failures.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts an IPMI datagram that was understood.
    pub(crate) fn ipmi(&self, kind: RequestKind) {
        let counter = match kind {
            RequestKind::Session => &self.ipmi_steps,
            RequestKind::PowerReading | RequestKind::OtherRead => &self.ipmi_reads,
            RequestKind::Action => &self.ipmi_actions,
            RequestKind::Setting | RequestKind::Other => &self.ipmi_others,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn cut(&self) {
        self.cuts.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn executed(&self) {
        self.executed.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a request, which is in flight until the guard is dropped.
    pub(crate) fn request(&self, method: &Method) -> InFlight<'_> {
        let counter = match *method {
            Method::GET | Method::HEAD => &self.gets,
            Method::POST => &self.posts,
            _ => &self.other_requests,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        let now = self.in_flight.fetch_add(1, Ordering::AcqRel) + 1;
        self.max_in_flight.fetch_max(now, Ordering::AcqRel);
        InFlight(self)
    }

    pub(crate) fn counts(&self) -> Counts {
        Counts {
            connections: self.connections.load(Ordering::Relaxed),
            tls_handshakes: self.tls_handshakes.load(Ordering::Relaxed),
            gets: self.gets.load(Ordering::Relaxed),
            posts: self.posts.load(Ordering::Relaxed),
            other_requests: self.other_requests.load(Ordering::Relaxed),
            ipmi_steps: self.ipmi_steps.load(Ordering::Relaxed),
            ipmi_reads: self.ipmi_reads.load(Ordering::Relaxed),
            ipmi_actions: self.ipmi_actions.load(Ordering::Relaxed),
            ipmi_others: self.ipmi_others.load(Ordering::Relaxed),
            auth_failures: self.auth_failures.load(Ordering::Relaxed),
            cuts: self.cuts.load(Ordering::Relaxed),
            executed: self.executed.load(Ordering::Relaxed),
            max_in_flight: self.max_in_flight.load(Ordering::Acquire),
        }
    }

    /// Starts over; requests in flight stay in flight.
    pub(crate) fn reset(&self) {
        let counters = [
            &self.connections,
            &self.tls_handshakes,
            &self.gets,
            &self.posts,
            &self.other_requests,
            &self.ipmi_steps,
            &self.ipmi_reads,
            &self.ipmi_actions,
            &self.ipmi_others,
            &self.auth_failures,
            &self.cuts,
            &self.executed,
        ];
        for counter in counters {
            counter.store(0, Ordering::Relaxed);
        }
        self.max_in_flight
            .store(self.in_flight.load(Ordering::Acquire), Ordering::Release);
    }
}

/// A request in flight.
#[derive(Debug)]
pub(crate) struct InFlight<'a>(&'a Counters);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::AcqRel);
    }
}
