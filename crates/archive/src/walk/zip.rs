//! zip.

use std::io::{self, Read, Seek, SeekFrom};

use zip::result::ZipError;

use super::{Gate, Kind};
use crate::meter::plain;
use crate::{ArchiveError, Result};

/// The type of a Unix mode.
const KIND_MASK: u32 = 0o170_000;

pub(super) fn walk<R: Read + Seek>(mut reader: R, gate: &mut Gate<'_, '_>) -> Result<()> {
    let told = entries_told(&mut reader).map_err(ArchiveError::Io)?;
    // Before the list is read into memory.
    if told.is_none_or(|told| told > gate.limits.entries) {
        return Err(match told {
            Some(_) => ArchiveError::TooManyFiles { max: gate.limits.entries },
            None => ArchiveError::Damaged("its end is missing".to_owned()),
        });
    }
    let mut archive = zip::ZipArchive::new(reader).map_err(|error| reason(error, gate))?;
    // The list is a map by name there: of entries with one name only the last is left.
    let doubled = told.is_some_and(|told| told > archive.len() as u64);
    for index in 0..archive.len() {
        gate.count()?;
        let file = archive.by_index(index).map_err(|error| reason(error, gate))?;
        if file.encrypted() {
            return Err(ArchiveError::Encrypted);
        }
        let name = match file.name() {
            Ok(name) => name.into_owned(),
            Err(error) => return Err(reason(error, gate)),
        };
        let mode = file.unix_mode().unwrap_or(0);
        let kind = match mode & KIND_MASK {
            0o120_000 => Kind::Link,
            0 | 0o100_000 | 0o040_000 if name.ends_with('/') => Kind::Folder,
            0 | 0o100_000 => Kind::File,
            0o040_000 => Kind::Folder,
            _ => Kind::Device,
        };
        let mut metered = gate.meter.clone().around(file);
        gate.entry(&name, kind, mode & 0o111 != 0, &mut metered)?;
    }
    if doubled {
        return Err(ArchiveError::Duplicate("of another entry".to_owned()));
    }
    Ok(())
}

fn reason(error: ZipError, gate: &Gate<'_, '_>) -> ArchiveError {
    match error {
        ZipError::Io(error) => gate.meter.reason(&error),
        ZipError::InvalidPassword => ArchiveError::Encrypted,
        ZipError::UnsupportedArchive(text) if text == ZipError::PASSWORD_REQUIRED => ArchiveError::Encrypted,
        other => ArchiveError::Damaged(plain(&other.to_string())),
    }
}

/// The number of entries in the record at the end; as many as there can be for the 64-bit format,
/// which no archive within the limits needs. `None` without that record.
fn entries_told<R: Read + Seek>(reader: &mut R) -> io::Result<Option<u64>> {
    const RECORD: usize = 22;
    let length = reader.seek(SeekFrom::End(0))?;
    let tail = length.min(RECORD as u64 + 0xffff);
    reader.seek(SeekFrom::End(-(tail as i64)))?;
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes)?;
    reader.rewind()?;
    let starts = (0..bytes.len().saturating_sub(RECORD - 1)).rev();
    let found = starts.map(|at| &bytes[at..at + RECORD]).find(|record| record.starts_with(b"PK\x05\x06"));
    Ok(found.map(|record| {
        let told = u16::from_le_bytes([record[10], record[11]]);
        if told == u16::MAX { u64::MAX } else { u64::from(told) }
    }))
}
