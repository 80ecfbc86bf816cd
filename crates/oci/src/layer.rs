//! Files → layer: a tar that depends on names, modes and contents only.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read as _, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::at;
use crate::{Descriptor, Digest, Error, Hashing, Result, media};

/// How a layer is compressed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Compression {
    /// Read by everything.
    Gzip,
    /// Several times as fast.
    #[default]
    Zstd,
}

impl Compression {
    /// Media type of a layer compressed like this.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Gzip => media::LAYER_GZIP,
            Self::Zstd => media::LAYER_ZSTD,
        }
    }
}

/// A layer that was packed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Layer {
    /// The blob.
    pub blob: Descriptor,
    /// Digest of the tar inside, as [`crate::RootFs`] lists it.
    pub diff_id: Digest,
}

/// What an entry holds.
#[derive(Debug, Clone)]
pub enum Content {
    /// The bytes of this file.
    File(PathBuf),
    /// These bytes.
    Bytes(Vec<u8>),
    /// Nothing: a folder.
    Folder,
    /// A symbolic link to this path.
    Link(String),
}

/// Something that a layer puts into an image.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Path in the image, relative, with `/`.
    pub path: String,
    /// What is there.
    pub content: Content,
    /// Whether it may be executed; folders always.
    pub executable: bool,
}

impl Entry {
    /// A file with these bytes.
    pub fn bytes(path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { path: path.into(), content: Content::Bytes(bytes.into()), executable: false }
    }
}

/// Everything under `folder`, to appear under `prefix` in the image. `keep` gets the relative path.
/// Sockets and devices are left out.
pub fn entries(folder: &Path, prefix: &str, keep: impl Fn(&str) -> bool) -> Result<Vec<Entry>> {
    let mut found = Vec::new();
    let mut open = vec![(folder.to_owned(), String::new())];
    while let Some((current, relative)) = open.pop() {
        for child in fs::read_dir(&current).map_err(at(&current))? {
            let child = child.map_err(at(&current))?;
            let path = child.path();
            let name = child.file_name();
            let Some(name) = name.to_str() else {
                return Err(Error::Unsafe { path: path.display().to_string(), why: "has no UTF-8 name" });
            };
            let inner = if relative.is_empty() { name.to_owned() } else { format!("{relative}/{name}") };
            if !keep(&inner) {
                continue;
            }
            let metadata = fs::symlink_metadata(&path).map_err(at(&path))?;
            let content = if metadata.is_dir() {
                open.push((path, inner.clone()));
                Content::Folder
            } else if metadata.is_symlink() {
                Content::Link(fs::read_link(&path).map_err(at(&path))?.to_string_lossy().into_owned())
            } else if metadata.is_file() {
                Content::File(path)
            } else {
                continue;
            };
            let executable = metadata.permissions().mode() & 0o111 != 0;
            found.push(Entry { path: format!("{prefix}/{inner}"), content, executable });
        }
    }
    Ok(found)
}

/// Writes the layer. Folders above the entries are added; of two entries with one path the later wins.
pub fn pack<W: Write>(entries: Vec<Entry>, compression: Compression, out: W) -> Result<(W, Layer)> {
    let mut sorted = BTreeMap::new();
    for entry in entries {
        let mut parent = Path::new(&entry.path).parent();
        while let Some(folder) = parent.and_then(Path::to_str).filter(|folder| !folder.is_empty()) {
            sorted.entry(folder.to_owned()).or_insert((Content::Folder, true));
            parent = Path::new(folder).parent();
        }
        sorted.insert(entry.path, (entry.content, entry.executable));
    }
    let failed = |cause| Error::File { path: "layer".into(), cause };
    let out = Hashing::new(out);
    let (out, diff_id) = match compression {
        Compression::Gzip => {
            let encoder = flate2::GzBuilder::new().mtime(0).write(out, flate2::Compression::default());
            let (encoder, diff_id) = write_tar(sorted, encoder)?;
            (encoder.finish().map_err(failed)?, diff_id)
        }
        Compression::Zstd => {
            let encoder = zstd::Encoder::new(out, 3).map_err(failed)?;
            let (encoder, diff_id) = write_tar(sorted, encoder)?;
            (encoder.finish().map_err(failed)?, diff_id)
        }
    };
    let (out, digest, size) = out.finish();
    Ok((out, Layer { blob: Descriptor::new(compression.media_type(), digest, size), diff_id }))
}

fn write_tar<W: Write>(entries: BTreeMap<String, (Content, bool)>, out: W) -> Result<(W, Digest)> {
    let mut tar = tar::Builder::new(Hashing::new(out));
    for (path, (content, executable)) in entries {
        append(&mut tar, &path, content, executable)?;
    }
    let hashing = tar.into_inner().map_err(at(Path::new("layer")))?;
    let (out, diff_id, _) = hashing.finish();
    Ok((out, diff_id))
}

fn append<W: Write>(tar: &mut tar::Builder<W>, path: &str, content: Content, executable: bool) -> Result<()> {
    let failed = |cause| Error::File { path: path.into(), cause };
    let mut header = tar::Header::new_gnu();
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mode(if executable { 0o755 } else { 0o644 });
    header.set_size(0);
    match content {
        Content::Folder => {
            header.set_entry_type(tar::EntryType::Directory);
            header.set_mode(0o755);
            tar.append_data(&mut header, format!("{path}/"), io::empty()).map_err(failed)
        }
        Content::Link(target) => {
            header.set_entry_type(tar::EntryType::Symlink);
            header.set_mode(0o777);
            tar.append_link(&mut header, path, target).map_err(failed)
        }
        Content::Bytes(bytes) => {
            header.set_size(bytes.len() as u64);
            tar.append_data(&mut header, path, bytes.as_slice()).map_err(failed)
        }
        Content::File(file) => {
            let file = File::open(&file).map_err(at(&file))?;
            let size = file.metadata().map_err(failed)?.len();
            header.set_size(size);
            tar.append_data(&mut header, path, file.take(size)).map_err(failed)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(entries: Vec<Entry>, compression: Compression) -> (Vec<u8>, Layer) {
        pack(entries, compression, Vec::new()).unwrap()
    }

    #[test]
    fn the_order_and_the_times_of_the_input_do_not_change_the_digest() {
        let one = || vec![Entry::bytes("function/a.py", "a"), Entry::bytes("function/lib/b.py", "b")];
        let other = one().into_iter().rev().collect();
        for compression in [Compression::Gzip, Compression::Zstd] {
            assert_eq!(packed(one(), compression), packed(Vec::clone(&other), compression));
        }
        assert_eq!(packed(one(), Compression::Gzip).1.diff_id, packed(one(), Compression::Zstd).1.diff_id);
        let changed = vec![Entry::bytes("function/a.py", "A"), Entry::bytes("function/lib/b.py", "b")];
        assert_ne!(packed(one(), Compression::Zstd).1, packed(changed, Compression::Zstd).1);
    }

    #[test]
    fn a_folder_is_packed_alike_wherever_and_whenever_it_was_written() {
        let pack_folder = || {
            let folder = tempfile::tempdir().unwrap();
            fs::create_dir_all(folder.path().join("x/y")).unwrap();
            fs::write(folder.path().join("x/y/z.txt"), "z").unwrap();
            fs::write(folder.path().join("skip.txt"), "no").unwrap();
            let found = entries(folder.path(), "function", |path| path != "skip.txt").unwrap();
            packed(found, Compression::Zstd).1
        };
        assert_eq!(pack_folder(), pack_folder());
    }
}
