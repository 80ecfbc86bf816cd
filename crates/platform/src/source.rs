//! The code of a function: what the Code tab shows, deploys and downloads.

use std::{collections::BTreeMap, io::Cursor};

use archive::{Limits, TextBudget};
use bytes::Bytes;
use domain::{
    FunctionName, TenantName,
    function::{
        CodeFile, Deploy, FunctionSummary, InlineSource, LambdaFunction, Language, NewCode, Runtime, Source,
        SourceType, SourceView, UploadSource,
    },
    identity::{Caller, Permission},
};
use futures::{StreamExt, TryStreamExt, stream::BoxStream};

use crate::{
    Error, Platform, Result,
    functions::not_found,
    summary::{summary, version},
    uploads::MOST_BYTES,
};

/// What is shown as text. All of it comes back with a deployment, in a form that may have 10 MiB and in which a
/// letter may take three bytes.
const SHOWN: TextBudget = TextBudget { file: 256 * 1024, all: 2 * 1024 * 1024 };
/// Files that are named.
const NAMED: usize = 1000;

/// Bytes of a download.
pub type Download = BoxStream<'static, Result<Bytes>>;

impl Platform {
    /// The files of a function, as far as the platform has them.
    pub async fn get_source(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        name: &FunctionName,
    ) -> Result<SourceView> {
        self.authorize(caller, tenant, Permission::Read)?;
        let function = self.functions_api(tenant).get(name.as_str()).await.map_err(not_found)?;
        let spec = &function.spec;
        let language = spec.runtime.as_ref().map(|runtime| runtime.language);
        let (files, note) = match spec.source.kind {
            SourceType::Inline => (inline_files(&spec.source, language), None),
            SourceType::Upload => {
                // An archive and what comes out of it take memory: not many at a time.
                let _place = self.archive_places().acquire().await.map_err(Error::internal)?;
                match self.archive_of(tenant, &spec.source).await? {
                    Some(bytes) => {
                        let read = move || archive::read(Cursor::new(bytes), &Limits::default(), SHOWN);
                        let files = tokio::task::spawn_blocking(read).await.map_err(Error::internal)??;
                        with_note(files)
                    }
                    None => {
                        let gone = "The archive is not in the platform's storage any more.";
                        (Vec::new(), Some(gone.to_owned()))
                    }
                }
            }
            SourceType::Image => {
                let image = spec.source.image.as_ref().map(|image| image.reference()).unwrap_or_default();
                (Vec::new(), Some(format!("The function runs the image {image}; its code is not here.")))
            }
            kind => (
                Vec::new(),
                Some(format!("The code is fetched from a source of type {} at each build.", kind.as_str())),
            ),
        };
        Ok(SourceView {
            kind: spec.source.kind,
            language,
            handler: spec.runtime.as_ref().map(|runtime| runtime.handler.clone()).unwrap_or_default(),
            files,
            note,
            place: spec.source.kind.is_place().then(|| spec.source.clone()),
            version: version(&function),
            editable: matches!(spec.source.kind, SourceType::Inline | SourceType::Upload),
        })
    }

    /// The code as an archive: as it was uploaded, or packed.
    pub async fn download_code(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        name: &FunctionName,
    ) -> Result<(String, Download)> {
        self.authorize(caller, tenant, Permission::Read)?;
        let function = self.functions_api(tenant).get(name.as_str()).await.map_err(not_found)?;
        let source = &function.spec.source;
        if let Some(upload) = own_upload(tenant, source)? {
            let object = self.storage().get(&upload.key).await?.ok_or(Error::NotFound("archive"))?;
            let filename = upload.filename.clone().unwrap_or_else(|| format!("{name}.zip"));
            return Ok((filename, object.stream.map_err(Error::from).boxed()));
        }
        let files = inline_files(source, function.spec.runtime.as_ref().map(|runtime| runtime.language));
        if files.is_empty() {
            return Err(Error::refused(
                409,
                "code_not_here",
                "The platform does not have this function's code.",
                "Get it where the source says.",
            ));
        }
        let files =
            files.iter().filter_map(|file| Some((file.path.as_str(), file.text.as_ref()?.as_bytes())));
        let packed = Bytes::from(archive::pack(files, &Limits::default())?);
        Ok((format!("{name}.zip"), futures::stream::iter([Ok(packed)]).boxed()))
    }

