//! `GET /v2/fleet/stream`: the fleet for screens.
//!
//! A row is an array: in a snapshot the values of [`COLUMNS`], in a delta the index of the component in the last snapshot and then the
//! values of the columns after the first.

use std::collections::BTreeMap;

use serde::ser::SerializeTuple;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The name of the frame with every component.
pub const SNAPSHOT: &str = "snapshot";
/// The name of the frame with the components that look different.
pub const DELTA: &str = "delta";

/// What the values of a row mean, in their order.
pub const COLUMNS: [&str; 11] = [
    "id",
    "state",
    "available",
    "desired",
    "operation",
    "phase",
    "transition",
    "by",
    "waiting",
    "observedAt",
    "flags",
];

/// A frame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(untagged)]
pub enum FleetFrame {
    /// [`SNAPSHOT`].
    Snapshot(FleetSnapshot),
    /// [`DELTA`].
    Delta(FleetDelta),
}

/// Every component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FleetSnapshot {
    /// [`COLUMNS`].
    pub columns: Vec<String>,
    /// The components in order of id.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Vec<serde_json::Value>>))]
    pub rows: Vec<SnapshotRow>,
    /// What each component is, in the order of the rows: `node`, `chassis`, `module`, `router`, `controller`, `outlet`, `network-switch`
    /// or `other`.
    #[serde(default)]
    pub kinds: Vec<String>,
    /// The groups of the inventory, in order of name.
    #[serde(default)]
    pub groups: Vec<FleetGroup>,
    /// All components together.
    pub counts: FleetCounts,
    /// When this was so.
    pub at: String,
}

/// A group of the inventory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FleetGroup {
    /// Its name.
    pub name: String,
    /// The indexes of its members in the rows of the snapshot, in order.
    pub members: Vec<usize>,
}

/// The components that look different from the last frame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FleetDelta {
    /// The components in order of index.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Vec<serde_json::Value>>))]
    pub rows: Vec<DeltaRow>,
    /// All components together.
    pub counts: FleetCounts,
    /// When this was so.
    pub at: String,
}

/// How many components stand how.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FleetCounts {
    /// All of them.
    pub total: usize,
    /// Those that are on.
    pub on: usize,
    /// Those that are off.
    pub off: usize,
    /// Those whose state is not known.
    pub unknown: usize,
    /// Those in any other state.
    pub other: usize,
    /// Those whose controller does not answer.
    pub unavailable: usize,
    /// Those with a task.
    pub busy: usize,
    /// Tasks that wait behind another.
    pub waiting: usize,
    /// Those with a task, by the phase of that task.
    pub phases: BTreeMap<String, usize>,
}

/// A component as a screen shows it, without what names it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cells {
    /// The last state that was read, `unknown` when it is not known.
    pub state: String,
    /// Whether its controller answers.
    pub available: bool,
    /// The state that the last accepted operation wants: `on` or `off`.
    pub desired: Option<String>,
    /// The operation of the task in front of its line.
    pub operation: Option<String>,
    /// Where that task stands.
    pub phase: Option<String>,
    /// The transition of that task.
    pub transition: Option<String>,
    /// Who asked for it.
    pub by: Option<String>,
    /// How many tasks wait behind it.
    pub waiting: usize,
    /// When the last good reading was made, in milliseconds since the Unix epoch.
    pub observed_at: Option<i64>,
    /// What is out of the ordinary: `drift`, `held`, `uncertain`, `flip-flop`, `endpoint-open`, `failed`.
    pub flags: Vec<String>,
}

/// A component in a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotRow {
    /// Its id.
    pub id: String,
    /// What is shown of it.
    pub cells: Cells,
}

/// A component in a delta.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeltaRow {
    /// Its index in the rows of the last snapshot.
    pub index: usize,
    /// What is shown of it.
    pub cells: Cells,
}

impl Serialize for SnapshotRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        write(serializer, &self.id, &self.cells)
    }
}

impl Serialize for DeltaRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        write(serializer, &self.index, &self.cells)
    }
}

impl<'de> Deserialize<'de> for SnapshotRow {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (id, cells) = read(deserializer)?;
        Ok(Self { id, cells })
    }
}

impl<'de> Deserialize<'de> for DeltaRow {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (index, cells) = read(deserializer)?;
        Ok(Self { index, cells })
    }
}

fn write<S: Serializer, N: Serialize>(serializer: S, name: &N, cells: &Cells) -> Result<S::Ok, S::Error> {
    let mut row = serializer.serialize_tuple(COLUMNS.len())?;
    row.serialize_element(name)?;
    row.serialize_element(&cells.state)?;
    row.serialize_element(&cells.available)?;
    row.serialize_element(&cells.desired)?;
    row.serialize_element(&cells.operation)?;
    row.serialize_element(&cells.phase)?;
    row.serialize_element(&cells.transition)?;
    row.serialize_element(&cells.by)?;
    row.serialize_element(&cells.waiting)?;
    row.serialize_element(&cells.observed_at)?;
    row.serialize_element(&cells.flags)?;
    row.end()
}

/// The values of a row in the order of the columns.
#[derive(Deserialize)]
struct Values<N>(
    N,
    String,
    bool,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    usize,
    Option<i64>,
    Vec<String>,
);

fn read<'de, D: Deserializer<'de>, N: Deserialize<'de>>(deserializer: D) -> Result<(N, Cells), D::Error> {
    let Values(
        name,
        state,
        available,
        desired,
        operation,
        phase,
        transition,
        by,
        waiting,
        observed_at,
        flags,
    ) = Values::deserialize(deserializer)?;
    let cells = Cells {
        state,
        available,
        desired,
        operation,
        phase,
        transition,
        by,
        waiting,
        observed_at,
        flags,
    };
    Ok((name, cells))
}
