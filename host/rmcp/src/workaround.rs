//! Ways around known defects of BMCs, under the names that `FreeIPMI` and ipmitool gave them.

use std::fmt;

/// One way around a defect. Each is off unless an operator asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Workaround {
    /// The channel's authentication capabilities are not asked for: these BMCs do not answer that, or lock up (Asus, Intel, Sun).
    Authcap,
    /// Packets of a session that name no session are looked at, too; their integrity code still has to be right (Tyan).
    Idzero,
    /// The Intel 82571 hashes the privilege level without the bit that says how the user is looked up.
    I82571spt,
    /// Intel BMCs that leave out that bit in the third message of RAKP only.
    Intelplus,
    /// The checksums of IPMI messages are not checked (Supermicro X9); the integrity code of the packet is.
    Nochecksumcheck,
}

impl Workaround {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Authcap,
        Self::I82571spt,
        Self::Idzero,
        Self::Intelplus,
        Self::Nochecksumcheck,
    ];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Authcap => "authcap",
            Self::Idzero => "idzero",
            Self::I82571spt => "i82571spt",
            Self::Intelplus => "intelplus",
            Self::Nochecksumcheck => "nochecksumcheck",
        }
    }

    /// The one of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == name)
    }

    const fn bit(self) -> u8 {
        match self {
            Self::Authcap => 1,
            Self::Idzero => 2,
            Self::I82571spt => 4,
            Self::Intelplus => 8,
            Self::Nochecksumcheck => 16,
        }
    }
}

impl fmt::Display for Workaround {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A set of workarounds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Workarounds(u8);

impl Workarounds {
    /// Whether this one is asked for.
    pub const fn contains(self, workaround: Workaround) -> bool {
        self.0 & workaround.bit() != 0
    }
}

impl FromIterator<Workaround> for Workarounds {
    fn from_iter<I: IntoIterator<Item = Workaround>>(iter: I) -> Self {
        Self(
            iter.into_iter()
                .fold(0, |bits, workaround| bits | workaround.bit()),
        )
    }
}

impl fmt::Debug for Workarounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let chosen = Workaround::ALL.into_iter().filter(|one| self.contains(*one));
        f.debug_set().entries(chosen).finish()
    }
}
