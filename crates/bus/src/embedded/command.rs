//! What the handle asks of the thread.

use tokio::sync::oneshot::Sender;

use super::{encode::Encoded, write::Target};
use crate::{Consumer, QueueSpec, QueueStats, Result};

/// One request; each is answered once.
pub(super) enum Command {
    Publish { target: Target, event: Encoded, reply: Sender<Result<()>> },
    Declare { spec: Box<QueueSpec>, reply: Sender<Result<()>> },
    Delete { name: String, reply: Sender<Result<()>> },
    Consume { queue: String, prefetch: u16, reply: Sender<Result<Consumer>> },
    Stats { reply: Sender<Vec<QueueStats>> },
    Close { reply: Sender<()> },
}
