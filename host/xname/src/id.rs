//! The xname: the id of a place in the machine.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::component_type::ComponentType;
use crate::grammar;
use crate::natural::natural_cmp;

/// The longest xname that is accepted, in bytes; as long as any [`Name`](crate::Name).
pub const XNAME_MAX_BYTES: usize = crate::NAME_MAX_BYTES;

/// Why a text is no xname.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The text is longer than [`XNAME_MAX_BYTES`].
    #[error("an xname of {bytes} bytes is longer than {XNAME_MAX_BYTES}")]
    TooLong {
        /// The length of the text.
        bytes: usize,
    },
    /// No component of HMS is named so.
    #[error("{text:?} is not an xname: no component is named so from character {position} on")]
    Unrecognised {
        /// The whole text.
        text: String,
        /// The first character that does not fit, counted from 1.
        position: usize,
    },
}

/// The name of a place in the machine, such as `x1000c0s0b0n0`, kept exactly as it was written.
///
/// Xnames are ordered naturally: `x1000c0s9` comes before `x1000c0s10`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Xname {
    text: Arc<str>,
    component_type: ComponentType,
}

impl Xname {
    /// Reads an xname in lower case. Nothing is normalised: leading zeros stay where HMS allows them
    /// (`x0100`, `s01`), and name another component than the text without them.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.len() > XNAME_MAX_BYTES {
            return Err(Error::TooLong { bytes: text.len() });
        }
        match grammar::recognise(text) {
            Ok(component_type) => Ok(Self {
                text: text.into(),
                component_type,
            }),
            Err(offset) => Err(Error::Unrecognised {
                text: text.to_owned(),
                position: offset + 1,
            }),
        }
    }

    /// The xname as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What stands at this place.
    pub fn component_type(&self) -> ComponentType {
        self.component_type
    }

    /// The component around this one: `x1000c0s0b0` for `x1000c0s0b0n0`.
    ///
    /// Cabinets, coolant distribution units and the names outside the hierarchy (`s0`, `sms1`, `p0.1`,
    /// `all`) have none; `s0`, which HMS puts above cabinets, is left out because nothing is switched there.
    pub fn parent(&self) -> Option<Self> {
        let above = self.text.trim_end_matches(|c: char| c.is_ascii_digit());
        let above = above.strip_suffix(|c: char| c.is_ascii_lowercase())?;
        grammar::recognise(above).ok().map(|component_type| Self {
            text: above.into(),
            component_type,
        })
    }

    /// The components around this one, from the nearest outwards.
    pub fn ancestors(&self) -> impl Iterator<Item = Self> + use<> {
        std::iter::successors(self.parent(), Self::parent)
    }

    /// Whether `other` stands somewhere inside this component. No component is its own ancestor.
    pub fn is_ancestor_of(&self, other: &Self) -> bool {
        other
            .text
            .strip_prefix(&*self.text)
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase()))
    }

    /// The controller that the Power Control Service looks up for this component: the nearest
    /// `ChassisBMC`, `RouterBMC`, `NodeBMC` or `CabinetPDUController` among itself and its ancestors.
    ///
    /// Chassis, blades and management switches have none above them; for those the inventory names it.
    pub fn controller(&self) -> Option<Self> {
        std::iter::once(self.clone())
            .chain(self.ancestors())
            .find(|x| x.component_type.is_controller())
    }
}

impl fmt::Display for Xname {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl fmt::Debug for Xname {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Xname({})", self.text)
    }
}

impl FromStr for Xname {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}

impl AsRef<str> for Xname {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

impl Ord for Xname {
    fn cmp(&self, other: &Self) -> Ordering {
        natural_cmp(&self.text, &other.text)
    }
}

impl PartialOrd for Xname {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
