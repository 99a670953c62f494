//! The real programs together: what the end-to-end tests and the benchmark share.
#![expect(clippy::panic, reason = "a test that cannot go on has failed, and says why")]

pub mod client;
pub mod crowd;
pub mod door;
pub mod installation;
pub mod peer;
pub mod program;
pub mod site;
pub mod stream;

pub use client::{Client, transition_body};
pub use crowd::Crowd;
pub use installation::{Installation, Service, Settings, free_address};
pub use peer::Peer;
pub use stream::{Frame, Stream};

use std::time::Duration;

/// Whether the long tests were asked for.
pub fn long() -> bool {
    std::env::var_os("SWITCHYARD_LONG").is_some_and(|value| value == "1")
}

/// Asks until the answer is something, and fails with what was waited for.
pub async fn eventually<T, F>(what: &str, within: Duration, mut ask: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    let deadline = tokio::time::Instant::now() + within;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(
            tokio::time::Instant::now() < deadline,
            "within {within:?} it never came that {what}"
        );
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
}
