//! What is known about a changing request that left, or did not leave, the host.
//!
//! These facts come from the host's permit alone, never from a driver.

use serde::{Deserialize, Serialize};

/// How far a changing request got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "delivery", rename_all = "kebab-case")]
pub enum Delivery {
    /// Not one byte of it left: refused before sending, or no connection came about.
    NotSent,
    /// Some or all of it left and no answer came back.
    MaybeSent,
    /// The BMC answered.
    Answered {
        /// The HTTP status, or the protocol's own code.
        status: u16,
        /// What the answer proves about execution.
        executed: Executed,
    },
}

/// What an answer proves about execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Executed {
    /// The answer proves that the request was not executed.
    No,
    /// The BMC said yes; what became of it is for readings to show.
    Accepted,
    /// The answer leaves it open.
    Unknown,
}

impl Delivery {
    /// The delivery that an HTTP answer of this status stands for.
    ///
    /// 4xx answers refuse the request; 408 and 429-like time-outs in a proxy stay open, as does every 5xx except 501 and 505. 307 and 308
    /// ask for the same request at another place (RFC 9110, sections 15.4.8 and 15.4.9), so that here it was not executed.
    pub fn of_http_status(status: u16) -> Self {
        let executed = match status {
            200..=299 => Executed::Accepted,
            408 => Executed::Unknown,
            307 | 308 | 400..=499 | 501 | 505 => Executed::No,
            _ => Executed::Unknown,
        };
        Self::Answered { status, executed }
    }

    /// The delivery that an IPMI answer with this completion code stands for (IPMI 2.0, table 5-2).
    ///
    /// What refuses the request as it stands, or says that the BMC is busy or not ready, proves that nothing was done. A timeout, a lack of
    /// space, an answer that could not be given, the codes of single commands and of manufacturers, and "unspecified" stay open.
    pub fn of_ipmi_completion(completion: u8) -> Self {
        let executed = match completion {
            0x00 => Executed::Accepted,
            // Busy; unknown command; wrong unit; reservation lost; wrong length, parameter, sensor, field or record.
            0xC0..=0xC2 | 0xC5..=0xC9 | 0xCB..=0xCD
            // Firmware update, initialisation, no way to the destination, privilege, state, sub-function off.
            | 0xD1..=0xD6 => Executed::No,
            _ => Executed::Unknown,
        };
        Self::Answered {
            status: u16::from(completion),
            executed,
        }
    }

    /// Whether the BMC accepted the request.
    pub fn is_accepted(self) -> bool {
        matches!(
            self,
            Self::Answered {
                executed: Executed::Accepted,
                ..
            }
        )
    }

    /// Whether it is proven that nothing was executed.
    pub fn proves_not_executed(self) -> bool {
        matches!(
            self,
            Self::NotSent
                | Self::Answered {
                    executed: Executed::No,
                    ..
                }
        )
    }
}

/// Whether an HTTP status gives the send back to the permit: the request was refused before its meaning was looked at, so that the
/// same permit may spend itself again (with credentials, at another path, without a condition).
pub fn gives_the_send_back(status: u16) -> bool {
    matches!(status, 401 | 404 | 405 | 412)
}

/// Whether a completion code gives the send back to the permit: the BMC did not know the command, or refused its form, so that the same
/// permit may spend itself on another form.
pub fn completion_gives_the_send_back(completion: u8) -> bool {
    matches!(completion, 0xC1 | 0xC2 | 0xC7 | 0xC8 | 0xCC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_refusals_prove_non_execution() {
        for status in [307, 308, 400, 401, 403, 404, 405, 409, 412, 429, 501] {
            assert!(Delivery::of_http_status(status).proves_not_executed(), "{status}");
        }
        for status in [200, 202, 204, 301, 302, 303, 408, 500, 502, 503, 504] {
            assert!(
                !Delivery::of_http_status(status).proves_not_executed(),
                "{status}"
            );
        }
        assert!(Delivery::NotSent.proves_not_executed());
        assert!(!Delivery::MaybeSent.proves_not_executed());
        assert!(Delivery::of_http_status(204).is_accepted());
        assert!(!Delivery::of_http_status(503).is_accepted());
    }

    #[test]
    fn only_some_completion_codes_prove_non_execution() {
        let delivery = Delivery::of_ipmi_completion;
        for code in [0xC0, 0xC1, 0xC2, 0xC7, 0xCC, 0xD1, 0xD2, 0xD3, 0xD4, 0xD5] {
            assert!(delivery(code).proves_not_executed(), "{code:02x}h");
        }
        for code in [0x00, 0x01, 0x80, 0xC3, 0xC4, 0xCE, 0xCF, 0xD0, 0xD7, 0xFF] {
            assert!(!delivery(code).proves_not_executed(), "{code:02x}h");
        }
        let accepted = (0..=u8::MAX).filter(|code| delivery(*code).is_accepted());
        assert_eq!(accepted.collect::<Vec<_>>(), [0]);
        let back = (0..=u8::MAX).filter(|code| completion_gives_the_send_back(*code));
        assert!(back.map(delivery).all(Delivery::proves_not_executed));
    }
}
