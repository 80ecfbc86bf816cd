//! Archives that users upload: streamed into the storage, looked through, named by a receipt.
//!
//! The archive is `uploads/<tenant>/<id>`, its receipt `receipts/<tenant>/<id>`. What no function refers to
//! after a day is deleted.

use std::{collections::HashSet, fmt::Display, io::Cursor, time::Duration};

use archive::{ArchiveError, Inspection, Limits};
use bytes::Bytes;
use domain::{
    TenantName,
    function::{LambdaFunction, UploadReceipt, UploadSource},
    identity::{Caller, Permission},
};
use futures::{Stream, StreamExt};
use kube::{
    Api,
    api::{ApiResource, DynamicObject, ListParams},
};
use tokio_util::sync::CancellationToken;

use crate::{Error, Platform, Result};

/// Most bytes of an archive.
pub const MOST_BYTES: u64 = 50 * 1024 * 1024;
/// Most files that a receipt names.
const NAMED_FILES: usize = 1000;
/// Longest name that is kept.
const LONGEST_NAME: usize = 255;
/// Uploads that nobody refers to are kept this long.
const UNUSED_MS: i64 = 24 * 3_600_000;
/// How often they are looked for.
const SWEEP: Duration = Duration::from_secs(3600);
/// Archives that are looked through at once; each is in memory for that time.
pub(crate) const AT_ONCE: usize = 2;

fn is_id(id: &str) -> bool {
    id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit())
}

fn archive_key(tenant: &TenantName, id: &str) -> String {
    format!("uploads/{tenant}/{id}")
}

fn receipt_key(tenant: &TenantName, id: &str) -> String {
    format!("receipts/{tenant}/{id}")
}

impl Platform {
    /// Takes an archive in. Refused with a named reason, it leaves nothing behind.
    pub async fn upload<E: Display>(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        filename: &str,
        bytes: impl Stream<Item = Result<Bytes, E>> + Send,
    ) -> Result<UploadReceipt> {
        self.authorize(caller, tenant, Permission::Write)?;
        self.limit_builds(caller)?;
        let id = uuid::Uuid::new_v4().simple().to_string();
        let key = archive_key(tenant, &id);
        let stored = self.storage().put_stream(&key, bytes, MOST_BYTES).await?;
        let receipt = async {
            let found = self.inspect(&key).await?;
            let receipt = receipt(id.clone(), filename, stored, found);
            let text = serde_json::to_vec(&receipt).map_err(Error::internal)?;
            self.storage().put_bytes(&receipt_key(tenant, &id), text).await?;
            Ok(receipt)
        };
        let receipt = receipt.await;
        if receipt.is_err() {
            self.storage().delete(&key).await?;
        }
        receipt
    }

    /// What was uploaded under this id.
    pub async fn get_upload(&self, caller: &Caller, tenant: &TenantName, id: &str) -> Result<UploadReceipt> {
        self.authorize(caller, tenant, Permission::Read)?;
        self.receipt(tenant, id).await
    }

    /// Deletes an upload that no function refers to.
    pub async fn delete_upload(&self, caller: &Caller, tenant: &TenantName, id: &str) -> Result<()> {
        self.authorize(caller, tenant, Permission::Write)?;
        if !is_id(id) {
            return Err(Error::NotFound("upload"));
        }
        if self.uploads_in_use().contains(&archive_key(tenant, id)) {
            return Err(Error::refused(
                409,
                "upload_in_use",
                "A function runs the code of this upload.",
                "It is deleted by itself when no function refers to it any more.",
            ));
        }
        self.forget_upload(tenant, id).await
    }

    /// Deletes unused uploads now and then until `stop`.
    pub async fn run_upload_sweeper(self, stop: CancellationToken) {
        loop {
            match stop.run_until_cancelled(self.sweep_uploads()).await {
                None => return,
                Some(Err(error)) => tracing::warn!(%error, "unused uploads were not looked for"),
                Some(Ok(())) => {}
            }
            if stop.run_until_cancelled(tokio::time::sleep(SWEEP)).await.is_none() {
                return;
            }
        }
    }

    async fn sweep_uploads(&self) -> Result<()> {
        let old = self.now().plus_millis(-UNUSED_MS).as_millis();
        let used = self.archives_in_cluster().await?;
        let mut entries = self.storage().list("uploads");
        while let Some(entry) = entries.next().await {
            let entry = entry?;
            if entry.modified_ms > old || used.contains(&entry.key) {
                continue;
            }
            let mut parts = entry.key.split('/').skip(1);
            if let (Some(Ok(tenant)), Some(id)) = (parts.next().map(str::parse::<TenantName>), parts.next()) {
                self.forget_upload(&tenant, id).await?;
                tracing::info!(upload.id = id, tenant.name = %tenant, "an unused upload was deleted");
            }
        }
        Ok(())
    }

    async fn forget_upload(&self, tenant: &TenantName, id: &str) -> Result<()> {
        // The receipt first: without it nobody can refer to the archive any more.
        self.storage().delete(&receipt_key(tenant, id)).await?;
        Ok(self.storage().delete(&archive_key(tenant, id)).await?)
    }

