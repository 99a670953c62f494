//! The status codes of RMCP+ and RAKP messages (table 13-15).

use std::fmt;

/// Why a BMC refuses to go on with the opening of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// 01: insufficient resources to create a session.
    NoResources,
    /// 02: invalid session id.
    SessionId,
    /// 03: invalid payload type.
    PayloadType,
    /// 04: invalid authentication algorithm.
    Authentication,
    /// 05: invalid integrity algorithm.
    Integrity,
    /// 06: no matching authentication payload.
    AuthenticationPayload,
    /// 07: no matching integrity payload.
    IntegrityPayload,
    /// 08: inactive session id.
    InactiveSession,
    /// 09: invalid role.
    Role,
    /// 0A: unauthorized role or privilege level requested.
    UnauthorizedRole,
    /// 0B: insufficient resources to create a session at the requested role.
    NoResourcesForRole,
    /// 0C: invalid name length.
    NameLength,
    /// 0D: unauthorized name.
    UnauthorizedName,
    /// 0E: unauthorized GUID.
    UnauthorizedGuid,
    /// 0F: invalid integrity check value.
    IntegrityCheck,
    /// 10: invalid confidentiality algorithm.
    Confidentiality,
    /// 11: no cipher suite match with the proposed security algorithms.
    NoSuite,
    /// 12: illegal or unrecognized parameter.
    Parameter,
    /// Any other.
    Other(u8),
}

impl Status {
    /// The status of this code; zero is none.
    pub(crate) const fn of(code: u8) -> Option<Self> {
        Some(match code {
            0x00 => return None,
            0x01 => Self::NoResources,
            0x02 => Self::SessionId,
            0x03 => Self::PayloadType,
            0x04 => Self::Authentication,
            0x05 => Self::Integrity,
            0x06 => Self::AuthenticationPayload,
            0x07 => Self::IntegrityPayload,
            0x08 => Self::InactiveSession,
            0x09 => Self::Role,
            0x0A => Self::UnauthorizedRole,
            0x0B => Self::NoResourcesForRole,
            0x0C => Self::NameLength,
            0x0D => Self::UnauthorizedName,
            0x0E => Self::UnauthorizedGuid,
            0x0F => Self::IntegrityCheck,
            0x10 => Self::Confidentiality,
            0x11 => Self::NoSuite,
            0x12 => Self::Parameter,
            other => Self::Other(other),
        })
    }

    /// The code.
    pub const fn code(self) -> u8 {
        match self {
            Self::NoResources => 0x01,
            Self::SessionId => 0x02,
            Self::PayloadType => 0x03,
            Self::Authentication => 0x04,
            Self::Integrity => 0x05,
            Self::AuthenticationPayload => 0x06,
            Self::IntegrityPayload => 0x07,
            Self::InactiveSession => 0x08,
            Self::Role => 0x09,
            Self::UnauthorizedRole => 0x0A,
            Self::NoResourcesForRole => 0x0B,
            Self::NameLength => 0x0C,
            Self::UnauthorizedName => 0x0D,
            Self::UnauthorizedGuid => 0x0E,
            Self::IntegrityCheck => 0x0F,
            Self::Confidentiality => 0x10,
            Self::NoSuite => 0x11,
            Self::Parameter => 0x12,
            Self::Other(code) => code,
        }
    }

    /// Whether another cipher suite may be what the BMC wants: BMCs word that in many ways, also as a want of resources.
    pub(crate) const fn may_mean_the_suite(self) -> bool {
        matches!(
            self,
            Self::NoResources
                | Self::Authentication
                | Self::UnauthorizedRole
                | Self::NoSuite
                | Self::Parameter
        )
    }

    const fn words(self) -> &'static str {
        match self {
            Self::NoResources => "insufficient resources to create a session",
            Self::SessionId => "invalid session id",
            Self::PayloadType => "invalid payload type",
            Self::Authentication => "invalid authentication algorithm",
            Self::Integrity => "invalid integrity algorithm",
            Self::AuthenticationPayload => "no matching authentication payload",
            Self::IntegrityPayload => "no matching integrity payload",
            Self::InactiveSession => "inactive session id",
            Self::Role => "invalid role",
            Self::UnauthorizedRole => "unauthorized role or privilege level requested",
            Self::NoResourcesForRole => "insufficient resources to create a session at the requested role",
            Self::NameLength => "invalid name length",
            Self::UnauthorizedName => "unauthorized name",
            Self::UnauthorizedGuid => "unauthorized GUID",
            Self::IntegrityCheck => "invalid integrity check value",
            Self::Confidentiality => "invalid confidentiality algorithm",
            Self::NoSuite => "no cipher suite match with the proposed security algorithms",
            Self::Parameter => "illegal or unrecognized parameter",
            Self::Other(_) => "a status that the specification does not have",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02x}h, {}", self.code(), self.words())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_comes_back() {
        assert_eq!(Status::of(0), None);
        for code in 1..=u8::MAX {
            assert_eq!(Status::of(code).unwrap().code(), code);
        }
    }
}
