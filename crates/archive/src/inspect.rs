//! What is inside an archive.

use std::io::{Read, Seek};

use domain::function::Language;

use crate::guess::{self, Texts};
use crate::walk::{Item, walk};
use crate::{Format, Limits, Result};

/// Bytes of a source file that are looked at for the handler.
const GUESS_BYTES: u64 = 256 << 10;
/// Source files that are looked at.
const GUESS_FILES: usize = 200;

/// What an accepted archive holds. Paths are those after the one folder around everything, which
/// zipping a folder makes, was taken away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// Told by its first bytes.
    pub format: Format,
    /// Path and bytes of every file, sorted.
    pub files: Vec<(String, u64)>,
    /// Bytes of all files.
    pub unpacked: u64,
    /// Guessed from the files.
    pub language: Option<Language>,
    /// Guessed from the files: `main.handler`.
    pub handler: Option<String>,
    /// The folder around everything that was taken away.
    pub stripped: Option<String>,
    /// What its owner should know.
    pub notes: Vec<String>,
}

/// Checks the archive and tells what is inside; writes nothing.
pub fn inspect<R: Read + Seek>(reader: R, limits: &Limits) -> Result<Inspection> {
    let mut survey = Survey::default();
    let format = walk(reader, limits, &mut |item, bytes| survey.see(item, bytes))?;
    Ok(survey.finish(format))
}

/// Collects what an inspection needs while an archive passes by.
#[derive(Default)]
pub(crate) struct Survey {
    files: Vec<(String, u64)>,
    texts: Texts,
    /// Whether the one folder around everything stays.
    keeps_top: bool,
}

impl Survey {
    /// Of something whose one folder around everything stays.
    pub(crate) fn of_tree() -> Self {
        Self { keeps_top: true, ..Self::default() }
    }

    /// Reads the entry to its end.
    pub(crate) fn see(&mut self, item: &Item, bytes: &mut dyn Read) -> std::io::Result<()> {
        if item.folder {
            return Ok(());
        }
        let mut size = 0;
        if guess::is_source(&item.path) && self.texts.len() < GUESS_FILES {
            let mut text = Vec::new();
            size = Read::take(&mut *bytes, GUESS_BYTES).read_to_end(&mut text)? as u64;
            self.text(&item.path, &text);
        }
        size += std::io::copy(bytes, &mut std::io::sink())?;
        self.file(&item.path, size);
        Ok(())
    }

    pub(crate) fn file(&mut self, path: &str, size: u64) {
        self.files.push((path.to_owned(), size));
    }

    pub(crate) fn text(&mut self, path: &str, text: &[u8]) {
        if let Ok(text) = std::str::from_utf8(text) {
            self.texts.insert(path.to_owned(), text.to_owned());
        }
    }

    pub(crate) fn finish(self, format: Format) -> Inspection {
        let top = wrapping_folder(self.files.iter().map(|(path, _)| path.as_str()));
        let stripped = top.filter(|_| !self.keeps_top).map(str::to_owned);
        let inner = |path: String| match &stripped {
            Some(folder) => path[folder.len() + 1..].to_owned(),
            None => path,
        };
        let mut files: Vec<_> = self.files.into_iter().map(|(path, size)| (inner(path), size)).collect();
        files.sort();
        let texts: Texts = self.texts.into_iter().map(|(path, text)| (inner(path), text)).collect();
        let language = Language::detect(files.iter().map(|(path, _)| path.as_str()));
        let handler = language.and_then(|language| guess::handler(language, &texts));
        let notes = notes(&files, language, handler.as_deref(), stripped.as_deref());
        let unpacked = files.iter().map(|(_, size)| size).sum();
        Inspection { format, files, unpacked, language, handler, stripped, notes }
    }
}

/// The one folder that everything is in.
pub(crate) fn wrapping_folder<'a>(mut files: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let (folder, _) = files.next()?.split_once('/')?;
    files.all(|path| path.split_once('/').is_some_and(|(top, _)| top == folder)).then_some(folder)
}

fn notes(
    files: &[(String, u64)],
    language: Option<Language>,
    handler: Option<&str>,
    stripped: Option<&str>,
) -> Vec<String> {
    let mut notes = Vec::new();
    let has = |name: &str| files.iter().any(|(path, _)| path == name);
    if let Some(folder) = stripped {
        notes.push(format!("Everything is in the folder {folder}, which is left out of the paths."));
    }
    match language {
        None => notes.push("No language was recognised: choose one.".to_owned()),
        Some(language) => {
            match handler {
                Some(handler) => notes.push(format!("Handler {handler} found.")),
                None => {
                    notes.push("No function named handler was found: name the handler yourself.".to_owned());
                }
            }
            let file = language.dependency_file();
            if has(file) {
                notes.push(format!("Dependencies are installed from {file}."));
            }
        }
    }
    let installed = ["node_modules/", "venv/", ".venv/", "site-packages/"];
    if let Some(folder) =
        installed.iter().find(|folder| files.iter().any(|(path, _)| path.starts_with(*folder)))
    {
        notes.push(format!("Installed packages are part of the archive ({folder}): they can be left out."));
    }
    notes
}
