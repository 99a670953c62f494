//! The fleet as it is, and as it changes.

use switchyard_wire::v2::stream::{DELTA, SNAPSHOT};
use switchyard_wire::v2::{Cells, FleetDelta, FleetSnapshot};

use crate::error::Error;
use crate::server::{Frame, Server};

/// What a frame tells.
#[derive(Debug)]
pub(crate) enum News {
    /// Every component.
    Snapshot(FleetSnapshot),
    /// Those that look different.
    Delta(FleetDelta),
}

impl News {
    /// Reads a frame; none when it is of a kind that came later.
    pub(crate) fn read(frame: &Frame) -> Result<Option<Self>, Error> {
        match frame.event.as_str() {
            SNAPSHOT => serde_json::from_str(&frame.data).map(Self::Snapshot).map(Some),
            DELTA => serde_json::from_str(&frame.data).map(Self::Delta).map(Some),
            _ => Ok(None),
        }
        .map_err(Error::Foreign)
    }
}

/// Every component with what a screen shows of it, now.
pub(crate) async fn snapshot(server: &Server) -> Result<Vec<(String, Cells)>, Error> {
    let mut frames = server.fleet_stream().await?;
    while let Some(frame) = frames.next().await? {
        if let Some(News::Snapshot(snapshot)) = News::read(&frame)? {
            return Ok(snapshot.rows.into_iter().map(|row| (row.id, row.cells)).collect());
        }
    }
    Ok(Vec::new())
}