    /// Deploys new code; the build begins by itself.
    pub(crate) async fn deploy_now(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        name: &FunctionName,
        deploy: Deploy,
    ) -> Result<FunctionSummary> {
        self.authorize(caller, tenant, Permission::Write)?;
        self.limit_builds(caller)?;
        let present = self.functions_api(tenant).get(name.as_str()).await.map_err(not_found)?;
        let before = present.spec.runtime.as_ref().map(|runtime| runtime.language);
        let language = deploy.language.or(before).unwrap_or(Language::Python);
        self.require_runtime(language)?;
        let source = self.source_of(tenant, Some(&present), language, deploy.code).await?;
        let builds = self.store().last_build_number(tenant, name).await?;
        let written = self
            .edit_function(caller, tenant, name, deploy.version.as_deref(), |function| {
                let version = function.spec.runtime.as_ref().and_then(|runtime| runtime.version.clone());
                function.spec.source = source.clone();
                function.spec.runtime =
                    Some(Runtime { language, version, handler: deploy.handler.trim().to_owned() });
                Ok(())
            })
            .await?;
        self.await_build(tenant, name, builds).await?;
        summary(&written).ok_or(Error::NotFound("function"))
    }

    /// The source that new code becomes; `present` is what [`NewCode::Files`] changes.
    pub(crate) async fn source_of(
        &self,
        tenant: &TenantName,
        present: Option<&LambdaFunction>,
        language: Language,
        code: NewCode,
    ) -> Result<Source> {
        match code {
            NewCode::Inline { code, dependencies } => {
                let dependencies = dependencies.filter(|text| !text.trim().is_empty());
                Ok(Source::inline(InlineSource { code, dependencies }))
            }
            NewCode::Upload { upload } => Ok(Source::upload(self.upload_source(tenant, &upload).await?)),
            // What is wrong with it is told with everything else that is wrong with the spec.
            NewCode::Place { source } => Ok(*source),
            NewCode::Files { changed, removed } => {
                let name = present.and_then(|f| f.metadata.name.as_deref()).unwrap_or("function");
                let filename = format!("{name}.zip");
                let _place = self.archive_places().acquire().await.map_err(Error::internal)?;
                let archive = match present {
                    Some(function) => self.archive_of(tenant, &function.spec.source).await?,
                    None => None,
                };
                if let Some(bytes) = archive {
                    let edit =
                        move || archive::edit(Cursor::new(bytes), &changed, &removed, &Limits::default());
                    let packed = tokio::task::spawn_blocking(edit).await.map_err(Error::internal)??;
                    return Ok(Source::upload(self.keep_archive(tenant, &filename, packed).await?));
                }
                let before = present.map_or_else(Vec::new, |function| {
                    let language = function.spec.runtime.as_ref().map(|runtime| runtime.language);
                    inline_files(&function.spec.source, language)
                });
                let mut files: BTreeMap<String, String> =
                    before.into_iter().filter_map(|file| Some((file.path, file.text?))).collect();
                files.retain(|path, _| !removed.contains(path));
                files.extend(changed);
                if let Some(inline) = as_inline(&files, language) {
                    return Ok(Source::inline(inline));
                }
                let files = files.iter().map(|(path, text)| (path.as_str(), text.as_bytes()));
                let packed = archive::pack(files, &Limits::default())?;
                Ok(Source::upload(self.keep_archive(tenant, &filename, packed).await?))
            }
        }
    }

    /// The bytes of an uploaded source; none for other kinds, and when they are gone.
    async fn archive_of(&self, tenant: &TenantName, source: &Source) -> Result<Option<Bytes>> {
        match own_upload(tenant, source)? {
            Some(upload) => Ok(self.storage().get_bytes(&upload.key, MOST_BYTES).await?),
            None => Ok(None),
        }
    }
}

