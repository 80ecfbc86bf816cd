//! Paths inside an archive, and those that an editor sends: one gate for both.

use std::collections::HashMap;

use crate::{ArchiveError, Limits, Result};

/// The path in its plain form: relative, `/` between the parts, no `.` and no empty parts.
pub fn check(path: &str, limits: &Limits) -> Result<String> {
    let shown =
        || path.chars().take(200).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect::<String>();
    let name = |why| Err(ArchiveError::Name { path: shown(), why });
    if path.contains('\0') {
        return name("a zero byte");
    }
    if path.contains('\\') {
        return name("a backslash");
    }
    if path.chars().any(|c| c.is_control() || is_direction(c)) {
        return name("an invisible character");
    }
    let drive = path.as_bytes().get(1) == Some(&b':') && path.as_bytes()[0].is_ascii_alphabetic();
    if path.starts_with('/') || drive {
        return Err(ArchiveError::AbsolutePath(shown()));
    }
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => return Err(ArchiveError::Traversal(shown())),
            _ if part.len() > 255 => return name("longer than 255 bytes"),
            _ if part.ends_with([' ', '.']) || part.starts_with(' ') => {
                return name("a space or dot at its end");
            }
            _ => parts.push(part),
        }
    }
    if parts.len() > limits.depth {
        return Err(ArchiveError::TooDeep { max: limits.depth });
    }
    let plain = parts.join("/");
    if plain.len() > 1024 { name("longer than 1,024 bytes") } else { Ok(plain) }
}

/// Characters that make a text read in another order than it is written.
fn is_direction(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// The paths so far; refuses what would share a name with one of them on any file system.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Path in lower case → as it was written, and whether it is a file.
    paths: HashMap<String, (String, bool)>,
}

impl Seen {
    pub(crate) fn add(&mut self, path: &str, file: bool) -> Result<()> {
        let duplicate = || Err(ArchiveError::Duplicate(path.to_owned()));
        let mut end = path.len();
        while let Some(slash) = path[..end].rfind('/') {
            end = slash;
            let parent = &path[..slash];
            let known = self.paths.entry(parent.to_lowercase()).or_insert_with(|| (parent.to_owned(), false));
            if known.1 || known.0 != parent {
                return duplicate();
            }
        }
        match self.paths.get(&path.to_lowercase()) {
            // A folder may be named again: by an entry of its own after one of its files.
            Some((known, false)) if !file && known == path => Ok(()),
            Some(_) => duplicate(),
            None => {
                self.paths.insert(path.to_lowercase(), (path.to_owned(), file));
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(path: &str) -> &'static str {
        check(path, &Limits::default()).map_or_else(|error| error.code(), |_| "ok")
    }

    #[test]
    fn paths_are_judged_by_their_parts() {
        assert_eq!(check("./a//b/./c.py", &Limits::default()).unwrap(), "a/b/c.py");
        assert_eq!(code("a..b/c"), "ok");
        assert_eq!(code("/etc/passwd"), "archive_absolute_path");
        assert_eq!(code("C:/x"), "archive_absolute_path");
        assert_eq!(code("a/../../x"), "archive_traversal");
        assert_eq!(code(".."), "archive_traversal");
        for name in ["a\\b", "a\0b", "a\nb", "a/ b", "a.", &"x".repeat(256), "a\u{202e}yp.exe"] {
            assert_eq!(code(name), "archive_file_name", "{name:?}");
        }
        assert_eq!(code(&"a/".repeat(33)), "archive_too_deep");
    }

    #[test]
    fn names_that_share_a_place_are_refused() {
        let mut seen = Seen::default();
        seen.add("lib/a.py", true).unwrap();
        seen.add("lib", false).unwrap();
        for (path, file) in
            [("lib/a.py", true), ("lib/A.py", true), ("LIB/b.py", true), ("lib", true), ("lib/a.py/x", true)]
        {
            assert!(matches!(seen.add(path, file), Err(ArchiveError::Duplicate(_))), "{path}");
        }
    }
}
