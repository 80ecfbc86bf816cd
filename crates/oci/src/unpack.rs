//! Layer → files, into a folder that nothing can get out of.

use std::fs;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use crate::error::at;
use crate::{Error, Result, media};

/// Puts one layer on top of what `folder` holds, whiteouts included. Ends with an error at the first
/// entry that is unsafe, and when more than `limit` bytes come out.
pub fn unpack(blob: impl Read, media_type: &str, folder: &Path, limit: u64) -> Result<()> {
    let reader: Box<dyn Read + '_> = if media_type == media::LAYER_GZIP || media_type.ends_with("gzip") {
        Box::new(flate2::read::GzDecoder::new(blob))
    } else if media_type == media::LAYER_ZSTD {
        Box::new(zstd::Decoder::new(blob).map_err(at(folder))?)
    } else if media_type.ends_with("tar") {
        Box::new(blob)
    } else {
        return Err(Error::MediaType(media_type.to_owned()));
    };
    let mut archive = tar::Archive::new(Limited { inner: reader, left: limit });
    archive.set_preserve_permissions(true);
    archive.set_preserve_mtime(false);
    let damaged = |cause: io::Error| match cause.kind() {
        io::ErrorKind::FileTooLarge => Error::TooLarge(limit),
        _ => Error::File { path: folder.to_owned(), cause },
    };
    for entry in archive.entries().map_err(damaged)? {
        let mut entry = entry.map_err(damaged)?;
        let path = entry.path().map_err(damaged)?.into_owned();
        let name = path.display().to_string();
        let refuse = |why| Error::Unsafe { path: name.clone(), why };
        if !is_inside(&path) {
            return Err(refuse("leaves the folder"));
        }
        if let Some(hidden) = path.file_name().and_then(|name| name.to_str()?.strip_prefix(".wh.")) {
            whiteout(folder, &path, hidden)?;
            continue;
        }
        let kind = entry.header().entry_type();
        if kind.is_symlink() || kind.is_hard_link() {
            let target = entry.link_name().map_err(damaged)?.ok_or_else(|| refuse("links to nothing"))?;
            let base = if kind.is_symlink() { path.parent().unwrap_or(Path::new("")) } else { Path::new("") };
            if !stays_inside(base, &target) {
                return Err(refuse("links to something outside of the folder"));
            }
        } else if !(kind.is_file() || kind.is_dir()) {
            return Err(refuse("is neither file, folder nor link"));
        }
        if !entry.unpack_in(folder).map_err(damaged)? {
            return Err(refuse("leaves the folder"));
        }
    }
    Ok(())
}

fn is_inside(path: &Path) -> bool {
    path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
}

/// Whether `target`, seen from `base`, never climbs above the top.
fn stays_inside(base: &Path, target: &Path) -> bool {
    let mut depth = base.components().filter(|part| matches!(part, Component::Normal(_))).count();
    for part in target.components() {
        match part {
            Component::Normal(_) => depth += 1,
            Component::CurDir => {}
            Component::ParentDir if depth > 0 => depth -= 1,
            _ => return false,
        }
    }
    true
}

/// `a/.wh.b` hides `a/b` of the layers below, `a/.wh..wh..opq` everything in `a`.
fn whiteout(folder: &Path, path: &Path, hidden: &str) -> Result<()> {
    let parent = folder.join(path.parent().unwrap_or(Path::new("")));
    // A link among the parents could lead the removal out of the folder.
    let real = match parent.canonicalize() {
        Ok(real) => real,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(at(&parent)(error)),
    };
    let top = folder.canonicalize().map_err(at(folder))?;
    let unsafe_name = hidden.is_empty() || matches!(hidden, "." | "..");
    if !real.starts_with(&top) || unsafe_name {
        return Err(Error::Unsafe { path: path.display().to_string(), why: "leaves the folder" });
    }
    let doomed: Vec<PathBuf> = if hidden == ".wh..opq" {
        fs::read_dir(&real).map_err(at(&real))?.flatten().map(|entry| entry.path()).collect()
    } else {
        vec![real.join(hidden)]
    };
    for path in doomed {
        let removed = match fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(&path),
            Ok(_) => fs::remove_file(&path),
            Err(_) => Ok(()),
        };
        removed.map_err(at(&path))?;
    }
    Ok(())
}

struct Limited<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.left = self.left.checked_sub(read as u64).ok_or(io::ErrorKind::FileTooLarge)?;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::{Compression, Content, Entry, pack};

    const TAR: &str = "application/vnd.oci.image.layer.v1.tar";

    fn layer(entries: Vec<Entry>) -> Vec<u8> {
        pack(entries, Compression::Zstd, Vec::new()).unwrap().0
    }

    fn raw(kind: tar::EntryType, name: &str, link: &str) -> Vec<u8> {
        let mut header = tar::Header::new_old();
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(kind);
        header.set_mode(0o644);
        header.set_size(0);
        if !link.is_empty() {
            header.as_mut_bytes()[157..157 + link.len()].copy_from_slice(link.as_bytes());
        }
        header.set_cksum();
        let mut tar = tar::Builder::new(Vec::new());
        tar.append(&header, io::empty()).unwrap();
        tar.into_inner().unwrap()
    }

    #[test]
    fn what_was_packed_comes_out_again_and_whiteouts_hide_it() {
        let folder = tempfile::tempdir().unwrap();
        let link = Entry { path: "app/l".into(), content: Content::Link("a.txt".into()), executable: false };
        let lower = layer(vec![Entry::bytes("app/a.txt", "a"), Entry::bytes("app/b/c.txt", "c"), link]);
        unpack(lower.as_slice(), media::LAYER_ZSTD, folder.path(), 1 << 20).unwrap();
        assert_eq!(fs::read_to_string(folder.path().join("app/l")).unwrap(), "a");
        let upper = layer(vec![Entry::bytes("app/.wh.a.txt", ""), Entry::bytes("app/b/.wh..wh..opq", "")]);
        unpack(upper.as_slice(), media::LAYER_ZSTD, folder.path(), 1 << 20).unwrap();
        assert!(!folder.path().join("app/a.txt").exists());
        assert!(folder.path().join("app/b").exists() && !folder.path().join("app/b/c.txt").exists());
    }

    #[test]
    fn entries_that_leave_the_folder_are_refused() {
        use tar::EntryType::{Char, Link, Regular, Symlink};
        let hostile = [
            raw(Regular, "../x", ""),
            raw(Regular, "/etc/x", ""),
            raw(Symlink, "x", "/etc/passwd"),
            raw(Symlink, "a/x", "../../x"),
            raw(Link, "x", "../x"),
            raw(Char, "x", ""),
            raw(Regular, "../.wh.x", ""),
        ];
        for bytes in hostile {
            let folder = tempfile::tempdir().unwrap();
            let result = unpack(bytes.as_slice(), TAR, folder.path(), 1 << 20);
            assert!(matches!(result, Err(Error::Unsafe { .. })), "{result:?}");
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        }
    }

    #[test]
    fn a_layer_that_unpacks_to_more_than_the_limit_is_stopped() {
        let folder = tempfile::tempdir().unwrap();
        let bomb = layer(vec![Entry::bytes("zeros", vec![0; 4 << 20])]);
        assert!(bomb.len() < 4096);
        let result = unpack(bomb.as_slice(), media::LAYER_ZSTD, folder.path(), 1 << 20);
        assert!(matches!(result, Err(Error::TooLarge(_))), "{result:?}");
    }
}