/// The upload that a source names. By kubectl it can name any: the archive of another tenant is not there.
fn own_upload<'a>(tenant: &TenantName, source: &'a Source) -> Result<Option<&'a UploadSource>> {
    match &source.upload {
        Some(upload) if !upload.is_of(tenant) => Err(Error::NotFound("archive")),
        other => Ok(other.as_ref()),
    }
}

/// What of the files is shown, and in words what is not.
fn with_note(mut files: Vec<CodeFile>) -> (Vec<CodeFile>, Option<String>) {
    let all = files.len();
    if all > NAMED {
        // Those with a text stay: what is not sent back is not changed, but what is shown has to be whole.
        let mut room = NAMED.saturating_sub(files.iter().filter(|file| file.text.is_some()).count());
        files.retain(|file| {
            let stays = file.text.is_some() || room > 0;
            if file.text.is_none() {
                room = room.saturating_sub(1);
            }
            stays
        });
    }
    let hidden = all - files.iter().filter(|file| file.text.is_some()).count();
    if hidden == 0 {
        return (files, None);
    }
    let unnamed =
        if all > files.len() { format!("; {} are not even named", all - files.len()) } else { String::new() };
    let note = format!(
        "{hidden} of {all} files are not shown{unnamed}: they are no text, larger than 256 KiB, or beyond the 2 MiB \
         that this page shows. They stay as they are when you deploy; the download has them all."
    );
    (files, Some(note))
}

/// Files that need no archive: the handler's file and the dependency file, nothing else.
fn as_inline(files: &BTreeMap<String, String>, language: Language) -> Option<InlineSource> {
    let (main, dependencies) = (language.main_file(), language.dependency_file());
    if files.keys().any(|path| path != main && path != dependencies) {
        return None;
    }
    let code = files.get(main)?.clone();
    let dependencies = files.get(dependencies).filter(|text| !text.trim().is_empty()).cloned();
    Some(InlineSource { code, dependencies })
}

fn inline_files(source: &Source, language: Option<Language>) -> Vec<CodeFile> {
    let (Some(inline), Some(language)) = (&source.inline, language) else { return Vec::new() };
    let file = |path: &str, text: &str| CodeFile {
        path: path.to_owned(),
        size: text.len() as i64,
        text: Some(text.to_owned()),
    };
    let mut files = vec![file(language.main_file(), &inline.code)];
    files.extend(inline.dependencies.as_deref().map(|text| file(language.dependency_file(), text)));
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn the_archive_of_another_tenant_could_be_read_by_its_key() {
        let key = format!("uploads/acme/{}", "0".repeat(32));
        let source = Source::upload(UploadSource { key, sha256: String::new(), size: 1, filename: None });
        assert!(own_upload(&"acme".parse().unwrap(), &source).unwrap().is_some());
        let refused = own_upload(&"other".parse().unwrap(), &source);
        assert!(matches!(refused, Err(Error::NotFound("archive"))));
    }

    #[test]
    fn what_the_code_tab_leaves_out_is_said() {
        let file = |n: usize, text: Option<&str>| CodeFile {
            path: format!("{n:05}"),
            size: 1,
            text: text.map(str::to_owned),
        };
        assert_eq!(with_note(vec![file(1, Some("x"))]).1, None);
        let (files, note) = with_note((0..3000).map(|n| file(n, (n % 1500 == 0).then_some("x"))).collect());
        assert_eq!(files.len(), NAMED);
        assert_eq!(files.iter().filter(|file| file.text.is_some()).count(), 2);
        let note = note.unwrap();
        assert!(note.starts_with("2998 of 3000 files are not shown; 2000 are not even named:"), "{note}");
    }

    #[test]
    fn one_file_stays_inline_and_more_become_an_archive() {
        let inline =
            as_inline(&files(&[("main.py", "x"), ("requirements.txt", " \n")]), Language::Python).unwrap();
        assert_eq!((inline.code.as_str(), inline.dependencies), ("x", None));
        assert!(as_inline(&files(&[("main.py", "x"), ("lib/a.py", "y")]), Language::Python).is_none());
        assert!(as_inline(&files(&[("main.js", "x")]), Language::Python).is_none());
    }
}
