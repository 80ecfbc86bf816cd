//! Formats, told by their first bytes and never by the file's name.

use std::io::{Read, Seek, SeekFrom};

use crate::{ArchiveError, Result};

/// A format that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `.zip`
    Zip,
    /// `.tar`
    Tar,
    /// `.tar.gz`
    TarGz,
    /// `.tar.zst`
    TarZst,
}

impl Format {
    /// The usual ending of a file's name, without the first dot.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Zip => "zip",
            Self::Tar => "tar",
            Self::TarGz => "tar.gz",
            Self::TarZst => "tar.zst",
        }
    }

    /// Of these first bytes; 512 are enough.
    pub fn of(start: &[u8]) -> Option<Self> {
        if start.starts_with(b"PK\x03\x04") || start.starts_with(b"PK\x05\x06") {
            Some(Self::Zip)
        } else if start.starts_with(&[0x1f, 0x8b]) {
            Some(Self::TarGz)
        } else if start.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
            Some(Self::TarZst)
        } else if start.get(257..262) == Some(b"ustar") {
            Some(Self::Tar)
        } else {
            None
        }
    }
}

/// Reads the first bytes and goes back to the start; also tells the length.
pub(crate) fn detect<R: Read + Seek>(reader: &mut R) -> Result<(Format, u64)> {
    let length = reader.seek(SeekFrom::End(0)).map_err(ArchiveError::Io)?;
    reader.rewind().map_err(ArchiveError::Io)?;
    let mut start = Vec::with_capacity(512);
    reader.by_ref().take(512).read_to_end(&mut start).map_err(ArchiveError::Io)?;
    reader.rewind().map_err(ArchiveError::Io)?;
    match Format::of(&start) {
        Some(format) => Ok((format, length)),
        None if length == 0 => Err(ArchiveError::Empty),
        None => Err(ArchiveError::Format),
    }
}
