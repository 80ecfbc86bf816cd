//! How much an archive may hold.

use std::time::Duration;

/// Upper bounds; the default is the contract of the platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the archive.
    pub packed: u64,
    /// Bytes of all files together.
    pub unpacked: u64,
    /// Files and folders together.
    pub entries: u64,
    /// Unpacked bytes per packed byte, once a megabyte came out.
    pub ratio: u64,
    /// Folders in each other.
    pub depth: usize,
    /// Time for all of it.
    pub time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            packed: 50 << 20,
            unpacked: 250 << 20,
            entries: 10_000,
            ratio: 100,
            depth: 32,
            time: Duration::from_mins(1),
        }
    }
}
