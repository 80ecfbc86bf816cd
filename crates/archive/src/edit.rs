//! Archives for the editor: read into memory, changed, packed again.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read, Seek, Write};

use domain::function::CodeFile;
use zip::write::SimpleFileOptions;

use crate::inspect::wrapping_folder;
use crate::path::{self, Seen};
use crate::walk::walk;
use crate::{ArchiveError, Limits, Result};

/// Files of an archive by path: bytes, and whether it may be executed.
type Files = BTreeMap<String, (Vec<u8>, bool)>;

/// The files, sorted, with the text of those that are text of at most `text_bytes`.
pub fn read<R: Read + Seek>(reader: R, limits: &Limits, text_bytes: u64) -> Result<Vec<CodeFile>> {
    let mut files = Vec::new();
    walk(reader, limits, &mut |item, bytes| {
        if item.folder {
            return Ok(());
        }
        let mut start = Vec::new();
        let read = Read::take(&mut *bytes, text_bytes + 1).read_to_end(&mut start)? as u64;
        let size = read + io::copy(bytes, &mut io::sink())?;
        let text = (size <= text_bytes).then(|| String::from_utf8(start).ok()).flatten();
        let text = text.filter(|text| !text.contains('\0'));
        files.push(CodeFile { path: item.path.clone(), size: size as i64, text });
        Ok(())
    })?;
    if let Some(top) = wrapping_folder(files.iter().map(|file| file.path.as_str())).map(|top| top.len() + 1) {
        for file in &mut files {
            file.path.drain(..top);
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// A zip of these files; the same files give the same bytes.
pub fn pack<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>, limits: &Limits) -> Result<Vec<u8>> {
    let mut all = Files::new();
    for (path, bytes) in files {
        all.insert(path::check(path, limits)?, (bytes.to_vec(), false));
    }
    write(&all, limits)
}

/// A zip of the archive's files with some changed or added and some removed.
pub fn edit<R: Read + Seek>(
    reader: R,
    changed: &[(String, String)],
    removed: &[String],
    limits: &Limits,
) -> Result<Vec<u8>> {
    let mut files = Files::new();
    walk(reader, limits, &mut |item, bytes| {
        if !item.folder {
            let mut content = Vec::new();
            bytes.read_to_end(&mut content)?;
            files.insert(item.path.clone(), (content, item.executable));
        }
        Ok(())
    })?;
    if let Some(top) = wrapping_folder(files.keys().map(String::as_str)).map(|top| top.len() + 1) {
        files = files.into_iter().map(|(path, content)| (path[top..].to_owned(), content)).collect();
    }
    for path in removed {
        files.remove(&path::check(path, limits)?);
    }
    for (path, text) in changed {
        let path = path::check(path, limits)?;
        let executable = files.get(&path).is_some_and(|(_, executable)| *executable);
        files.insert(path, (text.clone().into_bytes(), executable));
    }
    write(&files, limits)
}

fn write(files: &Files, limits: &Limits) -> Result<Vec<u8>> {
    let mut seen = Seen::default();
    for path in files.keys() {
        seen.add(path, true)?;
    }
    let total: u64 = files.values().map(|(bytes, _)| bytes.len() as u64).sum();
    match files.len() as u64 {
        0 => return Err(ArchiveError::Empty),
        count if count > limits.entries => return Err(ArchiveError::TooManyFiles { max: limits.entries }),
        _ if total > limits.unpacked => return Err(ArchiveError::TooLarge { max: limits.unpacked }),
        _ => {}
    }
    let packed = zipped(files).map_err(|error| ArchiveError::Io(io::Error::other(error)))?;
    if packed.len() as u64 > limits.packed {
        return Err(ArchiveError::TooLargePacked { max: limits.packed });
    }
    Ok(packed)
}

fn zipped(files: &Files) -> zip::result::ZipResult<Vec<u8>> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (path, (bytes, executable)) in files {
        let options = SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Deflated)
            .last_modified_time(zip::DateTime::default())
            .unix_permissions(if *executable { 0o755 } else { 0o644 });
        zip.start_file(path.as_str(), options)?;
        zip.write_all(bytes)?;
    }
    Ok(zip.finish()?.into_inner())
}
