//! Every entry of an archive, checked, in the order of the archive.

mod tar;
mod zip;

use std::io::{self, Read, Seek};

use crate::format::{self, Format};
use crate::meter::Meter;
use crate::path::{self, Seen};
use crate::{ArchiveError, Limits, Result};

/// A checked entry.
pub(crate) struct Item {
    /// Relative, plain.
    pub(crate) path: String,
    pub(crate) folder: bool,
    pub(crate) executable: bool,
}

/// What an entry is, as its format says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    File,
    Folder,
    Link,
    Device,
}

/// Gets every entry; what it does not read is read and counted afterwards. An error of the machine
/// is told as [`ArchiveError::Io`]; the reader's own errors are handed on as they are.
pub(crate) type Visit<'a> = dyn FnMut(&Item, &mut dyn Read) -> io::Result<()> + 'a;

/// Files that packing programs add on their own.
fn is_clutter(path: &str) -> bool {
    path == "__MACOSX" || path.starts_with("__MACOSX/") || path.rsplit('/').next() == Some(".DS_Store")
}

/// Walks through the archive and tells its format.
pub(crate) fn walk<R: Read + Seek>(mut reader: R, limits: &Limits, visit: &mut Visit<'_>) -> Result<Format> {
    let (format, length) = format::detect(&mut reader)?;
    if length > limits.packed {
        return Err(ArchiveError::TooLargePacked { max: limits.packed });
    }
    let mut gate = Gate {
        limits,
        meter: Meter::new(limits, length),
        seen: Seen::default(),
        entries: 0,
        files: 0,
        visit,
    };
    match format {
        Format::Zip => zip::walk(reader, &mut gate)?,
        Format::Tar => tar::walk(reader, &mut gate)?,
        Format::TarGz => tar::walk(flate2::read::MultiGzDecoder::new(reader), &mut gate)?,
        Format::TarZst => tar::walk(::zstd::Decoder::new(reader).map_err(ArchiveError::Io)?, &mut gate)?,
    }
    if gate.files == 0 { Err(ArchiveError::Empty) } else { Ok(format) }
}

/// What every entry has to pass.
struct Gate<'a, 'v> {
    limits: &'a Limits,
    meter: Meter,
    seen: Seen,
    entries: u64,
    files: u64,
    visit: &'a mut Visit<'v>,
}

impl Gate<'_, '_> {
    /// Counts the entry before anything else of it is looked at.
    fn count(&mut self) -> Result<()> {
        self.entries += 1;
        if self.entries > self.limits.entries {
            return Err(ArchiveError::TooManyFiles { max: self.limits.entries });
        }
        Ok(())
    }

    fn entry(&mut self, name: &str, kind: Kind, executable: bool, reader: &mut dyn Read) -> Result<()> {
        let path = path::check(name, self.limits)?;
        match kind {
            Kind::Link => return Err(ArchiveError::Link(path)),
            Kind::Device => return Err(ArchiveError::Device(path)),
            Kind::File if path.is_empty() => return Err(ArchiveError::Name { path, why: "empty" }),
            Kind::File | Kind::Folder => {}
        }
        if path.is_empty() || is_clutter(&path) {
            return self.drain(reader);
        }
        self.seen.add(&path, kind == Kind::File)?;
        self.files += u64::from(kind == Kind::File);
        let item = Item { path, folder: kind == Kind::Folder, executable };
        let mut watched = Watched { inner: reader, failed: false };
        let visited = (self.visit)(&item, &mut watched);
        let failed = watched.failed;
        match visited {
            Ok(()) => self.drain(reader),
            Err(error) if failed => Err(self.meter.reason(&error)),
            Err(error) => Err(ArchiveError::Io(error)),
        }
    }

    fn drain(&self, reader: &mut dyn Read) -> Result<()> {
        io::copy(reader, &mut io::sink()).map(drop).map_err(|error| self.meter.reason(&error))
    }
}

/// Tells an error of the archive from one of the disk it is written to.
struct Watched<'a> {
    inner: &'a mut dyn Read,
    failed: bool,
}

impl Read for Watched<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.inner.read(buffer).inspect_err(|_| self.failed = true)
    }
}
