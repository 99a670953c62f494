//! RMCP+ (IPMI 2.0 over LAN, specification sections 12, 13 and 22) without I/O: bytes in, bytes out, timers out.
//!
//! An [`Opening`] asks a BMC for its capabilities, proves the account to it (RAKP) and sets the privilege level; it ends with a
//! [`Session`]. A session turns a [`Request`] into an [`Exchange`], an exchange into datagrams, and tells for each datagram that came
//! in whether it is the answer. Time is an argument, randomness comes through [`Random`]: nothing here waits, sends or guesses.
//!
//! How often a request may be sent is said by its [`Tries`], and by nothing else: [`Tries::once`] is one datagram.
//!
//! Secrets are wiped when dropped and compared in constant time. No input, whoever wrote it, makes this crate panic.

mod account;
mod bytes;
mod cipher;
mod mac;
mod message;
mod opening;
mod packet;
mod rakp;
mod random;
mod session;
mod status;
mod suite;
mod tries;
mod window;
mod workaround;

pub use account::{Account, AccountError, BmcKey, KEY_BYTES, USER_MAX_BYTES};
pub use message::{Bridge, Capabilities, DATA_MAX_BYTES, Reply, Request, RequestError};
pub use opening::{Kind, OpenError, Opening, Progress, Step, Terms};
pub use random::{NoRandomness, Random};
pub use session::{Exchange, Ignored, Received, Session};
pub use status::Status;
pub use suite::{CipherSuite, Privilege};
pub use tries::Tries;
pub use workaround::{Workaround, Workarounds};

/// The largest datagram that is looked at, in bytes. An IPMI message has at most 255 bytes of data, and RMCP+ adds less than 100.
pub const DATAGRAM_MAX_BYTES: usize = 1024;
