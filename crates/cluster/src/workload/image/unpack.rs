//! Layers → folder.

use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Component, Path};

use flate2::read::GzDecoder;

/// More than an image of the platform ever holds: 250 MiB of code and its dependencies.
const LIMIT: u64 = 4 << 30;

/// Puts one layer on top of what `folder` holds. Only files, folders and links are made; what a name
/// with `..` or an absolute one points at is left out.
pub(super) fn layer(blob: &Path, media_type: &str, folder: &Path) -> io::Result<()> {
    let file = BufReader::new(File::open(blob)?);
    let reader: Box<dyn Read> = if media_type.ends_with("gzip") {
        Box::new(GzDecoder::new(file))
    } else if media_type.ends_with("zstd") {
        Box::new(zstd::Decoder::new(file)?)
    } else {
        Box::new(file)
    };
    let mut archive = tar::Archive::new(reader.take(LIMIT));
    archive.set_preserve_permissions(true);
    archive.set_preserve_mtime(true);
    for entry in archive.entries()? {
        let mut entry = entry?;
        let path = entry.path()?.into_owned();
        if let Some(hidden) = whiteout(&path) {
            remove(&folder.join(hidden))?;
            continue;
        }
        let kind = entry.header().entry_type();
        if kind.is_file() || kind.is_dir() || kind.is_symlink() || kind.is_hard_link() {
            entry.unpack_in(folder)?;
        }
    }
    Ok(())
}

/// `a/.wh.b` in an upper layer hides `a/b` of the lower ones.
fn whiteout(path: &Path) -> Option<std::path::PathBuf> {
    let name = path.file_name()?.to_str()?.strip_prefix(".wh.")?;
    let plain = path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    plain.then(|| path.with_file_name(name))
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(_) => Ok(()),
    }
}
