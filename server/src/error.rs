//! Why the server does not start, each with a sentence and an exit code.

use std::{net::SocketAddr, path::PathBuf};

/// Result of start-up.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why the process ends; the `Display` is the sentence that a person reads.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Flags, variables or file.
    #[error("{0}")]
    Config(String),
    /// The address is taken.
    #[error("{address} is in use by another program: stop it, or set {variable} to a free address.")]
    PortInUse {
        /// Which address.
        address: SocketAddr,
        /// The variable that sets it.
        variable: &'static str,
    },
    /// The data folder can not be written.
    #[error("The data folder {} can not be written: {cause}. Choose another one with KL_DATA_DIR.", folder.display())]
    DataFolder {
        /// Which.
        folder: PathBuf,
        /// The system's words.
        cause: std::io::Error,
    },
    /// The file system is full.
    #[error("There is no space left for the data folder {}: free some, then start again. Nothing was lost.", .0.display())]
    DiskFull(PathBuf),
    /// Another server runs on the same folder.
    #[error("Another knative-lambda server uses the data folder {}: stop it, or choose another folder with KL_DATA_DIR.", .0.display())]
    InUse(PathBuf),
    /// A part did not start.
    #[error("{what} did not start: {cause}")]
    Part {
        /// Which part.
        what: &'static str,
        /// Its words.
        cause: String,
    },
    /// A command could not reach the server, or was refused.
    #[error("{0}")]
    Command(String),
}

impl Error {
    /// A part that did not start.
    pub fn part(what: &'static str) -> impl Fn(&dyn std::fmt::Display) -> Self {
        move |cause| Self::Part { what, cause: cause.to_string() }
    }

    /// Exit code: those of sysexits where one fits.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Config(_) => 78,
            Self::PortInUse { .. } => 69,
            Self::DataFolder { .. } => 73,
            Self::DiskFull(_) => 74,
            Self::InUse(_) => 75,
            Self::Part { .. } => 70,
            Self::Command(_) => 1,
        }
    }
}
