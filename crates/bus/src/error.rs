//! What can go wrong on a bus.

use std::path::PathBuf;

use domain::event::TooLarge;

/// A call's outcome.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why the bus refused or failed; each `Display` is a sentence for a person.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The queue was never declared, or was deleted.
    #[error("The queue {0} does not exist.")]
    NoSuchQueue(String),
    /// The queue has as many messages as it may (`reject-publish`).
    #[error("The queue {queue} is full: it holds {limit} messages.")]
    QueueFull {
        /// Which.
        queue: String,
        /// Messages at most.
        limit: u64,
    },
    /// The event's data is larger than 1 MiB, or its attributes than 64 KiB.
    #[error("The event has {bytes} bytes; {limit} are allowed.")]
    TooLarge {
        /// Bytes of the part that is too large.
        bytes: usize,
        /// Bytes at most.
        limit: usize,
    },
    /// A binding pattern, queue name or setting makes no sense.
    #[error("{0}")]
    Invalid(String),
    /// The bus was closed.
    #[error("The event bus is shut down.")]
    Closed,
    /// Another process has the file open.
    #[error("The event bus file {0} is in use by another process.")]
    InUse(PathBuf),
    /// Reading or writing failed: disk full, folder not writable, file damaged.
    #[error("The event bus cannot use its file: {0}")]
    Storage(String),
    /// RabbitMQ does not answer, or refuses.
    #[error("{0}")]
    Unreachable(String),
    /// A URL that no backend serves.
    #[error("{0}")]
    Unsupported(String),
}

impl Error {
    /// Whether it is about what was sent, so that no other try will do.
    pub const fn is_permanent(&self) -> bool {
        matches!(self, Self::TooLarge { .. } | Self::Invalid(_) | Self::Unsupported(_))
    }
}

impl From<TooLarge> for Error {
    fn from(TooLarge { bytes, limit, .. }: TooLarge) -> Self {
        Self::TooLarge { bytes, limit }
    }
}
