//! Asking again for a while: how long it has gone on is in the cache, since no call lives long enough.

use switchyard_driver_sdk::{Cause, Failure};

use crate::client::Client;

/// How often and for how long something that was refused is asked for again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// When to ask again, in milliseconds.
    pub(crate) wait_ms: u32,
    /// For how long, in milliseconds from the first refusal.
    pub(crate) for_ms: u32,
}

impl Patience {
    /// Makes a refusal one that passes, as long as the time has not run out since the first one about the same thing.
    pub(crate) fn ask_again(self, client: &Client<'_>, about: &str, refusal: Failure) -> Failure {
        let host = client.host();
        let key = format!("refused {about}");
        let now = host.now_ms();
        let first = host
            .cached(&key)
            .and_then(|bytes| String::from_utf8(bytes).ok()?.parse::<u64>().ok());
        match first {
            Some(first) if now.saturating_sub(first) >= u64::from(self.for_ms) => {
                return Failure {
                    text: format!(
                        "{} (refused for {} s although the state of power fits)",
                        refusal.text,
                        now.saturating_sub(first) / 1000
                    ),
                    ..refusal
                };
            }
            Some(_) => {}
            None => {
                let ttl_ms = self.for_ms.saturating_add(self.wait_ms.saturating_mul(2));
                host.cache(&key, now.to_string().as_bytes(), ttl_ms);
            }
        }
        Failure {
            cause: Cause::Busy,
            retry_after_ms: refusal.retry_after_ms.or(Some(self.wait_ms)),
            ..refusal
        }
    }
}
