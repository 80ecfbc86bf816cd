//! Writing blobs: under another name first, then moved into place whole.

use std::fs::{self, File};
use std::io::{self, Read, Write as _};

use tempfile::NamedTempFile;

use super::Layout;
use crate::error::at;
use crate::layer::{self, Compression, Entry, Layer};
use crate::{Descriptor, Digest, Error, Hashing, Result};

impl Layout {
    /// Keeps these bytes.
    pub fn put_bytes(&self, bytes: &[u8], media_type: &str) -> Result<Descriptor> {
        let digest = Digest::of(bytes);
        if self.contains(&digest) {
            return Ok(Descriptor::new(media_type, digest, bytes.len() as u64));
        }
        self.put_anew(bytes, media_type)
    }

    /// As [`Self::put_bytes`], and written again when it is there, so that the file is as old as its last push.
    pub(super) fn put_anew(&self, bytes: &[u8], media_type: &str) -> Result<Descriptor> {
        let descriptor = Descriptor::new(media_type, Digest::of(bytes), bytes.len() as u64);
        let mut file = self.temporary()?;
        file.write_all(bytes).map_err(at(file.path()))?;
        self.settle(file, &descriptor.digest)?;
        Ok(descriptor)
    }

    /// Keeps a copy of what `reader` gives; an error when it is not what `expected` names.
    pub fn put_blob(&self, mut reader: impl Read, expected: &Digest) -> Result<()> {
        if self.contains(expected) {
            return Ok(());
        }
        let mut out = Hashing::new(self.temporary()?);
        io::copy(&mut reader, &mut out).map_err(at(&self.root))?;
        let (file, found, _) = out.finish();
        if found != *expected {
            return Err(Error::Mismatch { expected: expected.clone(), found });
        }
        self.settle(file, expected)
    }

    /// Packs a layer straight into the layout.
    pub fn put_layer(&self, entries: Vec<Entry>, compression: Compression) -> Result<Layer> {
        let (file, layer) = layer::pack(entries, compression, self.temporary()?)?;
        self.settle(file, &layer.blob.digest)?;
        Ok(layer)
    }

    fn temporary(&self) -> Result<NamedTempFile> {
        let folder = self.root.join("blobs/sha256");
        tempfile::Builder::new().prefix(".part-").tempfile_in(&folder).map_err(at(&folder))
    }

    fn settle(&self, file: NamedTempFile, digest: &Digest) -> Result<()> {
        let path = self.blob_path(digest);
        readable(file.as_file()).map_err(at(&path))?;
        file.persist(&path).map_err(|error| at(&path)(error.error))?;
        Ok(())
    }
}

/// Temporary files are private; images are not.
pub(super) fn readable(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}
