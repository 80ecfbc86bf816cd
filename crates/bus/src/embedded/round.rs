//! What one turn of the loop takes on.

use domain::deadletter::{Attempt, FailureKind};
use tokio::sync::oneshot;

use super::{command::Command, encode::Encoded, tables::Place, write::Target};
use crate::Result;

/// Requests in one transaction at most.
const BATCH: usize = 1024;
/// Bytes of events in one transaction at most.
const BATCH_BYTES: usize = 8 * 1024 * 1024;

/// A request that changes the file.
pub(super) enum Write {
    Publish { target: Target, event: Encoded, reply: oneshot::Sender<Result<()>> },
    Ack { place: Place, reply: oneshot::Sender<Result<()>> },
    Fail { place: Place, attempt: Attempt, kind: FailureKind, reply: Option<oneshot::Sender<Result<()>>> },
}

/// What one turn of the loop does.
#[derive(Default)]
pub(super) struct Round {
    pub writes: Vec<Write>,
    bytes: usize,
    /// Ends the turn: it is done after the writes before it.
    pub control: Option<Command>,
}

impl Round {
    pub(super) fn open(&self) -> bool {
        self.control.is_none() && self.writes.len() < BATCH && self.bytes < BATCH_BYTES
    }

    pub(super) fn take(&mut self, command: Command) {
        match command {
            Command::Publish { target, event, reply } => {
                self.bytes += event.body.len();
                self.writes.push(Write::Publish { target, event, reply });
            }
            other => self.control = Some(other),
        }
    }
}
