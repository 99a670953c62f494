//! Component ids: xnames, ranges, folding and set operations.
//!
//! - [`Xname`] is the name that HPE's Hardware Management Services (HMS) give to a place in the machine,
//!   such as `x1000c0s0b0n0`; [`ComponentType`] says what stands there.
//! - [`Name`] is any name a component may have: an xname or a plain name such as `node001`.
//! - [`NameSet`] is a set of names, written and read the way `ClusterShell` does:
//!   `x1000c[0-7]s[0-7]b0n[0-1],node[001-100]!node050`.
//!
//! The crate does no I/O, and every limit on foreign text is a constant: [`XNAME_MAX_BYTES`],
//! [`NAME_MAX_BYTES`] and those in [`set`].

mod component_type;
mod grammar;
pub mod id;
pub mod name;
mod natural;
pub mod set;

pub use component_type::{ComponentType, UnknownComponentType};
pub use id::{Error, XNAME_MAX_BYTES, Xname};
pub use name::{NAME_MAX_BYTES, Name};
pub use natural::natural_cmp;
pub use set::NameSet;
