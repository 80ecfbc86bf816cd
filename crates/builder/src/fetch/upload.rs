//! An archive in the platform's storage.

use std::fs::File;
use std::io::Write;

use archive::{ArchiveError, Limits};
use domain::TenantName;
use domain::build::FailureCategory;
use domain::function::UploadSource;
use futures::TryStreamExt;
use sha2::{Digest, Sha256};
use storage::Storage;

use super::Context;
use super::unpack::{Kind, refused, unpack};
use crate::failure::{Failure, OrInternal, Result};

pub(super) async fn fetch(
    source: &UploadSource,
    tenant: &TenantName,
    storage: &Storage,
    context: &Context<'_>,
) -> Result<Option<String>> {
    if !source.key.starts_with(&format!("uploads/{tenant}/")) {
        let why = format!("{:?} is no upload of this tenant.", source.key);
        return Err(Failure::new(FailureCategory::SourceDenied, why));
    }
    let file = download(source, storage).await?;
    let inspection = unpack(file, Kind::Archive, context.workspace).await?;
    context.log.say(format!(
        "Unpacked {} files, {} bytes, from the {} archive.",
        inspection.files.len(),
        inspection.unpacked,
        inspection.format.extension()
    ));
    Ok(inspection.stripped)
}

/// Into a file without a name, checked against the size and digest that were told.
async fn download(source: &UploadSource, storage: &Storage) -> Result<File> {
    let gone = |why: String| Failure::new(FailureCategory::SourceNotFound, why);
    let object = match storage.get(&source.key).await {
        Ok(Some(object)) => object,
        Ok(None) => return Err(gone("The uploaded archive is not in the storage any more.".to_owned())),
        Err(storage::Error::Key(key)) => return Err(gone(format!("{key:?} is no upload."))),
        Err(error) => return Err(Failure::internal("The storage cannot be read", error)),
    };
    let max = Limits::default().packed;
    if object.size > max {
        return Err(refused(ArchiveError::TooLargePacked { max }, Kind::Archive));
    }
    let mut file = tempfile::tempfile().or_internal("A temporary file cannot be made")?;
    let (mut hasher, mut stream) = (Sha256::new(), object.stream);
    while let Some(chunk) = stream.try_next().await.or_internal("The storage cannot be read")? {
        hasher.update(&chunk);
        file.write_all(&chunk).or_internal("A temporary file cannot be written")?;
    }
    if hex::encode(hasher.finalize()) != source.sha256 {
        return Err(gone(
            "The archive in the storage is not the one that was uploaded: its digest differs.".to_owned(),
        ));
    }
    Ok(file)
}
