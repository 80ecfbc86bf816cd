//! Why a process could not be started at all.

use std::io;

/// Failures of the launcher. A command that does not exist is not one: that is
/// [`Exit::NotStarted`](crate::Exit::NotStarted), told by the child.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The spec could not be handed to the child.
    #[error("cannot hand the process description over: {0}")]
    HandOver(io::Error),
    /// Our own binary could not be executed, or the machine has no more processes or memory.
    #[error("cannot start the sandbox: {0}")]
    Spawn(io::Error),
    /// A writable folder is not there or cannot be given to the sandbox's user.
    #[error("cannot prepare {path}: {cause}")]
    Folder {
        /// The folder of the spec.
        path: String,
        /// What the file system said.
        cause: io::Error,
    },
}
