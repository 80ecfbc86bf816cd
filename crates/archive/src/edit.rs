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

/// How much text [`read`] gives.
#[derive(Debug, Clone, Copy)]
pub struct TextBudget {
    /// Bytes of one file.
    pub file: u64,
    /// Bytes of all files together; those nearest to the top come first.
    pub all: u64,
}

/// The files, sorted, with the text of those that are text and that the budget has room for.
pub fn read<R: Read + Seek>(mut reader: R, limits: &Limits, budget: TextBudget) -> Result<Vec<CodeFile>> {
    let mut files = Vec::new();
    walk(&mut reader, limits, &mut |item, bytes| {
        if !item.folder {
            let size = io::copy(bytes, &mut io::sink())? as i64;
            files.push(CodeFile { path: item.path.clone(), size, text: None });
        }
        Ok(())
    })?;
    // Sizes first, and then only the texts that are shown: however much comes out of the archive, no more than
    // the budget is in memory.
    let mut texts = chosen(&files, budget);
    walk(reader, limits, &mut |item, bytes| {
        let Some(text) = texts.get_mut(&item.path) else { return Ok(()) };
        let mut content = Vec::new();
        Read::take(bytes, budget.file).read_to_end(&mut content)?;
        *text = String::from_utf8(content).ok().filter(|text| !text.contains('\0'));
        Ok(())
    })?;
    for file in &mut files {
        file.text = texts.remove(&file.path).flatten();
    }
    if let Some(top) = wrapping_folder(files.iter().map(|file| file.path.as_str())).map(|top| top.len() + 1) {
        for file in &mut files {
            file.path.drain(..top);
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// The files that the budget has room for, still without their texts.
fn chosen(files: &[CodeFile], budget: TextBudget) -> BTreeMap<String, Option<String>> {
    let mut small: Vec<&CodeFile> = files.iter().filter(|file| file.size as u64 <= budget.file).collect();
    small.sort_by_key(|file| (file.path.matches('/').count(), &file.path));
    let mut left = budget.all;
    let mut chosen = BTreeMap::new();
    for file in small {
        if let Some(rest) = left.checked_sub(file.size as u64) {
            left = rest;
            chosen.insert(file.path.clone(), None);
        }
    }
    chosen
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
