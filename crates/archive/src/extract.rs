//! Archive → folder.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use crate::guess;
use crate::inspect::{Inspection, Survey};
use crate::walk::walk;
use crate::{ArchiveError, Limits, Result};

/// Checks the archive and writes its files into `folder`, which must be empty and is emptied again
/// when the archive is refused. The one folder around everything is taken away.
pub fn extract<R: Read + Seek>(reader: R, folder: &Path, limits: &Limits) -> Result<Inspection> {
    extract_or_empty(reader, folder, limits, Survey::default())
}

/// The same, but a folder around everything stays: in a repository it is part of the paths.
pub fn extract_tree<R: Read + Seek>(reader: R, folder: &Path, limits: &Limits) -> Result<Inspection> {
    extract_or_empty(reader, folder, limits, Survey::of_tree())
}

fn extract_or_empty<R: Read + Seek>(
    reader: R,
    folder: &Path,
    limits: &Limits,
    survey: Survey,
) -> Result<Inspection> {
    extract_into(reader, folder, limits, survey).inspect_err(|_| {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            // Best effort: the caller's temporary folder goes anyway.
            let _ = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
        }
    })
}

fn extract_into<R: Read + Seek>(
    reader: R,
    folder: &Path,
    limits: &Limits,
    mut survey: Survey,
) -> Result<Inspection> {
    let format = walk(reader, limits, &mut |item, bytes| {
        let path = folder.join(&item.path);
        if item.folder {
            return fs::create_dir_all(path);
        }
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let mode = if item.executable { 0o755 } else { 0o644 };
        // No link was ever made here, and `create_new` follows none.
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&path)?;
        let size = io::copy(bytes, &mut file)?;
        file.flush()?;
        survey.file(&item.path, size);
        if guess::is_source(&item.path) && size <= 256 << 10 {
            let mut text = Vec::new();
            File::open(&path)?.read_to_end(&mut text)?;
            survey.text(&item.path, &text);
        }
        Ok(())
    })?;
    let inspection = survey.finish(format);
    if let Some(top) = &inspection.stripped {
        unwrap_folder(folder, top).map_err(ArchiveError::Io)?;
    }
    Ok(inspection)
}

/// Moves what is in `folder/top` up into `folder`.
fn unwrap_folder(folder: &Path, top: &str) -> io::Result<()> {
    // Under another name first: it may hold something of its own name.
    let aside = folder.join(".unwrapped");
    fs::rename(folder.join(top), &aside)?;
    for entry in fs::read_dir(folder)?.flatten() {
        // Only empty folders can be here beside it.
        if entry.path() != aside {
            fs::remove_dir_all(entry.path())?;
        }
    }
    for entry in fs::read_dir(&aside)? {
        let entry = entry?;
        fs::rename(entry.path(), folder.join(entry.file_name()))?;
    }
    fs::remove_dir(aside)
}