    /// Keys that any function names, also one that this version can not decode.
    async fn archives_in_cluster(&self) -> Result<HashSet<String>> {
        let resource = ApiResource::erase::<LambdaFunction>(&());
        let all = Api::<DynamicObject>::all_with(self.kube().clone(), &resource);
        let functions = all.list(&ListParams::default()).await?;
        let key = |function: DynamicObject| {
            Some(function.data.pointer("/spec/source/upload/key")?.as_str()?.to_owned())
        };
        Ok(functions.into_iter().filter_map(key).collect())
    }

    fn uploads_in_use(&self) -> HashSet<String> {
        let all = self.cache().names();
        let functions = all.iter().filter_map(|(tenant, name)| self.cache().function(tenant, name));
        functions
            .filter_map(|function| function.spec.source.upload.as_ref().map(|upload| upload.key.clone()))
            .collect()
    }

    /// The source block of an upload.
    pub(crate) async fn upload_source(&self, tenant: &TenantName, id: &str) -> Result<UploadSource> {
        let receipt = self.receipt(tenant, id).await.map_err(|error| match error {
            Error::NotFound(_) => {
                Error::field("spec.source.upload", "This upload does not exist any more: upload it again.")
            }
            other => other,
        })?;
        Ok(UploadSource {
            key: archive_key(tenant, &receipt.id),
            sha256: receipt.sha256,
            size: receipt.size,
            filename: Some(receipt.filename),
        })
    }

    /// Keeps an archive that the platform packed itself.
    pub(crate) async fn keep_archive(
        &self,
        tenant: &TenantName,
        filename: &str,
        packed: Vec<u8>,
    ) -> Result<UploadSource> {
        let id = uuid::Uuid::new_v4().simple().to_string();
        let key = archive_key(tenant, &id);
        let stored = self.storage().put_bytes(&key, packed).await?;
        let size = i64::try_from(stored.size).unwrap_or(i64::MAX);
        Ok(UploadSource { key, sha256: stored.sha256, size, filename: Some(filename.to_owned()) })
    }

    async fn receipt(&self, tenant: &TenantName, id: &str) -> Result<UploadReceipt> {
        if !is_id(id) {
            return Err(Error::NotFound("upload"));
        }
        let text = self.storage().get_bytes(&receipt_key(tenant, id), 4 * 1024 * 1024).await?;
        let text = text.ok_or(Error::NotFound("upload"))?;
        serde_json::from_slice(&text).map_err(Error::internal)
    }

    async fn inspect(&self, key: &str) -> Result<Inspection> {
        let _place = self.archive_places().acquire().await.map_err(Error::internal)?;
        let bytes = self.storage().get_bytes(key, MOST_BYTES).await?.ok_or(Error::NotFound("upload"))?;
        let inspected =
            tokio::task::spawn_blocking(move || archive::inspect(Cursor::new(bytes), &Limits::default()))
                .await;
        Ok(inspected.map_err(Error::internal)??)
    }
}

fn receipt(id: String, filename: &str, stored: storage::Stored, found: Inspection) -> UploadReceipt {
    let number = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    // A browser on Windows may send a whole path; only the last part is a name.
    let name = filename.rsplit(['/', '\\']).next().unwrap_or_default().trim();
    let name = if name.is_empty() { "archive" } else { name };
    UploadReceipt {
        id,
        filename: name.chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect(),
        size: number(stored.size),
        sha256: stored.sha256,
        file_count: number(found.files.len() as u64),
        files: found.files.into_iter().take(NAMED_FILES).map(|(path, size)| (path, number(size))).collect(),
        unpacked: number(found.unpacked),
        language: found.language,
        handler: found.handler,
        notes: found.notes,
    }
}

impl From<ArchiveError> for Error {
    fn from(error: ArchiveError) -> Self {
        match &error {
            ArchiveError::Io(_) => Self::internal(error),
            ArchiveError::TooLargePacked { .. } => {
                Self::refused(413, error.code(), error.to_string(), error.remedy())
            }
            _ => Self::refused(422, error.code(), error.to_string(), error.remedy()),
        }
    }
}

impl From<storage::Error> for Error {
    fn from(error: storage::Error) -> Self {
        match error {
            storage::Error::TooLarge { max } => ArchiveError::TooLargePacked { max }.into(),
            storage::Error::CutOff(_) => Self::refused(
                400,
                "upload_cut_off",
                "The upload stopped before its end.",
                "Nothing was kept. Upload it again.",
            ),
            storage::Error::Full(_) => Self::disk_full(),
            other => Self::Unavailable { what: "file storage", cause: other.to_string() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_an_upload_is_a_name_only() {
        let stored = storage::Stored { size: 1, sha256: "x".into() };
        let found = Inspection {
            format: archive::Format::Zip,
            files: Vec::new(),
            unpacked: 0,
            language: None,
            handler: None,
            stripped: None,
            notes: Vec::new(),
        };
        assert_eq!(receipt("i".into(), "C:\\Users\\me\\co\u{7}de.zip", stored, found).filename, "code.zip");
    }
}
